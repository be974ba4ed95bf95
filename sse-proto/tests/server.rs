//! Sessions and logs, driven by hand under a virtual clock.

use core::time::Duration;

use sse_proto::{
    Chunk, Decoder, EventId, EventType, Message, Retry, Text, Timestamp,
    bytes::Bytes,
    server::{
        CloseReason, Cursor, EventLog, Heartbeat, LogConfig, LogRead, Output, PublishError, Resumed, SendError,
        Session, SessionConfig, StartAt, UnusableId, last_event_id_in_header,
    },
};

const START: Timestamp = Timestamp::from_millis(0);

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Everything that the session transmits now.
fn drain(session: &mut Session, log: Option<&mut EventLog>, now: Timestamp) -> String {
    let mut sent = String::new();
    let mut log = log;
    loop {
        if let Some(log) = &mut log {
            session.handle_log(*log, now);
        }
        match session.poll_output(now) {
            Output::Transmit(bytes) => sent += &text(&bytes),
            Output::Lagged { missed } => sent += &format!("<{missed} missed>"),
            Output::Heartbeat => sent += "<heartbeat>",
            Output::Aborted => return sent + "<aborted>",
            Output::Closed => return sent + "<closed>",
            Output::Wait { .. } => return sent,
        }
    }
}

fn numbered(count: u64, config: LogConfig) -> EventLog {
    let mut log = EventLog::new(config);
    for number in 1..=count {
        log.publish(format!("{number}"), START).unwrap();
    }
    log
}

fn read(log: &mut EventLog, cursor: &mut Cursor) -> LogRead {
    log.read(cursor, usize::MAX)
}

#[test]
fn the_first_byte_goes_out_at_once_with_the_reconnection_time_if_there_is_one() {
    let mut session = Session::new(SessionConfig::new());
    assert_eq!(drain(&mut session, None, START), ":\n");
    let retry = Some(Retry::from_millis(50));
    let mut session = Session::new(SessionConfig::new().retry(retry));
    assert_eq!(drain(&mut session, None, START), "retry: 50\n");
}

/// Some readers heed a reconnection time at a blank line only, and after a farewell there is no other.
#[test]
fn a_farewell_with_a_reconnection_time_ends_with_a_blank_line() {
    let retry = Retry::from_millis(5);
    for (farewell, end) in [
        (Message::new().retry(retry), "retry: 5\n\n"),
        (Message::new().comment("c").retry(retry), ": c\nretry: 5\n\n"),
        (Message::from("bye").retry(retry), "retry: 5\ndata: bye\n\n"),
        (Message::new().comment("c"), ": c\n"),
    ] {
        let mut closed = Session::new(SessionConfig::new());
        closed.close(Some(&farewell));
        assert_eq!(drain(&mut closed, None, START), format!(":\n{end}<closed>"));

        let mut log = EventLog::new(LogConfig::new());
        let (cursor, _) = log.subscribe(StartAt::Live, START);
        let mut drained = Session::reading(SessionConfig::new(), cursor);
        drained.finish(Some(&farewell), CloseReason::Drained);
        assert_eq!(drain(&mut drained, Some(&mut log), START), format!(":\n{end}<closed>"));
    }
}

#[test]
fn a_heartbeat_goes_out_only_after_a_silence() {
    let mut session = Session::new(SessionConfig::new());
    drain(&mut session, None, START);
    let fifteen = Duration::from_secs(15);
    assert_eq!(session.poll_output(START), Output::Wait { until: Some(START + fifteen) });
    let later = START + Duration::from_secs(10);
    session.send(&Message::from("a")).unwrap();
    assert_eq!(drain(&mut session, None, later), "data: a\n\n");
    assert_eq!(drain(&mut session, None, START + fifteen), "");
    assert_eq!(drain(&mut session, None, later + fifteen), ":\n");
    let again = later + fifteen + fifteen;
    assert_eq!(session.poll_output(later + fifteen), Output::Wait { until: Some(again) });

    let mut silent = Session::new(SessionConfig::new().heartbeat(None));
    drain(&mut silent, None, START);
    assert_eq!(silent.poll_output(Timestamp::from_millis(u64::MAX)), Output::Wait { until: None });
}

