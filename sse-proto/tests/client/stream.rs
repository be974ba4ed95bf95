//! An open stream, and its end.

use sse_proto::{
    DecodeError, EventId, Finding, Limit, LimitKind, Limits, Malformation, Report, Retry, Timestamp,
    client::{Change, ClientConfig, FailReason, Loss, NetworkError, Output, ReadyState},
};

use crate::{CLOSED, Client, URL, config, idle};

///
#[test]
fn nothing_comes_after_close() {
    let mut client = Client::open();
    client.data("data: a\n\ndata: b\n\n");
    assert_eq!(client.event(), "a");
    client.source.close();
    assert_eq!(client.source.ready_state(), ReadyState::Closed);
    assert_eq!(client.source.event(), None);
    client.data("data: c\n\n");
    client.source.handle_end();
    assert_eq!(client.poll(), CLOSED);
    assert_eq!(client.poll(), CLOSED);

    let mut waiting = Client::open();
    waiting.lose();
    waiting.source.close();
    waiting.now = Timestamp::from_millis(u64::MAX);
    assert_eq!(waiting.poll(), CLOSED);
}

/// R-070, D-14: the caller learns that an event was dropped.
#[test]
fn a_cut_in_mid_event_is_told_and_nothing_is_joined_over_it() {
    let mut client = Client::open();
    client.data("event: t\ndata: a");
    assert_eq!(client.poll(), idle());
    client.source.handle_error(NetworkError::Transient);
    let cause = Loss::Broken { in_mid_event: true };
    assert_eq!(client.reestablishing().0, cause);
    client.reconnect();
    client.answer(200, "text/event-stream");
    client.opened();
    client.data("\u{feff}data: b\n\n");
    assert_eq!(client.poll(), Output::Event);
    let event = client.source.event().unwrap();
    assert_eq!((event.event_type(), event.data()), ("message", "b"));
}

#[test]
fn a_limit_that_is_passed_fails_the_connection_after_what_was_received_before() {
    let limits = Limits::new().data(Limit::fail(3));
    let mut client = Client::with(ClientConfig::get(URL).unwrap().limits(limits));
    client.request();
    client.answer(200, "text/event-stream");
    client.opened();
    client.data("data: abc\n\ndata: abcd\n\n");
    assert_eq!(client.event(), "abc");
    let error = DecodeError { limit: LimitKind::Data, max: 3, size: 4 };
    assert_eq!(client.failure(), FailReason::Decode(error));
    assert_eq!(client.poll(), CLOSED);
}

/// D-12: comments, reconnection times, findings and last event IDs are reported in the order of their lines.
#[test]
fn what_is_asked_for_beside_events_comes_in_order() {
    let report = Report::ALL;
    let mut client = Client::with(ClientConfig::get(URL).unwrap().report(report));
    client.request();
    client.answer(200, "text/event-stream");
    client.opened();
    client.data(": hi\nretry: 10\nfoo\nid: 7\n\ndata: a\n\n");
    assert_eq!(client.poll(), Output::Change(Change::Comment("hi".into())));
    assert_eq!(client.poll(), Output::Change(Change::Retry(Retry::from_millis(10))));
    let finding = Finding { offset: 15, malformation: Malformation::UnknownField };
    assert_eq!(client.poll(), Output::Change(Change::Finding(finding)));
    assert_eq!(client.poll(), Output::Change(Change::LastEventId(EventId::from(7))));
    assert_eq!(client.source.last_event_id(), "7");
    assert_eq!(client.event(), "a");
    assert_eq!(client.poll(), idle());
}

/// Whoever stores each ID that is reported misses no event by it, even at the end of a stream.
#[test]
fn an_id_is_reported_after_its_event() {
    let mut client = Client::open_with(config().report(Report::new().last_event_ids(true)));
    client.data("id: 7\ndata: a\n\n");
    client.source.handle_end();
    assert_eq!(client.event(), "a");
    assert_eq!(client.poll(), Output::Change(Change::LastEventId(EventId::from(7))));
    assert_eq!(client.source.last_event_id(), "7");
    assert!(matches!(client.poll(), Output::Change(Change::Reestablishing { .. })));
}

#[test]
fn data_that_comes_before_the_last_was_drained_is_kept() {
    let mut client = Client::open();
    client.data("data: a\n\nda");
    client.data("ta: b\n\n");
    client.source.handle_end();
    assert_eq!(client.event(), "a");
    assert_eq!(client.event(), "b");
    assert!(matches!(client.poll(), Output::Change(Change::Reestablishing { .. })));
}

/// Off by default.
#[test]
fn the_last_input_is_there_for_diagnosis() {
    let mut client = Client::open_with(config().recent_input(10));
    client.data("data: 12");
    assert_eq!(client.source.recent_input(), b"data: 12");
    client.data("345\n\n");
    assert_eq!(client.event(), "12345");
    assert_eq!(client.source.recent_input(), b"a: 12345\n\n");
    // It belongs to one stream, and outlives it.
    client.lose();
    assert_eq!(client.source.recent_input(), b"a: 12345\n\n");
    client.reconnect();
    client.accept();
    assert_eq!(client.source.recent_input(), b"");
    client.data("\u{feff}x");
    client.source.handle_error(NetworkError::Aborted);
    assert_eq!(client.failure(), FailReason::Aborted);
    assert_eq!(client.source.recent_input(), "\u{feff}x".as_bytes());

    let mut off = Client::open();
    off.data("data: a\n\n");
    assert_eq!(off.source.recent_input(), b"");
}

#[test]
fn a_limit_is_told_with_the_input_that_passed_it() {
    let limits = Limits::new().line(Limit::fail(3));
    let mut client = Client::open_with(config().limits(limits).recent_input(64));
    client.data("data: abcd\n\n");
    assert!(matches!(client.failure(), FailReason::Decode(DecodeError { limit: LimitKind::Line, .. })));
    assert_eq!(client.source.recent_input(), b"data: abcd\n\n");
}
