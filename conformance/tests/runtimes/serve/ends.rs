//! Ends of sessions that the driver writes, other than the regular one.

use core::time::Duration;

use sse_conformance::runtimes::UnderTest;
use sse_driver::server::DrainConfig;
use sse_proto::server::{CloseReason, SessionConfig};

use super::{Server, client::Client, publish_much};
use crate::broken;

on_every_runtime!(
    a_response_that_is_broken_off_has_no_last_chunk,
    a_client_sees_which_responses_were_broken_off,
    a_drain_cuts_a_joined_session_whose_client_does_not_read,
    a_group_disconnects_a_session_whose_client_does_not_read,
    a_log_disconnects_a_session_whose_client_does_not_read,
    a_sender_breaks_off_a_response_whose_client_does_not_read,
    a_session_that_is_disconnected_has_no_last_chunk,
);

fn a_response_that_is_broken_off_has_no_last_chunk<R: UnderTest>() {
    let server = Server::<R>::start();
    for path in ["stream", "handler", "sender"] {
        for (end, last) in [("broken", "data: b\n\n\r\n"), ("whole", "data: b\n\n\r\n0\r\n\r\n")] {
            let mut client = Client::request(server.address, &format!("GET /{path}/{end} HTTP/1.1"), "");
            client.head();
            let read = client.rest();
            assert!(read.ends_with(last), "{path}/{end}: {read:?}");
        }
    }
    assert_eq!(server.stop().cut, 0);
}

fn a_client_sees_which_responses_were_broken_off<R: UnderTest>() {
    let server = Server::<R>::start();
    R::block_on(broken::check_losses::<R>(server.address));
    assert_eq!(server.stop().cut, 0);
}

/// A message that no buffers of a connection take.
fn much() -> String {
    "x".repeat(32_000_000)
}

fn config() -> SessionConfig {
    SessionConfig::new().heartbeat(Duration::ZERO).queue(64 * 1024 * 1024).write_timeout(None)
}

/// Requests a session of the group, and reads as much as proves that its writer is within the message.
fn stuck(server: &Server<impl UnderTest>) -> (Client, sse_driver::Sender) {
    let mut client = Client::request(server.address, "GET /joined HTTP/1.1", "");
    client.head();
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    let sender = server.senders.recv().expect("a sender");
    sender.try_send(much()).expect("room");
    client.exactly(1000);
    (client, sender)
}

fn a_drain_cuts_a_joined_session_whose_client_does_not_read<R: UnderTest>() {
    const DRAIN: Duration = Duration::from_millis(100);
    let server =
        Server::<R>::start_with(config(), |serve, log| serve.drain(log.group(), DrainConfig::new().timeout(DRAIN)));
    let (mut client, sender) = stuck(&server);
    let stopped = server.stop();
    let [drained] = &stopped.drained[..] else { panic!("{stopped:?}") };
    assert_eq!((drained.sessions, drained.cut.len(), stopped.cut), (1, 1, 0));
    assert_eq!(R::block_on(sender.closed()), CloseReason::Cut);
    assert!(client.is_over());
}

fn a_group_disconnects_a_session_whose_client_does_not_read<R: UnderTest>() {
    let server = Server::<R>::start_with(config(), |serve, _| serve);
    let (mut client, sender) = stuck(&server);
    assert_eq!(server.log.group().disconnect("joined"), 1);
    assert_eq!(R::block_on(sender.closed()), CloseReason::Finished);
    assert!(client.is_over());
    assert_eq!(server.stop().cut, 0);
}

fn a_log_disconnects_a_session_whose_client_does_not_read<R: UnderTest>() {
    let server = Server::<R>::start_with(config(), |serve, _| serve);
    let mut client = Client::request(server.address, "GET /events HTTP/1.1", "");
    client.head();
    server.wait_for_sessions(1);
    publish_much(&server.log);
    client.exactly(1000);
    assert_eq!(server.log.disconnect("reader"), 1);
    server.wait_for_sessions(0);
    assert!(client.is_over());
    assert_eq!(server.stop().cut, 0);
}

fn a_sender_breaks_off_a_response_whose_client_does_not_read<R: UnderTest>() {
    let server = Server::<R>::start_with(config(), |serve, _| serve);
    let (mut client, sender) = stuck(&server);
    sender.abort("the upstream broke");
    assert_eq!(R::block_on(sender.closed()), CloseReason::Aborted);
    assert!(client.is_over());
    assert_eq!(server.stop().cut, 0);
}

/// A client, or a relay, must not take the response for a complete one.
fn a_session_that_is_disconnected_has_no_last_chunk<R: UnderTest>() {
    let server = Server::<R>::start_with(config(), |serve, _| serve);
    for path in ["events", "joined"] {
        let mut client = Client::request(server.address, &format!("GET /{path} HTTP/1.1"), "");
        client.head();
        assert_eq!(client.chunk().as_deref(), Some(":\n"));
        let ended = server.log.disconnect("reader") + server.log.disconnect("joined");
        assert_eq!(ended, 1);
        assert_eq!(client.rest(), "", "{path}");
        server.wait_for_sessions(0);
    }
    assert_eq!(server.stop().cut, 0);
}
