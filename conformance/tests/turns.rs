//! Beside a server that sends without a pause, another task of the same thread has its turns.
#![cfg(all(feature = "smol", feature = "tokio"))]

use core::cell::Cell;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    rc::Rc,
    thread,
};

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

macro_rules! count_turns {
    ($sse:ident, $spawn:expr, $yield:path) => {{
        let address = flood();
        let turns = Rc::new(Cell::new(0));
        let count = Rc::clone(&turns);
        let other = $spawn(async move {
            loop {
                count.set(count.get() + 1);
                $yield().await;
            }
        });
        let url = format!("http://{address}/");
        let config = $sse::ClientConfig::get(url).expect("a URL").max_reconnections(0);
        let mut source = $sse::EventSource::open(config).expect("a URL");
        let mut events = 0;
        while let Some(event) = source.next_ref().await {
            assert_eq!(event.expect("no error").data().len(), 1016);
            events += 1;
        }
        drop(other);
        assert_eq!(events, SENT / 1024);
        let turns = turns.get();
        assert!(turns >= SENT / TURN, "{turns} turns");
    }};
}

#[test]
fn another_task_has_its_turns_on_tokio() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        count_turns!(sse_tokio, tokio::task::spawn_local, tokio::task::yield_now);
    });
}

#[test]
fn another_task_has_its_turns_on_smol() {
    let executor = Rc::new(smol::LocalExecutor::new());
    smol::block_on(executor.run(async {
        count_turns!(sse_smol, |work| executor.spawn(work), smol::future::yield_now);
    }));
}
