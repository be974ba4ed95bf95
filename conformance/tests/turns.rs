//! Beside a server that sends without a pause, another task of the same thread has its turns.

#[macro_use]
mod every_runtime;

use core::{future::poll_fn, pin::pin};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    thread,
};

use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_proto::client::ClientConfig;

/// How many bytes the server sends.
const SENT: usize = 16 * 1024 * 1024;

/// The most bytes between two turns: 256 KiB, and a block of 64 KiB more.
const TURN: usize = 320 * 1024;

/// A server on a free port that answers one request with events, as fast as they can be taken.
fn flood() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let asked = stream.read(&mut [0; 4096]).expect("a request");
        assert!(asked > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").expect("a reader");
        let event = format!("data: {}\n\n", "x".repeat(1016));
        let block = event.repeat(64);
        for _ in 0..SENT / block.len() {
            stream.write_all(block.as_bytes()).expect("a reader");
        }
    });
    address
}

/// Reads all events, and returns how often the task left its thread to others.
async fn count_turns<R: UnderTest>() -> usize {
    let config = ClientConfig::get(format!("http://{}/", flood())).expect("a URL").max_reconnections(0);
    let mut source = EventSource::<R>::open(config).expect("a URL");
    let mut reading = pin!(async {
        let mut events = 0;
        while let Some(event) = source.next_ref().await {
            assert_eq!(event.expect("no error").data().len(), 1016);
            events += 1;
        }
        events
    });
    let mut turns = 0;
    let events = poll_fn(|cx| {
        turns += 1;
        reading.as_mut().poll(cx)
    });
    assert_eq!(events.await, SENT / 1024);
    turns
}

fn another_task_has_its_turns<R: UnderTest>() {
    let turns = R::block_on(count_turns::<R>());
    assert!(turns >= SENT / TURN, "{turns} turns");
}

on_every_runtime!(another_task_has_its_turns);
