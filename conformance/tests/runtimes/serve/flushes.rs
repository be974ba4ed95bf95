//! A socket that holds back what it is given until it is flushed.

use core::future::{Ready, ready};
use std::{io, sync::mpsc, thread};

use sse_conformance::runtimes::{Memory, UnderTest};
use sse_driver::{EventLog, serve, server::Listener};
use sse_proto::server::{Heartbeat, SessionConfig};

use super::{App, client::Client};
use crate::{common::listen, flushes::held};

on_every_runtime!(a_session_that_is_taken_over_is_flushed_after_each_event);

struct HeldListener<R: UnderTest>(R::Listener);

impl<R: UnderTest> Listener<R> for HeldListener<R> {
    type Stream = Memory;
    type Address = ();
    type Opening = Ready<io::Result<Memory>>;

    async fn accept(&mut self) -> io::Result<(Self::Opening, ())> {
        Ok((ready(Ok(held::<R>(R::accept(&self.0).await?))), ()))
    }
}

fn a_session_that_is_taken_over_is_flushed_after_each_event<R: UnderTest>() {
    let (started, received) = mpsc::channel();
    thread::spawn(move || {
        R::block_on(async {
            let log = EventLog::<R>::default();
            let (listener, address) = listen::<R>();
            // What comes is not flushed by a heartbeat.
            let config = SessionConfig::new().heartbeat(None::<Heartbeat>);
            let app = App { log: log.clone(), config, senders: mpsc::sync_channel(1).0 };
            started.send((address, log)).expect("the test waits for it");
            serve(HeldListener::<R>(listener), app).await;
        });
    });
    let (address, log) = received.recv().expect("the server starts");
    let mut client = Client::request(address, "GET /events HTTP/1.1", "");
    assert!(client.head().contains("\r\nconnection: close\r\n"));
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    for data in ["a", "b", "c"] {
        log.publish(data).expect("room");
        client.event(data);
    }
}
