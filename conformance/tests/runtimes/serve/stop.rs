//! Servers that stop.

use core::{
    future::{Future, IntoFuture, poll_fn},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    net::TcpStream,
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use sse_conformance::runtimes::UnderTest;
use sse_driver::{EventLog, serve, server::DrainConfig};
use sse_proto::{Message, server::SessionConfig};

use super::{App, Server, client::Client, publish_much, raised, wait_for_sessions};
use crate::common::listen;

on_every_runtime!(
    a_server_stops_beside_a_client_that_does_not_read,
    a_server_stops_beside_sessions_that_no_drain_ends,
    a_server_stops_at_once_when_nothing_goes_on,
    a_server_that_is_dropped_closes_its_connections,
);

fn a_server_stops_beside_a_client_that_does_not_read<R: UnderTest>() {
    const DRAIN: Duration = Duration::from_secs(1);
    let server = Server::<R>::start_with(SessionConfig::new(), |serve, log| {
        serve.drain(log, DrainConfig::new().farewell(Message::from("farewell")).timeout(DRAIN))
    });
    let address = server.address;
    let mut stuck = Client::request(address, "GET /events HTTP/1.1", "");
    stuck.head();
    let last = publish_much(&server.log);
    let last = format!("Last-Event-ID: {}\r\n", last.as_str());
    let mut reader = Client::request(address, "GET /events HTTP/1.1", &last);
    reader.head();
    server.wait_for_sessions(2);
    let reader = thread::spawn(move || reader.rest());
    let began = Instant::now();
    let stopped = server.stop();
    assert!(began.elapsed() >= DRAIN);
    let [drained] = &stopped.drained[..] else { panic!("{stopped:?}") };
    assert_eq!((drained.sessions, drained.cut.len(), stopped.cut), (2, 1, 0));
    let read = reader.join().expect("the end of the connection");
    assert!(read.ends_with("data: farewell\n\n\r\n0\r\n\r\n"), "{:?}", &read[read.len().saturating_sub(100)..]);
    assert!(stuck.is_over());
    assert!(TcpStream::connect(address).is_err());
}

fn a_server_stops_beside_sessions_that_no_drain_ends<R: UnderTest>() {
    const TIMEOUT: Duration = Duration::from_millis(100);
    let server = Server::<R>::start_with(SessionConfig::new(), |serve, _| serve.shutdown_timeout(TIMEOUT));
    let mut client = Client::request(server.address, "GET /channel HTTP/1.1", "");
    client.head();
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    let sender = server.senders.recv().expect("a sender");
    let began = Instant::now();
    assert_eq!(server.stop().cut, 1);
    assert!(began.elapsed() >= TIMEOUT);
    // It broke off, without a last chunk.
    assert!(client.is_over());
    assert!(sender.is_closed());
}

fn a_server_stops_at_once_when_nothing_goes_on<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut idle = Client::connect(server.address);
    let mut kept = Client::request(server.address, "GET /plain HTTP/1.1", "");
    kept.head();
    kept.exactly(5);
    assert_eq!(server.stop().cut, 0);
    assert!(idle.is_over() && kept.is_over());
}

fn a_server_that_is_dropped_closes_its_connections<R: UnderTest>() {
    let (started, received) = mpsc::channel();
    let [dropping, done] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let (drops, ends) = (Arc::clone(&dropping), Arc::clone(&done));
    let server = thread::spawn(move || {
        R::block_on(async {
            let log = EventLog::<R>::default();
            let (listener, address) = listen::<R>();
            let app = App { log: log.clone(), config: SessionConfig::new(), senders: mpsc::sync_channel(1).0 };
            started.send((address, log)).expect("the test waits for it");
            let mut serving = serve(listener, app).into_future();
            let mut dropped = pin!(raised::<R>(drops));
            poll_fn(|cx| {
                assert!(serving.as_mut().poll(cx).is_pending());
                dropped.as_mut().poll(cx)
            })
            .await;
            drop(serving);
            raised::<R>(ends).await;
        });
    });
    let (address, log) = received.recv().expect("the server starts");
    let mut client = Client::request(address, "GET /events HTTP/1.1", "");
    client.head();
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    dropping.store(true, Ordering::Relaxed);
    assert!(client.is_over());
    wait_for_sessions(&log, 0);
    done.store(true, Ordering::Relaxed);
    server.join().expect("the server does not panic");
}
