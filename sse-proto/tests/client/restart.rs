//! Restart on demand.

use sse_proto::client::{Change, Loss, NetworkError, Output, ReadyState};

use crate::{CLOSED, Client, idle, last_event_id, secs};

#[test]
fn an_open_stream_is_dropped_and_asked_for_again_at_once() {
    let mut client = Client::open();
    client.data("id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
    assert_eq!(client.event(), "a");
    client.source.restart();
    assert_eq!(client.source.event(), None);
    assert_eq!(client.reestablishing(), (Loss::Restarted, secs(0), 1));
    assert_eq!(client.source.ready_state(), ReadyState::Connecting);
    let request = client.request();
    assert_eq!((request.attempt, request.cause), (1, Some(Loss::Restarted)));
    // The second event was not delivered, so the server has to send it again.
    assert_eq!(last_event_id(&request), Some(&b"1"[..]));
    client.accept();
    client.data("id: 2\ndata: b\n\n");
    assert_eq!(client.event(), "b");
}

#[test]
fn a_wait_is_cut_short() {
    let mut client = Client::open();
    client.lose();
    client.wait();
    client.source.restart();
    let request = client.request();
    assert_eq!(request.cause, Some(Loss::End { in_mid_event: false }));
    assert_eq!(client.poll(), idle());
}

#[test]
fn a_request_under_way_is_dropped() {
    let mut client = Client::new();
    client.request();
    client.source.restart();
    assert_eq!(client.reestablishing().0, Loss::Restarted);
    client.request();
    client.accept();

    let mut refused = Client::new();
    refused.request();
    refused.answer(404, "text/plain");
    refused.source.restart();
    assert_eq!(refused.reestablishing().0, Loss::Restarted);
    refused.request();
}

#[test]
fn a_loss_that_nobody_knows_of_yet_is_not_told() {
    let mut client = Client::open();
    client.source.handle_error(NetworkError::Transient);
    client.source.restart();
    assert_eq!(client.reestablishing(), (Loss::Restarted, secs(0), 1));
    client.request();
}

#[test]
fn the_count_of_attempts_begins_anew() {
    let mut client = Client::new();
    client.request();
    for _ in 0..5 {
        client.break_off();
        client.reconnect();
    }
    client.source.restart();
    assert_eq!(client.reestablishing(), (Loss::Restarted, secs(0), 1));
    client.request();
    client.break_off();
    assert_eq!(client.reconnect().attempt, 2);
}

#[test]
fn what_is_closed_or_has_failed_stays_so() {
    let mut closed = Client::open();
    closed.source.close();
    closed.source.restart();
    assert_eq!(closed.poll(), CLOSED);

    let mut failed = Client::new();
    failed.request();
    failed.source.handle_error(NetworkError::Permanent);
    failed.source.restart();
    assert!(matches!(failed.poll(), Output::Change(Change::Failed(_))));
    failed.source.restart();
    assert_eq!(failed.poll(), CLOSED);
}

#[test]
fn a_restart_before_the_first_request_changes_nothing() {
    let mut client = Client::new();
    client.source.restart();
    let request = client.request();
    assert_eq!((request.attempt, request.cause), (0, None));
    assert_eq!(client.poll(), idle());
}