#[test]
fn a_heartbeat_of_zero_is_none() {
    let config = SessionConfig::new().heartbeat(Heartbeat::quiet(Duration::ZERO));
    let mut session = Session::new(config);
    assert_eq!(drain(&mut session, None, START), ":\n");
    assert_eq!(session.poll_output(START), Output::Wait { until: None });
}

#[test]
fn messages_that_were_sent_together_go_out_together() {
    let mut session = Session::new(SessionConfig::new());
    drain(&mut session, None, START);
    session.send(&Message::from("a")).unwrap();
    session.send(&Message::from("b")).unwrap();
    assert_eq!(session.poll_output(START), Output::Transmit("data: a\n\ndata: b\n\n".into()));
}

#[test]
fn a_session_that_is_closed_sends_what_it_had_and_a_farewell_and_nothing_after() {
    let mut session = Session::new(SessionConfig::new());
    session.send(&Message::from("a")).unwrap();
    let bye = Message::new().event(EventType::new("bye").unwrap());
    session.close(Some(&bye));
    assert_eq!(session.send(&Message::from("b")), Err(SendError::Closed));
    assert_eq!(drain(&mut session, None, START), ":\ndata: a\n\nevent: bye\ndata: \n\n<closed>");
    assert_eq!(session.poll_output(Timestamp::from_millis(u64::MAX)), Output::Closed);
}

#[test]
fn the_queue_is_bounded_and_still_takes_one_large_message() {
    let mut session = Session::new(SessionConfig::new().queue(20));
    session.send(&Message::from("x".repeat(100))).unwrap();
    let full = SendError::Full { needed: 9, waiting: 108, bound: 20 };
    assert_eq!(session.send(&Message::from("a")), Err(full));
    drain(&mut session, None, START);
    session.send(&Message::from("a")).unwrap();
    session.send(&Message::from("b")).unwrap();
    assert_eq!(session.send(&Message::from("c")), Err(SendError::Full { needed: 9, waiting: 18, bound: 20 }));
    assert_eq!(drain(&mut session, None, START), "data: a\n\ndata: b\n\n");
}

#[test]
fn a_peer_that_is_gone_gets_nothing() {
    let mut session = Session::new(SessionConfig::new());
    session.send(&Message::from("a")).unwrap();
    session.handle_disconnect();
    assert_eq!(session.send(&Message::from("b")), Err(SendError::Closed));
    assert_eq!(drain(&mut session, None, START), "<aborted>");
}

#[test]
fn a_log_gives_ids_to_events_and_keeps_those_it_is_given() {
    let mut log = EventLog::new(LogConfig::new());
    assert_eq!(log.publish("a", START).unwrap(), Some(EventId::from(1)));
    let own = EventId::new("own").unwrap();
    assert_eq!(log.publish(Message::new().data("b").id(own.clone()), START).unwrap(), Some(own.clone()));
    assert_eq!(log.publish(Message::new().comment("c"), START).unwrap(), None);
    assert_eq!(log.publish("d", START).unwrap(), Some(EventId::from(4)));
    let mut session = Session::reading(SessionConfig::new(), log.subscribe(StartAt::After(&own), START).0);
    assert_eq!(drain(&mut session, Some(&mut log), START), ":\n: c\ndata: d\nid: 4\n\n");
}

#[test]
fn a_reader_goes_from_replay_to_live_without_a_gap_and_without_a_repetition() {
    let mut log = numbered(3, LogConfig::new());
    let (cursor, resumed) = log.subscribe(StartAt::After(&EventId::from(1)), START);
    assert_eq!(resumed, Resumed::Exact);
    let mut session = Session::reading(SessionConfig::new(), cursor);
    log.publish("4", START).unwrap();
    assert_eq!(drain(&mut session, Some(&mut log), START), ":\ndata: 2\nid: 2\n\ndata: 3\nid: 3\n\ndata: 4\nid: 4\n\n");
    log.publish("5", START).unwrap();
    assert_eq!(drain(&mut session, Some(&mut log), START), "data: 5\nid: 5\n\n");
    assert_eq!(drain(&mut session, Some(&mut log), START), "");
}

