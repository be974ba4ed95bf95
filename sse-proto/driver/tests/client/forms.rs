//! The ways to receive, and what a dropped future costs.

use core::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::sync::Arc;

use sse_driver::{EventReader, ReadError};
use sse_proto::{
    Limit, Limits, StreamEnd,
    client::{Backoff, ClientConfig, FailReason, Loss, ReadyState},
};

use crate::{
    Change, config, now, opened, poll,
    script::{Answer, Body, Step, Wakes},
    secs, source,
};

/// A refusal that may pass has its body as well when it was the last.
#[test]
fn the_body_of_the_last_refusal_is_in_the_failure() {
    let busy = |steps| Answer::Status(503, Body::new(steps));
    let answers = vec![busy(vec![Step::Hold]), busy(vec![Step::Data("bu"), Step::Data("sy"), Step::End])];
    let (mut source, clock, _) = source(config().resilient().max_reconnections(1), answers);
    // The first body never ends.
    assert!(poll(source.next_change()).is_pending());
    clock.pass(secs(1));
    let Some(Change::Reestablishing { cause, delay, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::Refused { status: 503 });
    assert!(poll(source.next_change()).is_pending());
    clock.pass(delay);
    let Some(Change::Failed(failure)) = now(source.next_change()) else { panic!() };
    assert_eq!(failure.reason, FailReason::GaveUp { cause, attempts: 1 });
    let response = failure.refusal.unwrap();
    assert_eq!((&*response.body, response.complete), (&b"busy"[..], true));
}

#[test]
fn events_alone_come_one_after_the_other() {
    let steps = vec![Step::Data(": x\n\ndata: a\n\ndata: b\n\nda"), Step::Data("ta: c\n\n"), Step::Hold];
    let (mut source, _, _) = source(config(), vec![opened(steps)]);
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "a");
    assert_eq!(now(source.next_ref()).unwrap().unwrap().data(), "b");
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "c");
    assert!(poll(source.next()).is_pending());
    source.close();
    assert_eq!(source.ready_state(), ReadyState::Closed);
    assert_eq!(now(source.next()), None);
    assert_eq!(now(source.next()), None);
}

