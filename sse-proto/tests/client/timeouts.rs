//! The watchdog, and the waits for a connection and for a response.

use sse_proto::client::{Loss, Output, ReadyState};

use crate::{Client, config, idle, secs};

#[test]
fn there_is_no_timeout_that_the_standard_does_not_have() {
    let mut client = Client::new();
    client.request();
    assert_eq!(client.poll(), idle());
    client.accept();
    client.pass(secs(1_000_000));
    assert_eq!(client.poll(), idle());
    client.data("data: a\n\n");
    assert_eq!(client.event(), "a");
    assert_eq!(client.poll(), idle());
}

#[test]
fn a_silent_stream_is_reestablished() {
    let mut client = Client::open_with(config().idle_timeout(secs(30)));
    assert_eq!(client.wait(), client.now + secs(30));
    client.pass(secs(29));
    assert_eq!(client.wait(), client.now + secs(1));
    client.pass(secs(1));
    assert_eq!(client.reestablishing(), (Loss::IdleTimeout { in_mid_event: false }, secs(3), 1));
    assert_eq!(client.source.ready_state(), ReadyState::Connecting);
    assert_eq!(client.reconnect().cause, Some(Loss::IdleTimeout { in_mid_event: false }));
}

/// Comments above all, which servers send for this.
#[test]
fn any_byte_is_a_sign_of_life() {
    let mut client = Client::open_with(config().idle_timeout(secs(30)));
    for data in [":\n\n", "d", "a", "ta: x", "\n"] {
        client.pass(secs(29));
        client.data(data);
        assert_eq!(client.wait(), client.now + secs(30), "{data:?}");
    }
    client.source.handle_data(bytes::Bytes::new());
    client.pass(secs(30));
    assert_eq!(client.reestablishing().0, Loss::IdleTimeout { in_mid_event: true });
}

/// What the server has sent lies there: it is the application that is late.
#[test]
fn a_slow_application_is_not_taken_for_a_silent_server() {
    let mut client = Client::open_with(config().idle_timeout(secs(30)));
    client.data("data: a\n\ndata: b\n\n");
    assert_eq!(client.event(), "a");
    client.pass(secs(100));
    assert_eq!(client.event(), "b");
    client.pass(secs(100));
    assert_eq!(client.wait(), client.now + secs(30));
}

#[test]
fn the_watchdog_begins_anew_with_each_connection() {
    let mut client = Client::open_with(config().idle_timeout(secs(30)));
    client.pass(secs(20));
    client.lose();
    client.reconnect();
    client.pass(secs(20));
    client.accept();
    assert_eq!(client.wait(), client.now + secs(30));
}

#[test]
fn a_transport_that_tells_when_it_is_connected_has_two_timeouts() {
    let mut client = Client::with(config().connect_timeout(secs(5)).head_timeout(secs(60)));
    client.request();
    client.source.handle_connecting();
    assert_eq!(client.wait(), client.now + secs(5));
    client.pass(secs(4));
    client.source.handle_connected();
    assert_eq!(client.wait(), client.now + secs(60));
    client.pass(secs(60));
    assert_eq!(client.reestablishing().0, Loss::HeadTimeout);

    assert_eq!(client.reconnect().cause, Some(Loss::HeadTimeout));
    client.source.handle_connecting();
    assert_eq!(client.wait(), client.now + secs(5));
    client.pass(secs(5));
    assert_eq!(client.reestablishing().0, Loss::ConnectTimeout);
}

#[test]
fn a_transport_that_cannot_tell_has_one() {
    let mut client = Client::with(config().connect_timeout(secs(5)).head_timeout(secs(60)));
    client.request();
    assert_eq!(client.wait(), client.now + secs(60));
    client.pass(secs(59));
    assert_eq!(client.wait(), client.now + secs(1));
    client.accept();
    assert_eq!(client.poll(), idle());
}

/// Whatever else it has told before, or tells again.
#[test]
fn a_transport_that_is_connected_stays_so() {
    let mut client = Client::with(config().connect_timeout(secs(5)).head_timeout(secs(60)));
    client.request();
    client.pass(secs(10));
    client.source.handle_connected();
    assert_eq!(client.wait(), client.now + secs(60));
    client.pass(secs(10));
    client.source.handle_connecting();
    client.source.handle_connected();
    assert_eq!(client.wait(), client.now + secs(50));
}

#[test]
fn each_request_of_a_chain_of_redirects_has_its_own_time() {
    let mut client = Client::with(config().head_timeout(secs(60)));
    client.request();
    assert_eq!(client.wait(), client.now + secs(60));
    client.pass(secs(50));
    client.redirect(302, "/other");
    client.request();
    assert_eq!(client.wait(), client.now + secs(60));
}

#[test]
fn the_time_that_the_caller_takes_is_not_the_transports() {
    let mut client = Client::with(config().connect_timeout(secs(5)).head_timeout(secs(60)));
    let mut request = client.request();
    client.source.handle_connecting();
    assert_eq!(client.wait(), client.now + secs(5));
    client.pass(secs(4));
    request.timeouts.head = Some(secs(10));
    client.source.handle_request(request);
    assert_eq!(client.wait(), client.now + secs(10));
}

#[test]
fn the_timeouts_are_in_the_request() {
    let config = config().connect_timeout(None).head_timeout(secs(2)).idle_timeout(secs(3));
    let timeouts = Client::with(config).request().timeouts;
    assert_eq!((timeouts.connect, timeouts.head, timeouts.idle), (None, Some(secs(2)), Some(secs(3))));
    assert_eq!(Client::new().request().timeouts.connect, Some(secs(30)));
}

/// A timeout of nothing is a mistake, but no hot loop.
#[test]
fn no_timeout_is_too_short_to_wait_after_it() {
    let config = config().head_timeout(secs(0)).idle_timeout(secs(0)).reconnection_time(secs(0));
    let mut client = Client::with(config);
    client.request();
    for _ in 0..10 {
        assert_eq!(client.reestablishing().0, Loss::HeadTimeout);
        let waiting = client.wait();
        assert!(waiting > client.now);
        client.now = waiting;
        assert!(matches!(client.poll(), Output::Connect(_)));
    }
    client.accept();
    assert_eq!(client.reestablishing().0, Loss::IdleTimeout { in_mid_event: false });
    assert!(client.wait() > client.now);
}
