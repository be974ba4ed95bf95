//! Whether a request may be sent twice (D-11).

use sse_proto::client::{ClientConfig, FailReason, Loss, NetworkError};

use crate::{CLOSED, Client, config, last_event_id, post, secs};

const CUT: Loss = Loss::Broken { in_mid_event: false };

#[test]
fn a_post_is_not_sent_twice() {
    for config in [post(), config().method("patch").unwrap(), config().method("DELETE").unwrap()] {
        let mut client = Client::open_with(config);
        client.data("data: a\n\n");
        client.event();
        client.source.handle_error(NetworkError::Transient);
        assert_eq!(client.failure(), FailReason::NotResent { cause: CUT });
        assert_eq!(client.poll(), CLOSED);
    }
    let mut ended = Client::open_with(post());
    ended.source.handle_end();
    assert_eq!(ended.failure(), FailReason::NotResent { cause: Loss::End { in_mid_event: false } });
    let mut unanswered = Client::with(post());
    unanswered.request();
    unanswered.source.handle_error(NetworkError::Transient);
    assert_eq!(unanswered.failure(), FailReason::NotResent { cause: Loss::Unreachable });
}

#[test]
fn safe_methods_are_sent_as_often_as_need_be() {
    for method in ["get", "GET", "HEAD", "options"] {
        let mut client = Client::open_with(config().method(method).unwrap());
        client.break_off();
        assert_eq!(client.reconnect().method, method.to_ascii_uppercase());
    }
}

#[test]
fn a_post_with_an_event_id_goes_on_from_there_with_the_same_body() {
    let mut client = Client::open_with(post());
    client.data("id: 7\ndata: a\n\n");
    client.event();
    client.break_off();
    let request = client.reconnect();
    assert_eq!((&*request.method, &*request.body), ("POST", &b"{}"[..]));
    assert_eq!(request.headers.value("content-type"), Some(&b"application/json"[..]));
    assert_eq!(last_event_id(&request), Some(&b"7"[..]));

    // The server has taken the ID back.
    client.accept();
    client.data("id\n\n");
    client.poll();
    client.source.handle_end();
    assert!(matches!(client.failure(), FailReason::NotResent { .. }));
}

#[test]
fn an_id_that_cannot_be_sent_is_none_to_go_on_from() {
    let mut client = Client::open_with(post());
    client.data("id: \u{1}\ndata: a\n\n");
    client.event();
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::NotResent { cause: CUT });
}

#[test]
fn the_caller_may_allow_it() {
    let mut client = Client::open_with(post().resend(true));
    client.break_off();
    assert_eq!(client.reconnect().body, "{}");
}

#[test]
fn a_request_that_never_left_is_sent() {
    let mut client = Client::with(post());
    client.request();
    client.source.handle_connecting();
    client.break_off();
    client.reconnect();
    client.source.handle_connecting();
    client.now = client.wait();
    assert_eq!(client.reestablishing().0, Loss::ConnectTimeout);
    client.reconnect();
    client.source.handle_connecting();
    client.source.handle_connected();
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::NotResent { cause: Loss::Unreachable });
}

#[test]
fn an_answer_that_may_pass_does_not_allow_it_either() {
    let mut client = Client::with(post().resilient());
    client.request();
    client.refuse(503, "text/plain");
    assert_eq!(client.failure(), FailReason::NotResent { cause: Loss::Refused { status: 503 } });
    assert_eq!(client.source.refusal().unwrap().head.status, 503);
}

/// Whatever the configuration says: it is the request that was sent which counts.
#[test]
fn a_method_that_the_caller_put_in_counts() {
    let mut client = Client::new();
    let mut request = client.request();
    request.method = "POST".into();
    client.source.handle_request(request);
    client.accept();
    client.source.handle_end();
    assert!(matches!(client.failure(), FailReason::NotResent { .. }));
}

#[test]
fn the_caller_asks_for_it_with_a_restart() {
    let mut client = Client::open_with(post());
    client.source.restart();
    assert_eq!(client.reestablishing().0, Loss::Restarted);
    assert_eq!(client.request().method, "POST");
}

/// A stored ID is one that the request goes on from.
#[test]
fn a_configured_id_allows_it() {
    let stored = |config: ClientConfig| config.header("Last-Event-ID", "41").unwrap();
    let mut client = Client::open_with(stored(post()));
    assert!(client.lose() >= secs(3));
    assert_eq!(last_event_id(&client.reconnect()), Some(&b"41"[..]));
}