/// Nothing is dropped in silence.
#[test]
fn every_change_is_a_value() {
    let refusal = Answer::Status(403, Body::new(vec![Step::Data("no"), Step::End]));
    let steps = vec![Step::Data("retry: 10\n: hi\nid: 7\ndata: a\n\ndata"), Step::Break];
    let answers = vec![Answer::Error("refused"), opened(steps), refusal];
    let report = sse_proto::Report::new().comments(true).last_event_ids(true).retries(true);
    let (mut source, clock, _) = source(config().reconnection_time(secs(1)).report(report), answers);
    let Some(Change::Reestablishing { cause, error, delay, attempt }) = now(source.next_change()) else { panic!() };
    assert_eq!((cause, error, attempt), (Loss::Unreachable, Some("refused"), 1));
    assert!(poll(source.next_change()).is_pending());
    clock.pass(delay);
    let Some(Change::Open(head)) = now(source.next_change()) else { panic!() };
    assert_eq!((head.status, head.headers.value("content-type")), (200, Some(&b"text/event-stream"[..])));
    assert!(matches!(now(source.next_change()), Some(Change::Retry(retry)) if retry.as_millis() == 10));
    assert!(matches!(now(source.next_change()), Some(Change::Comment(comment)) if comment == "hi"));
    let Some(Change::Event(event)) = now(source.next_change()) else { panic!() };
    assert_eq!((event.data(), event.id()), ("a", Some("7")));
    assert!(matches!(now(source.next_change()), Some(Change::LastEventId(id)) if id == "7"));
    assert_eq!(source.last_event_id(), "7");
    let Some(Change::Reestablishing { cause, error, delay, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!((cause, error), (Loss::Broken { in_mid_event: true }, Some("broken")));
    clock.pass(delay);
    let Some(Change::Failed(failure)) = now(source.next_change()) else { panic!() };
    assert_eq!((&failure.reason, failure.error), (&FailReason::Status(403), None));
    assert_eq!(failure.refusal.unwrap().body, "no");
    assert_eq!(now(source.next_change()), None);
}

#[test]
fn a_failure_says_what_the_transport_said() {
    let (mut source, _, _) = source(config().max_reconnections(0), vec![Answer::Error("no route")]);
    let failure = now(source.next()).unwrap().unwrap_err();
    assert_eq!(failure.reason, FailReason::GaveUp { cause: Loss::Unreachable, attempts: 0 });
    assert_eq!((failure.error, failure.refusal), (Some("no route"), None));
    assert_eq!(now(source.next()), None);
}

#[test]
fn a_single_connection_ends_with_none() {
    let (mut source, _, script) =
        source(config().max_reconnections(0), vec![opened(vec![Step::Data("data: a\n\n"), Step::End])]);
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "a");
    assert_eq!(now(source.next()), None);
    assert_eq!(script.requests().len(), 1);
}

/// A future that is dropped before it is ready has taken nothing: neither of the stream nor of the request.
#[test]
fn futures_can_be_dropped() {
    let steps = vec![
        Step::Data("data: a\n"),
        Step::Pause,
        Step::Data("data: b\n\nda"),
        Step::Pause,
        Step::Pause,
        Step::Data("ta: c\n"),
        Step::Pause,
        Step::Data("\n"),
        Step::Break,
    ];
    let answers = vec![Answer::Later(Box::new(opened(steps))), Answer::Later(Box::new(opened(vec![Step::Hold])))];
    let (mut source, clock, script) = source(config(), answers);
    let mut seen = Vec::new();
    let mut dropped = 0;
    for _ in 0..20 {
        match poll(source.next()) {
            Poll::Ready(event) => seen.push(String::from(event.unwrap().unwrap().data())),
            Poll::Pending => dropped += 1,
        }
    }
    assert_eq!(seen, ["a\nb", "c"]);
    assert_eq!(dropped, 18);
    // The wait for the reconnection goes on, too.
    clock.pass(secs(2));
    assert!(poll(source.next()).is_pending());
    clock.pass(secs(1));
    assert!(poll(source.next()).is_pending());
    assert!(poll(source.next()).is_pending());
    assert_eq!(source.ready_state(), ReadyState::Open);
    assert_eq!((script.requests().len(), script.dropped()), (2, 0));
}

#[test]
fn the_clock_is_not_read_for_every_event() {
    let block = "data: x\n\n".repeat(1000).leak();
    let (mut source, clock, _) = source(config(), vec![opened(vec![Step::Data(block), Step::Hold])]);
    for _ in 0..1000 {
        now(source.next_ref()).unwrap().unwrap();
    }
    assert!(clock.reads() < 10, "{} times", clock.reads());
}

#[test]
fn the_watchdog_sets_an_alarm_and_drops_the_connection() {
    let steps = vec![Step::Data(":\n\n"), Step::Hold];
    let (mut source, clock, _) = source(config().idle_timeout(secs(30)), vec![opened(steps)]);
    assert!(matches!(now(source.next_change()), Some(Change::Open(_))));
    assert!(poll(source.next_change()).is_pending());
    assert_eq!(clock.alarm().unwrap().since_epoch(), secs(30));
    clock.pass(secs(30));
    let Some(Change::Reestablishing { cause, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::IdleTimeout { in_mid_event: false });
}

/// The application was away for longer than the server may be silent; what the server has sent counts.
#[test]
fn what_lies_in_the_socket_is_read_before_the_watchdog_bites() {
    let steps = vec![Step::Data("data: a\n\n"), Step::Pause, Step::Data("data: b\n\n"), Step::Hold];
    let (mut source, clock, _) = source(config().idle_timeout(secs(30)), vec![opened(steps)]);
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "a");
    assert!(poll(source.next()).is_pending());
    clock.pass(secs(100));
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "b");
}

