//! Clients that leave, and clients that do not read.

use core::time::Duration;
use std::time::Instant;

use sse_conformance::runtimes::UnderTest;
use sse_proto::server::SessionConfig;

use super::{Server, client::Client, publish_much};

on_every_runtime!(
    a_client_that_closes_its_connection_is_gone_at_once,
    a_client_that_breaks_its_connection_off_is_gone_at_once,
    a_client_that_does_not_read_is_gone_after_the_write_timeout,
    a_client_that_sends_no_head_is_gone_after_its_time,
    a_client_waits_to_be_accepted_where_there_are_enough,
);

fn a_client_that_closes_its_connection_is_gone_at_once<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "GET /events HTTP/1.1", "");
    client.head();
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    assert_eq!(server.log.sessions(), 1);
    client.finish();
    // Nothing is written to it.
    server.wait_for_sessions(0);
    assert_eq!(client.rest(), "");
}

fn a_client_that_breaks_its_connection_off_is_gone_at_once<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "GET /events HTTP/1.1", "");
    client.head();
    server.log.publish("unread").expect("room");
    server.wait_for_sessions(1);
    // Its system resets the connection, because it has not read everything.
    drop(client);
    server.wait_for_sessions(0);
}

fn a_client_that_does_not_read_is_gone_after_the_write_timeout<R: UnderTest>() {
    const TIMEOUT: Duration = Duration::from_millis(200);
    let server = Server::<R>::start_with(SessionConfig::new().write_timeout(TIMEOUT), |serve, _| serve);
    let mut client = Client::request(server.address, "GET /events HTTP/1.1", "");
    client.head();
    let began = Instant::now();
    publish_much(&server.log);
    server.wait_for_sessions(0);
    assert!(began.elapsed() >= TIMEOUT);
    assert!(client.is_over());
}

fn a_client_that_sends_no_head_is_gone_after_its_time<R: UnderTest>() {
    const TIMEOUT: Duration = Duration::from_millis(100);
    let server = Server::<R>::start_with(SessionConfig::new(), |serve, _| serve.head_timeout(TIMEOUT));
    let began = Instant::now();
    let mut silent = Client::connect(server.address);
    assert!(silent.is_over());
    assert!(began.elapsed() >= TIMEOUT);
    let mut slow = Client::connect(server.address);
    slow.send("GET /events HTTP/1.1\r\n");
    assert!(slow.is_over());
    assert!(began.elapsed() >= 2 * TIMEOUT);
}

fn a_client_waits_to_be_accepted_where_there_are_enough<R: UnderTest>() {
    let server = Server::<R>::start_with(SessionConfig::new(), |serve, _| serve.max_connections(1));
    let mut first = Client::request(server.address, "GET /events HTTP/1.1", "");
    first.head();
    let mut second = Client::request(server.address, "GET /events HTTP/1.1", "");
    server.log.publish("a").expect("room");
    first.event("a");
    assert_eq!(server.log.sessions(), 1);
    drop(first);
    second.head();
    second.event("a");
}