/// The number of the first event that a new reader gets, 0 if it has to wait.
fn first(log: &mut EventLog, start: StartAt<'_>) -> (u64, Resumed) {
    let (mut cursor, resumed) = log.subscribe(start, START);
    let first = match log.read(&mut cursor, 0) {
        LogRead::Events(bytes) => text(&bytes).lines().next().unwrap().trim_start_matches("data: ").parse().unwrap(),
        LogRead::UpToDate => 0,
        other => panic!("{other:?}"),
    };
    (first, resumed)
}

#[test]
fn where_a_reader_starts() {
    let mut log = numbered(10, LogConfig::new().events(4));
    assert_eq!(first(&mut log, StartAt::Live), (0, Resumed::Exact));
    assert_eq!(first(&mut log, StartAt::Oldest), (7, Resumed::Exact));
    assert_eq!(first(&mut log, StartAt::After(&EventId::from(8))), (9, Resumed::Exact));
    assert_eq!(first(&mut log, StartAt::After(&EventId::from(10))), (0, Resumed::Exact));
    assert_eq!(first(&mut log, StartAt::After(&EventId::from(6))), (7, Resumed::Exact));
    assert_eq!(first(&mut log, StartAt::After(&EventId::from(5))), (7, Resumed::Gap { missed: 1 }));
    assert_eq!(first(&mut log, StartAt::After(&EventId::from(1))), (7, Resumed::Gap { missed: 5 }));
    for unknown in ["11", "0", "08", "+8", "x", "8-8", "18446744073709551616"] {
        let id = EventId::new(unknown).unwrap();
        assert_eq!(first(&mut log, StartAt::After(&id)), (7, Resumed::Unknown), "{unknown}");
    }
}

#[test]
fn an_epoch_tells_the_ids_of_an_earlier_log() {
    let old = EventId::new("a1-2").unwrap();
    let mut log = numbered(3, LogConfig::new().epoch(0xa1));
    assert_eq!(log.subscribe(StartAt::After(&old), START).1, Resumed::Exact);
    let mut log = numbered(3, LogConfig::new().epoch(0xa2));
    assert_eq!(log.subscribe(StartAt::After(&old), START).1, Resumed::Stale);
    assert_eq!(log.subscribe(StartAt::After(&EventId::from(2)), START).1, Resumed::Unknown);
}

#[test]
fn ids_that_are_given_and_ids_that_are_made_are_never_the_same() {
    let two = || Message::from("a").id(EventId::from(2));
    let mut given = EventLog::new(LogConfig::new());
    given.publish(two(), START).unwrap();
    assert_eq!(given.publish("b", START), Err(PublishError::AmbiguousId));
    given.publish(Message::new().comment("no event, no ID"), START).unwrap();
    let other = EventId::new("x").unwrap();
    given.publish(Message::from("c").id(other), START).unwrap();
    assert_eq!(given.subscribe(StartAt::After(&EventId::from(1)), START).1, Resumed::Unknown);

    let mut made = numbered(1, LogConfig::new());
    assert_eq!(made.publish(two(), START), Err(PublishError::AmbiguousId));
    let mut made = numbered(1, LogConfig::new().epoch(7));
    assert_eq!(made.publish(two(), START), Ok(Some(EventId::from(2))));
    assert_eq!(made.subscribe(StartAt::After(&EventId::from(2)), START).1, Resumed::Exact);
}

/// An ID may be a slice of a large received block, which must not be kept with it.
#[test]
fn ids_that_are_given_are_copied() {
    let block = Bytes::from("7".repeat(100_000));
    let id = EventId::new(Text::try_from(block.slice(..8)).unwrap()).unwrap();
    let mut log = EventLog::new(LogConfig::new());
    log.publish(Message::from("a").id(id.clone()), START).unwrap();
    log.publish(Message::from("b").id(id), START).unwrap();
    assert!(block.is_unique(), "the log keeps a slice of the block");
}