/// The runtime may not have looked at the socket yet when the task comes back: it gets the time to.
#[test]
fn a_thread_that_was_blocked_does_not_cost_the_connection() {
    let steps = vec![Step::Data("data: a\n\n"), Step::Pause, Step::Pause, Step::Data("data: b\n\n"), Step::Hold];
    let (mut source, clock, _) = source(config().idle_timeout(secs(30)), vec![opened(steps)]);
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "a");
    assert!(poll(source.next()).is_pending());
    clock.pass(secs(100));
    assert!(poll(source.next()).is_pending());
    let alarm = clock.alarm().unwrap();
    clock.pass(alarm.since_epoch() - secs(100));
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "b");
    // A silence is one all the same.
    clock.pass(secs(100));
    assert!(poll(source.next_change()).is_pending());
    clock.pass(secs(1));
    let Some(Change::Reestablishing { cause, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::IdleTimeout { in_mid_event: false });
}

/// Not even where the configuration leaves no time between one refusal and the next request.
#[test]
fn refusals_without_a_wait_do_not_keep_the_thread() {
    let backoff = Backoff::new().floor(Duration::ZERO);
    let config = config().reconnection_time(Duration::ZERO).backoff(backoff).max_reconnections(10_000);
    let (mut source, _, script) = source(config, vec![Answer::Error("refused"); 20_000]);
    assert!(poll(source.next()).is_pending());
    let wakes = Arc::new(Wakes::default());
    let waker = Arc::clone(&wakes).into();
    assert!(source.poll_next_event(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(wakes.count(), 1);
    // It goes on, and fails in the end.
    let mut polls = 2;
    let failure = loop {
        match poll(source.next()) {
            Poll::Ready(event) => break event.unwrap().unwrap_err(),
            Poll::Pending => polls += 1,
        }
    };
    assert!(polls < 10_000, "{polls}");
    assert_eq!(failure.reason, FailReason::GaveUp { cause: Loss::Unreachable, attempts: 10_000 });
    assert_eq!(script.requests().len(), 10_001);
}

#[test]
fn a_peer_that_sends_comments_without_end_does_not_keep_the_thread() {
    let steps = vec![Step::Data(":\n"); 10_000];
    let (mut source, _, _) = source(config(), vec![opened(steps)]);
    assert!(matches!(now(source.next_change()), Some(Change::Open(_))));
    assert!(poll(source.next_change()).is_pending());
}

#[cfg(feature = "stream")]
#[test]
fn a_source_is_a_stream() {
    use futures_core::Stream;

    let steps = vec![Step::Data("data: a\n\n"), Step::End];
    let (mut source, _, _) = source(ClientConfig::max_reconnections(config(), 0), vec![opened(steps)]);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(Pin::new(&mut source).poll_next(&mut cx), Poll::Ready(Some(Ok(event))) if event.data() == "a"));
    assert!(matches!(Pin::new(&mut source).poll_next(&mut cx), Poll::Ready(None)));
}

/// An error is no end in order, whatever was read before it.
#[test]
fn a_reader_has_an_end_only_after_an_end_in_order() {
    let read = |steps| EventReader::<Body>::with_limits(Body::new(steps), Limits::new().data(Limit::fail(8)));
    let mut reader = read(vec![Step::Data("data: a\n\nda"), Step::End]);
    assert_eq!(reader.end(), None);
    while let Some(event) = now(reader.next()) {
        event.unwrap();
        assert_eq!(reader.end(), None);
    }
    assert_eq!(reader.end(), Some(StreamEnd::InMidEvent));
    let mut reader = read(vec![Step::Data("data: a\n\n"), Step::Break]);
    now(reader.next()).unwrap().unwrap();
    assert_eq!(now(reader.next()).unwrap(), Err(ReadError::Io("broken")));
    assert_eq!((reader.end(), now(reader.next())), (None, None));
    let mut reader = read(vec![Step::Data("data: 0123456789abcdef\n\ndata: b\n\n"), Step::End]);
    assert!(matches!(now(reader.next()).unwrap(), Err(ReadError::Decode(_))));
    assert_eq!((reader.end(), now(reader.next()), reader.end()), (None, None, None));
}
