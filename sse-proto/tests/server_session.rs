//! What a session does of its own accord, under a virtual clock.

use core::time::Duration;

use sse_proto::{
    EventId, EventType, Message, Retry, Timestamp,
    server::{
        CloseReason, EventLog, Heartbeat, LogConfig, OnLag, Output, Publication, SendError, Session, SessionConfig,
        StartAt,
    },
};

const START: Timestamp = Timestamp::from_millis(0);
const SECOND: Duration = Duration::from_secs(1);

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

fn at(seconds: u32) -> Timestamp {
    START + seconds * SECOND
}

fn transmitted(output: Output) -> String {
    match output {
        Output::Transmit(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Everything that the session transmits now.
fn drain(session: &mut Session, log: &mut EventLog, now: Timestamp) -> String {
    let mut sent = String::new();
    loop {
        session.handle_log(log, now);
        match session.poll_output(now) {
            Output::Transmit(bytes) => sent += core::str::from_utf8(&bytes).unwrap(),
            Output::Aborted | Output::Closed | Output::Wait { .. } => return sent,
            Output::Heartbeat | Output::Lagged { .. } => {}
        }
    }
}

#[test]
fn heartbeats_of_a_fixed_period_go_out_whatever_else_is_sent() {
    let config = SessionConfig::new().heartbeat(Heartbeat::fixed(10 * SECOND));
    let mut session = Session::new(config);
    transmitted(session.poll_output(START));
    session.send(&Message::from("a")).unwrap();
    transmitted(session.poll_output(at(9)));
    assert_eq!(session.poll_output(at(9)), Output::Wait { until: Some(at(10)) });
    assert_eq!(transmitted(session.poll_output(at(11))), ":\n");
    // A late one does not move those after it.
    assert_eq!(session.poll_output(at(11)), Output::Wait { until: Some(at(20)) });
    // Those that nobody polled in are not made up for.
    assert_eq!(transmitted(session.poll_output(at(65))), ":\n");
    assert_eq!(session.poll_output(at(65)), Output::Wait { until: Some(at(75)) });
}

#[test]
fn a_heartbeat_may_be_a_message_or_be_made_when_it_is_due() {
    let ping = Message::new().event(EventType::new("ping").unwrap());
    let heartbeat = Some(Heartbeat::quiet(SECOND).with_message(&ping));
    let mut session = Session::new(SessionConfig::new().heartbeat(heartbeat));
    transmitted(session.poll_output(START));
    assert_eq!(transmitted(session.poll_output(at(1))), "event: ping\ndata: \n\n");

    let heartbeat = Some(Heartbeat::quiet(SECOND).made());
    let mut session = Session::new(SessionConfig::new().heartbeat(heartbeat));
    transmitted(session.poll_output(START));
    assert_eq!(session.poll_output(at(1)), Output::Heartbeat);
    session.send(&Message::from("made")).unwrap();
    assert_eq!(transmitted(session.poll_output(at(1))), "data: made\n\n");
    assert_eq!(session.poll_output(at(2)), Output::Heartbeat);
    assert_eq!(session.poll_output(at(2)), Output::Wait { until: Some(at(3)) });
}

#[test]
fn what_is_transmitted_is_counted_by_events_and_heartbeats() {
    let mut log = EventLog::new(LogConfig::new());
    let (cursor, _) = log.subscribe(StartAt::Live, START);
    let mut session = Session::reading(SessionConfig::new().retry(Retry::from_millis(7)), cursor);
    let next = |session: &mut Session, log: &mut EventLog, now: Timestamp| {
        session.handle_log(log, now);
        let Output::Transmit(bytes) = session.poll_output(now) else { panic!("nothing to transmit") };
        let transmitted = session.transmitted(&bytes);
        assert_eq!(transmitted.bytes, bytes.len() as u64);
        (transmitted.events, transmitted.heartbeats)
    };
    assert_eq!(next(&mut session, &mut log, START), (0, 0));
    let empty = Message::new().data("");
    for message in [Message::from("a\n\nb"), empty, Message::new().comment("c\n\nd")] {
        log.publish(message, START).unwrap();
    }
    assert_eq!(next(&mut session, &mut log, START), (2, 0));
    assert_eq!(next(&mut session, &mut log, at(15)), (0, 1));
    log.publish("x", at(16)).unwrap();
    assert_eq!(next(&mut session, &mut log, at(16)), (1, 0));

    // Heartbeats that the application makes are among the messages that it sends.
    let mut made = Session::new(SessionConfig::new().heartbeat(Heartbeat::quiet(SECOND).made()));
    next(&mut made, &mut log, START);
    assert_eq!(made.poll_output(at(1)), Output::Heartbeat);
    made.send_heartbeat(&Message::new()).unwrap();
    assert!(matches!(made.poll_output(at(1)), Output::Wait { .. }));
    assert_eq!(made.poll_output(at(2)), Output::Heartbeat);
    made.send_heartbeat(&Message::new().comment("beat")).unwrap();
    made.send(&Message::from("a")).unwrap();
    assert_eq!(next(&mut made, &mut log, at(2)), (1, 1));
    made.send(&Message::from("b")).unwrap();
    assert_eq!(next(&mut made, &mut log, at(2)), (1, 0));
}

#[test]
fn no_heartbeat_comes_after_the_end() {
    let mut session = Session::new(SessionConfig::new());
    transmitted(session.poll_output(START));
    session.close(None);
    assert_eq!(session.poll_output(at(100)), Output::Closed);
    assert_eq!(session.poll_output(at(200)), Output::Closed);
    assert_eq!(session.close_reason(), Some(CloseReason::Finished));
}

#[test]
fn an_aborted_response_ends_as_a_broken_one_after_what_was_sent() {
    let mut session = Session::new(quiet());
    session.send(&Message::from("a")).unwrap();
    session.abort();
    assert_eq!(session.send(&Message::from("b")), Err(SendError::Closed));
    session.close(Some(&Message::from("bye")));
    assert_eq!(transmitted(session.poll_output(START)), ":\n");
    assert_eq!(transmitted(session.poll_output(START)), "data: a\n\n");
    assert_eq!(session.close_reason(), None);
    assert_eq!(session.poll_output(START), Output::Aborted);
    assert_eq!(session.poll_output(START), Output::Aborted);
    assert_eq!(session.close_reason(), Some(CloseReason::Aborted));

    // One that has ended in order, or whose peer is gone, stays so.
    let mut closed = Session::new(quiet());
    transmitted(closed.poll_output(START));
    closed.close(None);
    closed.abort();
    assert_eq!(closed.poll_output(START), Output::Closed);
    let mut gone = Session::new(quiet());
    gone.handle_disconnect();
    gone.abort();
    assert_eq!(gone.close_reason(), Some(CloseReason::Disconnected));

    // One of a log sends nothing more from it.
    let mut log = EventLog::new(LogConfig::new());
    let (cursor, _) = log.subscribe(StartAt::Live, START);
    let mut reading = Session::reading(quiet(), cursor);
    transmitted(reading.poll_output(START));
    log.publish("unsent", START).unwrap();
    reading.abort();
    reading.handle_log(&mut log, START);
    assert_eq!(reading.poll_output(START), Output::Aborted);
}

#[test]
fn an_aborted_response_waits_for_its_peer_for_a_second_at_most() {
    for timeout in [None, Some(60 * SECOND), Some(SECOND / 2)] {
        let end = Timestamp::new(10 * SECOND + timeout.map_or(SECOND, |timeout| timeout.min(SECOND)));
        let mut session = Session::new(quiet().write_timeout(timeout));
        transmitted(session.poll_output(at(10)));
        session.send(&Message::from("a")).unwrap();
        session.abort();
        assert_eq!(session.handle_write_pending(at(10)), Output::Wait { until: Some(end) });
        // It takes something.
        session.handle_progress(at(20));
        assert!(matches!(session.handle_write_pending(at(20)), Output::Wait { .. }));
        assert_eq!(session.handle_write_pending(at(21)), Output::Aborted);
        assert_eq!(session.close_reason(), Some(CloseReason::Aborted));
        assert_eq!(session.poll_output(at(21)), Output::Aborted);
    }
}

#[test]
fn a_response_that_is_given_up_ends_as_a_broken_one() {
    for reason in [CloseReason::Cut, CloseReason::Finished] {
        let mut session = Session::new(quiet());
        transmitted(session.poll_output(START));
        session.send(&Message::from("a")).unwrap();
        session.give_up(reason);
        assert_eq!(session.poll_output(START), Output::Aborted);
        assert_eq!(session.close_reason(), Some(reason));
    }
    // One that has ended in order did so before.
    let mut session = Session::new(quiet());
    transmitted(session.poll_output(START));
    session.close(None);
    assert_eq!(session.poll_output(START), Output::Closed);
    session.give_up(CloseReason::Cut);
    assert_eq!((session.poll_output(START), session.close_reason()), (Output::Closed, Some(CloseReason::Finished)));
}

/// A flush may be pending when there is nothing more to write.
#[test]
fn the_end_of_a_response_waits_for_its_peer_as_the_rest_does() {
    let mut session = Session::new(quiet().write_timeout(5 * SECOND));
    transmitted(session.poll_output(at(10)));
    session.close(None);
    assert_eq!(session.poll_output(at(11)), Output::Closed);
    assert_eq!(session.handle_write_pending(at(11)), Output::Wait { until: Some(at(15)) });
    assert_eq!(session.handle_write_pending(at(15)), Output::Aborted);
    assert_eq!(session.close_reason(), Some(CloseReason::Finished));
}

#[test]
fn the_first_bytes_may_be_padded() {
    let mut session = Session::new(quiet().padding(2048).retry(Retry::from_millis(7)));
    let first = transmitted(session.poll_output(START));
    let padding = first.strip_suffix("retry: 7\n").unwrap();
    assert_eq!(padding.len(), 2048);
    assert!(padding.starts_with(": ") && padding.ends_with(" \n"));
    for padding in 1..5 {
        let mut session = Session::new(quiet().padding(padding));
        assert_eq!(transmitted(session.poll_output(START)).len(), padding.max(2));
    }
    let mut session = Session::new(quiet().padding(usize::MAX));
    assert_eq!(transmitted(session.poll_output(START)).len(), SessionConfig::MAX_PADDING);
}

#[test]
fn a_peer_that_takes_nothing_is_taken_for_gone() {
    let mut session = Session::new(quiet().write_timeout(5 * SECOND));
    transmitted(session.poll_output(at(10)));
    assert_eq!(session.handle_write_pending(at(12)), Output::Wait { until: Some(at(15)) });
    // Some of it is taken: the time begins anew.
    session.handle_progress(at(14));
    assert_eq!(session.handle_write_pending(at(15)), Output::Wait { until: Some(at(19)) });
    assert_eq!(session.handle_write_pending(at(19)), Output::Aborted);
    assert_eq!(session.close_reason(), Some(CloseReason::WriteTimeout));
    assert_eq!(session.send(&Message::from("a")), Err(SendError::Closed));
    assert_eq!(session.poll_output(at(19)), Output::Aborted);

    let mut patient = Session::new(quiet().write_timeout(None));
    transmitted(patient.poll_output(START));
    assert_eq!(patient.handle_write_pending(Timestamp::from_millis(u64::MAX)), Output::Wait { until: None });
}

#[test]
fn sessions_of_an_age_end_at_different_moments() {
    let config = quiet().max_age(100 * SECOND);
    let ends: Vec<Timestamp> = (0..50)
        .map(|seed| {
            let mut session = Session::new(config.clone()).with_seed(seed);
            transmitted(session.poll_output(at(7)));
            let Output::Wait { until: Some(end) } = session.poll_output(at(7)) else { panic!("no end") };
            assert!((at(97)..=at(107)).contains(&end), "{end:?}");
            assert!(matches!(session.poll_output(at(96)), Output::Wait { .. }));
            // What is waiting goes out before.
            session.send(&Message::from("last")).unwrap();
            assert_eq!(transmitted(session.poll_output(end)), "data: last\n\n");
            assert_eq!(session.poll_output(end), Output::Closed);
            assert_eq!(session.close_reason(), Some(CloseReason::MaxAge));
            end
        })
        .collect();
    // Neither does a log that never runs dry keep it.
    let mut log = small_log(2);
    let mut session = Session::reading(config, log.subscribe(StartAt::Oldest, START).0);
    session.poll_output(START);
    session.handle_log(&mut log, START);
    assert!(matches!(session.poll_output(at(100)), Output::Transmit(_)));
    log.publish("more", START).unwrap();
    session.handle_log(&mut log, at(100));
    assert_eq!(session.poll_output(at(100)), Output::Closed);

    let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
    assert!(last.since(*first) > 5 * SECOND);
}

fn small_log(count: u64) -> EventLog {
    let mut log = EventLog::new(LogConfig::new().events(2).epoch(0xa));
    for number in 1..=count {
        log.publish(format!("{number}"), START).unwrap();
    }
    log
}

#[test]
fn a_client_is_told_what_became_of_its_wish_to_resume() {
    let cases = [
        ("a-4", ""),
        ("a-1", "event: resync\ndata: {\"reason\":\"gap\",\"missed\":2}\n\n"),
        ("b-4", "event: resync\ndata: {\"reason\":\"stale\"}\n\n"),
        ("x", "event: resync\ndata: {\"reason\":\"unknown\"}\n\n"),
    ];
    for (id, told) in cases {
        let mut log = small_log(5);
        let id = EventId::new(id).unwrap();
        let (cursor, resumed) = log.subscribe(StartAt::After(&id), START);
        let mut session = Session::resuming(quiet(), cursor, resumed);
        let told = if told.is_empty() { ":\n" } else { told };
        assert_eq!(transmitted(session.poll_output(START)), told, "{id}");
        // By another name, or not at all.
        let resume = |log: &mut EventLog, resync| {
            let (cursor, resumed) = log.subscribe(StartAt::After(&id), START);
            let mut session = Session::resuming(quiet().resync(resync), cursor, resumed);
            transmitted(session.poll_output(START))
        };
        let other = EventType::new("behind").unwrap();
        assert_eq!(resume(&mut log, Some(other)), told.replace("resync", "behind"));
        assert_eq!(resume(&mut log, None), ":\n");
    }
}

#[test]
fn a_client_whose_session_lags_is_told_before_it_goes_on() {
    let told = "event: resync\ndata: {\"reason\":\"lagged\",\"missed\":3}\n\n";
    let other = quiet().resync(EventType::new("behind").unwrap());
    let silent = quiet().resync(None);
    for (config, told) in
        [(quiet(), told.to_owned()), (other, told.replace("resync", "behind")), (silent, String::new())]
    {
        let mut log = small_log(0);
        let mut session = Session::reading(config, log.subscribe(StartAt::Live, START).0);
        drain(&mut session, &mut log, START);
        for number in 1..=5 {
            log.publish(format!("{number}"), START).unwrap();
        }
        let sent = drain(&mut session, &mut log, START);
        assert_eq!(sent, format!("{told}data: 4\nid: a-4\n\ndata: 5\nid: a-5\n\n"));
    }
}

#[test]
fn a_session_that_lags_may_be_ended_instead() {
    let mut log = small_log(0);
    let config = quiet().on_lag(OnLag::Disconnect);
    let mut session = Session::reading(config, log.subscribe(StartAt::Live, START).0);
    drain(&mut session, &mut log, START);
    for number in 1..=5 {
        log.publish(format!("{number}"), START).unwrap();
    }
    let told = "event: resync\ndata: {\"reason\":\"lagged\",\"missed\":3}\n\n";
    assert_eq!(drain(&mut session, &mut log, START), told);
    assert_eq!((session.close_reason(), session.missed()), (Some(CloseReason::Lagged), 3));
}

#[test]
fn finishing_sends_what_the_log_has_and_the_farewell_and_nothing_after() {
    let mut log = small_log(2);
    let mut session = Session::reading(quiet(), log.subscribe(StartAt::Oldest, START).0);
    let bye = Message::new().event(EventType::new("bye").unwrap()).retry(Retry::from_millis(5));
    session.finish(Some(&bye), CloseReason::Drained);
    let sent = drain(&mut session, &mut log, START);
    let events = "data: 1\nid: a-1\n\ndata: 2\nid: a-2\n\n";
    assert_eq!(sent, format!(":\n{events}event: bye\nretry: 5\ndata: \n\n"));
    assert_eq!(session.close_reason(), Some(CloseReason::Drained));
    log.publish("late", START).unwrap();
    assert_eq!(drain(&mut session, &mut log, at(100)), "");
}

#[test]
fn only_the_latest_of_each_key_goes_to_a_reader_that_wants_it_so() {
    let mut log = EventLog::new(LogConfig::new());
    let price = |log: &mut EventLog, key: &'static str, data: u32| {
        log.publish(Publication::new(format!("{key} {data}")).key(key), START).unwrap();
    };
    let interest = sse_proto::server::Interest::all().latest();
    let mut session = Session::reading(quiet(), log.subscribe_to(interest, StartAt::Live, START).0);
    price(&mut log, "tin", 1);
    assert_eq!(drain(&mut session, &mut log, START), ":\ndata: tin 1\nid: 1\n\n");
    price(&mut log, "tin", 2);
    price(&mut log, "zinc", 1);
    price(&mut log, "tin", 3);
    log.publish("news", START).unwrap();
    let sent = drain(&mut session, &mut log, START);
    assert_eq!(sent, "data: zinc 1\nid: 3\n\ndata: tin 3\nid: 4\n\ndata: news\nid: 5\n\n");
    assert_eq!(session.passed_over().superseded, 1);
}

#[test]
fn messages_are_held_back_so_that_several_are_transmitted_together() {
    let config = || quiet().coalesce(SECOND / 50);
    let mut log = EventLog::new(LogConfig::new());
    let mut session = Session::reading(config(), log.subscribe(StartAt::Live, START).0);
    assert_eq!(drain(&mut session, &mut log, START), ":\n");
    log.publish("a", START).unwrap();
    assert_eq!(drain(&mut session, &mut log, START), "");
    assert!(session.holds_back());
    assert_eq!(session.poll_output(START), Output::Wait { until: Some(at(0) + SECOND / 50) });
    let soon = START + SECOND / 100;
    log.publish("b", soon).unwrap();
    assert_eq!(drain(&mut session, &mut log, soon), "");
    let due = START + SECOND / 50;
    session.handle_log(&mut log, due);
    assert_eq!(session.poll_output(due), Output::Transmit("data: a\nid: 1\n\ndata: b\nid: 2\n\n".into()));
    assert!(!session.holds_back());

    // The next one begins a time of its own, and a session that ends waits for nothing.
    log.publish("c", due).unwrap();
    assert_eq!(drain(&mut session, &mut log, due), "");
    session.finish(None, CloseReason::Drained);
    assert!(!session.holds_back());
    assert_eq!(drain(&mut session, &mut log, due), "data: c\nid: 3\n\n");
    assert!(session.has_ended());

    let mut session = Session::new(config().queue(30));
    assert_eq!(transmitted(session.poll_output(START)), ":\n");
    session.send(&Message::from("a")).unwrap();
    assert_eq!(session.poll_output(START), Output::Wait { until: Some(due) });
    session.send(&Message::from("b")).unwrap();
    assert_eq!(transmitted(session.poll_output(due)), "data: a\n\ndata: b\n\n");
    // What fills the queue is not held back.
    session.send(&Message::from("0123456789")).unwrap();
    assert_eq!(session.poll_output(due), Output::Wait { until: Some(due + SECOND / 50) });
    assert!(matches!(session.send(&Message::from("0123456789")), Err(SendError::Full { .. })));
    assert_eq!(transmitted(session.poll_output(due)), "data: 0123456789\n\n");
    // Neither are the last ones.
    session.send(&Message::from("z")).unwrap();
    session.close(None);
    assert_eq!(transmitted(session.poll_output(due)), "data: z\n\n");
}