#[test]
fn a_message_with_nothing_in_it_is_not_kept() {
    let mut log = EventLog::new(LogConfig::new());
    assert_eq!(log.publish(Message::new(), START), Ok(None));
    assert!(log.is_empty());
}

#[test]
fn given_numbers_that_were_never_published_are_unknown() {
    let mut log = EventLog::new(LogConfig::new().events(2));
    for number in [10, 11, 12] {
        log.publish(Message::from("x").id(EventId::from(number)), START).unwrap();
    }
    for unknown in [1, 2, 3, 10, 13] {
        assert_eq!(log.subscribe(StartAt::After(&EventId::from(unknown)), START).1, Resumed::Unknown, "{unknown}");
    }
    assert_eq!(log.subscribe(StartAt::After(&EventId::from(11)), START).1, Resumed::Exact);
}

#[test]
fn an_id_that_is_given_again_does_not_say_which_event_a_client_has() {
    let mut log = EventLog::new(LogConfig::new().events(2));
    let mut publish = |data: &'static str, id: &'static str| {
        log.publish(Message::from(data).id(EventId::new(id).unwrap()), START).unwrap();
        let (mut cursor, resumed) = log.subscribe(StartAt::After(&EventId::new("same").unwrap()), START);
        let read = match read(&mut log, &mut cursor) {
            LogRead::Events(bytes) => text(&bytes),
            _ => String::new(),
        };
        (read.lines().filter_map(|line| line.strip_prefix("data: ")).collect::<String>(), resumed)
    };
    assert_eq!(publish("a", "same"), (String::new(), Resumed::Exact));
    assert_eq!(publish("b", "other"), ("b".into(), Resumed::Exact));
    // Who has "a" misses "b", although "same" is the ID of the last event.
    assert_eq!(publish("c", "same"), ("bc".into(), Resumed::Unknown));
    assert_eq!(publish("d", "another"), ("cd".into(), Resumed::Unknown));
    assert_eq!(publish("e", "one more"), ("de".into(), Resumed::Unknown));
    assert_eq!(publish("f", "same"), (String::new(), Resumed::Exact));
}

#[test]
fn an_id_that_would_not_come_back_is_refused() {
    let mut log = EventLog::new(LogConfig::new());
    let mut publish = |id: &str| log.publish(Message::from("a").id(EventId::new(id).unwrap()), START);
    let long = "x".repeat(1025);
    for (id, reason) in [
        (&*long, UnusableId::TooLong { len: 1025, most: 1024 }),
        ("a\u{1b}[0m", UnusableId::ControlCharacter { at: 1 }),
        ("\u{7f}", UnusableId::ControlCharacter { at: 0 }),
        (" a", UnusableId::OuterSpace),
        ("a\t", UnusableId::OuterSpace),
        (" ", UnusableId::OuterSpace),
        ("\u{fffd}", UnusableId::Reserved),
    ] {
        assert_eq!(publish(id), Err(PublishError::UnusableId(reason)), "{id:?}");
    }
    for id in [&long[1..], "a \tb", "\u{4e2d}\u{6587}", "\u{fffd}\u{fffd}", ""] {
        assert_eq!(publish(id).unwrap().unwrap(), *id);
    }
    assert_eq!(log.len(), 5);
    // A comment with an ID is no event, and moves the client's all the same.
    let comment = Message::new().comment("c").id(EventId::new(" ").unwrap());
    assert_eq!(log.publish(comment, START), Err(PublishError::UnusableId(UnusableId::OuterSpace)));
}

