//! Clients with faults, while the server is live and while it drains. What needs a deadline is ended by it, and everything
//! else at once.

use core::{sync::atomic::Ordering::Relaxed, time::Duration};
use std::{net::TcpStream, thread, time::Instant};

use sse_conformance::runtimes::UnderTest;
use sse_driver::server::DrainConfig;
use sse_proto::server::SessionConfig;

use super::{Server, client::Client, publish_much};

on_every_runtime!(
    a_client_that_reads_a_byte_now_and_then_is_gone_after_the_write_timeout,
    a_client_that_reads_a_byte_now_and_then_is_cut_by_a_drain,
    a_client_that_vanishes_is_gone_after_the_write_timeout,
    a_client_that_vanishes_is_cut_by_a_drain,
    a_client_that_breaks_off_within_a_chunk_is_gone_at_once,
    a_client_that_breaks_off_during_a_drain_is_gone_before_its_end,
    a_client_that_closes_its_direction_within_a_chunk_is_gone_at_once,
    a_client_that_closes_its_direction_during_a_drain_is_gone_before_its_end,
);

const TIMEOUT: Duration = Duration::from_millis(200);
/// Longer than any test waits.
const NEVER: Duration = Duration::from_secs(3600);

/// Requests the stream, and reads its head and as much as proves that its writer is within a chunk.
fn stuck<R: UnderTest>(server: &Server<R>) -> Client {
    let mut client = Client::request(server.address, "GET /events HTTP/1.1", "");
    client.head();
    server.wait_for_sessions(1);
    publish_much(&server.log);
    client.exactly(1000);
    client
}

/// A server with a write timeout, whose client has this fault: it is gone, and not before the time.
fn is_gone_after_the_timeout<R: UnderTest>(fault: impl FnOnce(Client)) {
    let server = Server::<R>::start_with(SessionConfig::new().write_timeout(TIMEOUT), |serve, _| serve);
    let began = Instant::now();
    let client = stuck(&server);
    fault(client);
    server.wait_for_sessions(0);
    assert!(began.elapsed() >= TIMEOUT);
    assert_eq!(server.stop().cut, 0);
}

/// A server that drains, and whose only other deadlines are far: the client is cut.
fn is_cut<R: UnderTest>(fault: impl FnOnce(Client)) {
    let server = Server::<R>::start_with(SessionConfig::new().write_timeout(None), |serve, log| {
        serve.drain(log, DrainConfig::new().timeout(TIMEOUT))
    });
    let client = stuck(&server);
    fault(client);
    let began = Instant::now();
    let stopped = server.stop();
    assert!(began.elapsed() >= TIMEOUT);
    let [drained] = &stopped.drained[..] else { panic!("{stopped:?}") };
    assert_eq!((drained.sessions, drained.cut.len(), stopped.cut), (1, 1, 0));
}

/// A server without deadlines that drains: it stops because the client is gone, and so nothing is cut.
fn is_gone_while_the_server_drains<R: UnderTest>(fault: impl FnOnce(&mut Option<Client>)) {
    let server = Server::<R>::start_with(SessionConfig::new().write_timeout(None), |serve, log| {
        serve.drain(log, DrainConfig::new().timeout(NEVER)).shutdown_timeout(NEVER)
    });
    let mut client = Some(stuck(&server));
    server.stop.store(true, Relaxed);
    // The drain begins when it accepts no more connections.
    while TcpStream::connect(server.address).is_ok() {
        thread::sleep(Duration::from_millis(1));
    }
    fault(&mut client);
    let stopped = server.stop();
    let [drained] = &stopped.drained[..] else { panic!("{stopped:?}") };
    assert_eq!((drained.sessions, drained.cut.len(), stopped.cut), (1, 0, 0));
}

/// A server without deadlines: its client is gone without one.
fn is_gone_at_once<R: UnderTest>(fault: impl FnOnce(&mut Option<Client>)) {
    let server = Server::<R>::start_with(SessionConfig::new().write_timeout(None), |serve, _| serve);
    let mut client = Some(stuck(&server));
    fault(&mut client);
    server.wait_for_sessions(0);
    assert_eq!(server.stop().cut, 0);
}

fn read_slowly(mut client: Client) {
    thread::spawn(move || client.read_slowly());
}

/// On other systems it is one that does not read: the server sees no difference, but in what its system does.
fn vanish(client: Client) {
    #[cfg(target_os = "linux")]
    client.vanish();
    // It stays open.
    core::mem::forget(client);
}

fn a_client_that_reads_a_byte_now_and_then_is_gone_after_the_write_timeout<R: UnderTest>() {
    is_gone_after_the_timeout::<R>(read_slowly);
}

fn a_client_that_reads_a_byte_now_and_then_is_cut_by_a_drain<R: UnderTest>() {
    is_cut::<R>(read_slowly);
}

fn a_client_that_vanishes_is_gone_after_the_write_timeout<R: UnderTest>() {
    is_gone_after_the_timeout::<R>(vanish);
}

fn a_client_that_vanishes_is_cut_by_a_drain<R: UnderTest>() {
    is_cut::<R>(vanish);
}

/// The system resets the connection, because there is more to read.
fn break_off(client: &mut Option<Client>) {
    *client = None;
}

fn close_direction(client: &mut Option<Client>) {
    client.as_mut().expect("a client").finish();
}

fn a_client_that_breaks_off_within_a_chunk_is_gone_at_once<R: UnderTest>() {
    is_gone_at_once::<R>(break_off);
}

fn a_client_that_breaks_off_during_a_drain_is_gone_before_its_end<R: UnderTest>() {
    is_gone_while_the_server_drains::<R>(break_off);
}

fn a_client_that_closes_its_direction_within_a_chunk_is_gone_at_once<R: UnderTest>() {
    is_gone_at_once::<R>(close_direction);
}

fn a_client_that_closes_its_direction_during_a_drain_is_gone_before_its_end<R: UnderTest>() {
    is_gone_while_the_server_drains::<R>(close_direction);
}