#[test]
fn a_client_whose_id_cannot_be_used_learns_that_it_may_miss_something() {
    let mut log = numbered(2, LogConfig::new());
    let long = "x".repeat(1025);
    for header in [&b"\xff"[..], b"a\0", b"a\nb", b"\r", long.as_bytes()] {
        let id = last_event_id_in_header(header);
        assert_eq!(id, Some(EventId::unusable()));
        let (cursor, resumed) = log.subscribe(id.as_ref().map_or(StartAt::Live, StartAt::After), START);
        assert_eq!(resumed, Resumed::Unknown, "{header:?}");
        let mut session = Session::resuming(SessionConfig::new(), cursor, resumed);
        let sent = drain(&mut session, Some(&mut log), START);
        let mut decoder = Decoder::new();
        let mut chunk = Chunk::new(sent.as_bytes());
        let resync = decoder.decode(&mut chunk).unwrap().unwrap();
        assert_eq!((resync.event_type(), resync.data()), ("resync", "{\"reason\":\"unknown\"}"));
        assert_eq!(decoder.decode(&mut chunk).unwrap().unwrap().data(), "1");
    }
    assert_eq!(last_event_id_in_header(b""), None);
}

#[test]
fn a_driver_chooses_an_epoch_where_the_caller_has_not() {
    for (config, id) in [(LogConfig::new(), "a-1"), (LogConfig::new().epoch(0xb), "b-1")] {
        let mut log = EventLog::new(config.or_epoch(0xa));
        assert_eq!(log.publish("event", START).unwrap().as_deref(), Some(id));
    }
}

#[test]
fn the_log_stays_within_its_bounds() {
    let config = LogConfig::new().events(1000).bytes(10_000);
    let mut log = EventLog::new(config);
    for number in 0..1000 {
        log.publish("x".repeat(number % 300), START).unwrap();
        assert!(log.bytes() <= 10_000 && !log.is_empty());
    }
    assert!(matches!(log.publish("x".repeat(10_000), START), Err(PublishError::TooLarge { bound: 10_000, .. })));
    let log = numbered(100, config.events(7));
    assert_eq!(log.len(), 7);
}

#[test]
fn a_session_that_the_log_overtook_is_told_and_goes_on() {
    let config = LogConfig::new().events(3);
    let mut log = numbered(1, config);
    let mut session = Session::reading(SessionConfig::new(), log.subscribe(StartAt::Live, START).0);
    drain(&mut session, Some(&mut log), START);
    for number in 2..=8 {
        log.publish(format!("{number}"), START).unwrap();
    }
    let sent = drain(&mut session, Some(&mut log), START);
    assert_eq!(
        sent,
        "<4 missed>event: resync\ndata: {\"reason\":\"lagged\",\"missed\":4}\n\ndata: 6\nid: 6\n\ndata: 7\nid: 7\n\ndata: 8\nid: 8\n\n"
    );
    assert_eq!(session.missed(), 4);
}

#[test]
fn a_slow_session_takes_no_more_than_a_burst_at_once() {
    let mut log = numbered(4, LogConfig::new());
    let burst = "data: 1\nid: 1\n\n".len() * 2;
    let config = SessionConfig::new().burst(burst);
    let mut session = Session::reading(config, log.subscribe(StartAt::Oldest, START).0);
    session.poll_output(START);
    session.handle_log(&mut log, START);
    session.handle_log(&mut log, START);
    assert_eq!(session.poll_output(START), Output::Transmit("data: 1\nid: 1\n\ndata: 2\nid: 2\n\n".into()));
    assert!(matches!(session.poll_output(START), Output::Wait { .. }));
    log.publish("x".repeat(1000), START).unwrap();
    assert_eq!(drain(&mut session, Some(&mut log), START).len(), 2 * 15 + 1000 + 14);
}

#[test]
fn a_closed_log_ends_its_sessions_once_they_have_everything() {
    let mut log = numbered(2, LogConfig::new());
    let mut session = Session::reading(SessionConfig::new(), log.subscribe(StartAt::Oldest, START).0);
    log.close();
    assert_eq!(log.publish("3", START), Err(PublishError::Closed));
    let sent = drain(&mut session, Some(&mut log), START);
    assert_eq!(sent, ":\ndata: 1\nid: 1\n\ndata: 2\nid: 2\n\n<closed>");
}
