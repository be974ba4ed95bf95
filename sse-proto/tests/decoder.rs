//! The decoder by itself: every way to cut a stream in two or three, and every way to receive. Small enough for Miri.

use sse_proto::{
    Chunk, DecodeError, Decoder, Event, EventId, Finding, Item, Limit, LimitKind, Limits, Malformation, Report, Retry,
    StreamEnd, bytes::Bytes,
};

/// Type, data and last event ID.
type Expected = (&'static str, &'static str, &'static str);

const STREAMS: [(&[u8], &[Expected]); 9] = [
    (b"data: a\n\ndata: b\r\n\r\ndata: c\r\r", &[("message", "a", ""), ("message", "b", ""), ("message", "c", "")]),
    (
        b"\xef\xbb\xbfid: 1\nevent: t\ndata: a\ndata:b\ndata\n\ndata: c\n\n",
        &[("t", "a\nb\n", "1"), ("message", "c", "1")],
    ),
    (b": c\n:\n\nfoo: x\ndata: a\n\n:\n\n:\n\nretry: 5\n\ndata: b\n\n", &[("message", "a", ""), ("message", "b", "")]),
    (
        b":\n: c\r\n:\rretry: 5\ndata: a\nid: 1\n\n:\n:\n\n:\ndata: b\n\n:\n",
        &[("message", "a", "1"), ("message", "b", "1")],
    ),
    (b"id: 1\n\nid: a\0b\ndata: a\n\nid\ndata: b\n\n", &[("message", "a", "1"), ("message", "b", "")]),
    (b"data: \xff\xe2\x82\nevent: \xf0\x9f\ndata: \xe2\x82\xac\n\n", &[("\u{fffd}", "\u{fffd}\u{fffd}\n\u{20ac}", "")]),
    (b"id: \xff\ndata: a\n\nid: \xff\ndata: b\n\n", &[("message", "a", "\u{fffd}"), ("message", "b", "\u{fffd}")]),
    (b"event: a\nevent:\ndata: x\n\nevent: lost\n\ndata: y\n\n", &[("message", "x", ""), ("message", "y", "")]),
    (
        b"data:  two\nretry: 5x\n\n\xef\xbbdata: no\n\ndata: yes\n\ndata: cut",
        &[("message", " two", ""), ("message", "yes", "")],
    ),
];

type Read = fn(&mut Decoder, &[u8]) -> Vec<Event>;

const WAYS: [Read; 3] = [lent, owned, items];

fn lent(decoder: &mut Decoder, input: &[u8]) -> Vec<Event> {
    let mut chunk = Chunk::new(input);
    let mut events = Vec::new();
    while let Some(event) = decoder.decode(&mut chunk).unwrap() {
        events.push(event.to_owned());
    }
    events
}

fn owned(decoder: &mut Decoder, input: &[u8]) -> Vec<Event> {
    let mut chunk = Chunk::new(Bytes::copy_from_slice(input));
    core::iter::from_fn(|| decoder.decode_owned(&mut chunk).unwrap()).collect()
}

fn items(decoder: &mut Decoder, input: &[u8]) -> Vec<Event> {
    let mut chunk = Chunk::new(input);
    let mut events = Vec::new();
    while let Some(item) = decoder.decode_item(&mut chunk).unwrap() {
        if let Item::Event(event) = item {
            events.push(event.to_owned());
        }
    }
    events
}

#[test]
fn every_cut_and_every_way_to_receive_gives_the_same_events() {
    let all = Report::ALL;
    for (stream, expected) in STREAMS {
        // Miri is slow.
        for at in (0..=stream.len()).step_by(if cfg!(miri) { 7 } else { 1 }) {
            let (front, back) = stream.split_at(at);
            for read in WAYS {
                for report in [Report::default(), all] {
                    let mut decoder = Decoder::new().with_report(report);
                    let middle = back.len().min(1);
                    let mut events = read(&mut decoder, front);
                    events.append(&mut read(&mut decoder, &back[..middle]));
                    events.append(&mut read(&mut decoder, &[]));
                    events.append(&mut read(&mut decoder, &back[middle..]));
                    let found: Vec<_> =
                        events.iter().map(|event| (event.event_type(), event.data(), event.last_event_id())).collect();
                    assert_eq!(found, expected, "{:?} cut at {at}", String::from_utf8_lossy(stream));
                }
            }
        }
    }
}

#[test]
fn what_is_asked_for_is_given_in_order() {
    let report = Report::ALL;
    let stream = b": a\nretry: 7\nretry: x\nid: 1\ndata: \xff\n\nid: \0\n\nno: b\n\n";
    let finding = |offset, malformation| Item::Finding(Finding { offset, malformation });
    for size in 1..=stream.len() {
        let mut decoder = Decoder::new().with_report(report);
        let mut found = Vec::new();
        for mut chunk in stream.chunks(size).map(Chunk::new) {
            while let Some(item) = decoder.decode_item(&mut chunk).unwrap() {
                found.push(format!("{item:?}"));
            }
        }
        let event = Event::new(Default::default(), "\u{fffd}", EventId::from(1));
        let expected = [
            Item::Comment("a"),
            Item::Retry(Retry::from_millis(7)),
            finding(13, Malformation::InvalidRetry),
            finding(28, Malformation::IllFormedUtf8),
            Item::Event(event.as_ref()),
            Item::LastEventId("1"),
            finding(37, Malformation::NulInId),
            finding(44, Malformation::UnknownField),
        ];
        assert_eq!(found, expected.map(|item| format!("{item:?}")), "{size} bytes a chunk");
    }
}

#[test]
fn an_id_is_reported_after_the_event_that_it_came_with() {
    let limits = Limits::new().data(Limit::skip(2));
    let stream = b"id: 1\ndata: a\n\nid: 1\ndata: b\n\nid: 2\n\ndata: c\n\nid: 3\ndata: long\n\nid: 4\ndata: d\n\ndata: d\n\nid\ndata: e\n\n";
    for findings in [false, true] {
        // Miri is slow.
        for size in (1..=stream.len()).step_by(if cfg!(miri) { 20 } else { 1 }) {
            let report = Report::new().last_event_ids(true).findings(findings);
            let mut decoder = Decoder::new().with_limits(limits).with_report(report);
            let mut found = Vec::new();
            for mut chunk in stream.chunks(size).map(Chunk::new) {
                while let Some(item) = decoder.decode_item(&mut chunk).unwrap() {
                    found.push(match item {
                        Item::Event(event) => event.data().to_owned(),
                        Item::LastEventId(id) => format!("id {id}"),
                        Item::Skipped(_) => String::from("skipped"),
                        item => panic!("{item:?}"),
                    });
                }
            }
            let expected = ["a", "id 1", "b", "id 2", "c", "skipped", "id 3", "d", "id 4", "d", "e", "id "];
            assert_eq!(found, expected, "{size} bytes a chunk");
        }
    }
}

#[test]
fn an_event_says_whether_its_id_came_with_it() {
    let stream = b"data: a\n\nid: 1\ndata: b\n\ndata: c\n\nid: 1\nevent: t\ndata: \xff\ndata: d\n\nid: 2\n\nevent: t\ndata: e\n\n\
        id\ndata: f\n\ndata: g\n\nid: 3\ndata: h\nid:\n\nid: a\0b\ndata: i\n\nid: 4\nid: a\0b\r\ndata: \xfe\r\n\r\n";
    let expected = [None, Some("1"), None, Some("1"), None, Some(""), None, Some(""), None, Some("4")]
        .map(|id| id.map(String::from));
    let all = Report::ALL;
    // Miri is slow.
    for size in (1..=stream.len()).step_by(if cfg!(miri) { 60 } else { 1 }) {
        for read in WAYS {
            for report in [Report::default(), all] {
                let mut decoder = Decoder::new().with_report(report);
                let events: Vec<_> = stream.chunks(size).flat_map(|chunk| read(&mut decoder, chunk)).collect();
                let ids: Vec<_> = events.iter().map(|event| event.id().map(String::from)).collect();
                assert_eq!(ids, expected, "{size} bytes a chunk");
                let lent: Vec<_> = events.iter().map(|event| event.as_ref().id().map(String::from)).collect();
                assert_eq!(lent, ids);
            }
        }
    }
}

#[test]
fn a_heartbeat_is_given_however_it_is_cut() {
    let report = Report::new().comments(true);
    let stream = b"data: a\n\n:\n\n:\n\ndata: b\n\n";
    for size in 1..=stream.len() {
        let mut decoder = Decoder::new().with_report(report);
        let mut found = Vec::new();
        for mut chunk in stream.chunks(size).map(Chunk::new) {
            while let Some(item) = decoder.decode_item(&mut chunk).unwrap() {
                found.push(match item {
                    Item::Comment(comment) => format!(":{comment}"),
                    Item::Event(event) => event.data().to_owned(),
                    item => panic!("{item:?}"),
                });
            }
        }
        assert_eq!(found, ["a", ":", ":", "b"], "{size} bytes a chunk");
    }
}

#[test]
fn a_limit_fails_or_skips_and_the_next_event_is_read_as_if_nothing_had_happened() {
    let stream = b"data: 12\n\nid: 5\ndata: 123\ndata: 4\n\ndata: ok\n\n";
    for size in 1..=stream.len() {
        let limits = Limits::new().data(Limit::skip(2));
        let mut decoder = Decoder::new().with_limits(limits);
        let events: Vec<_> = stream.chunks(size).flat_map(|chunk| lent(&mut decoder, chunk)).collect();
        let data: Vec<_> = events.iter().map(|event| (event.data(), event.last_event_id())).collect();
        assert_eq!(data, [("12", ""), ("ok", "5")]);
        assert_eq!(decoder.skipped(), 1);

        let mut decoder = Decoder::new().with_limits(Limits::new().data(Limit::fail(2)));
        let mut events = 0;
        let error = stream.chunks(size).map(Chunk::new).find_map(|mut chunk| {
            loop {
                match decoder.decode(&mut chunk) {
                    Ok(Some(_)) => events += 1,
                    Ok(None) => return None,
                    Err(error) => return Some(error),
                }
            }
        });
        assert_eq!(events, 1);
        assert!(matches!(error, Some(DecodeError { limit: LimitKind::Data, max: 2, size: 3.. })), "{error:?}");
        assert_eq!(decoder.decode(&mut Chunk::new(b"data: x\n\n")).err(), error, "it stays failed");
        decoder.reset();
        assert_eq!(lent(&mut decoder, b"data: x\n\n").len(), 1);
    }
}

#[test]
fn the_end_tells_whether_something_was_lost() {
    for (stream, end) in [
        ("", StreamEnd::Complete),
        ("data: a\n\n", StreamEnd::Complete),
        ("data: a\r\r", StreamEnd::Complete),
        (": comment", StreamEnd::Complete),
        ("retry: 5\n", StreamEnd::Complete),
        ("foo: bar", StreamEnd::Complete),
        ("data: a\n", StreamEnd::InMidEvent),
        ("data: a\n\nid: 1\n", StreamEnd::InMidEvent),
        ("dat", StreamEnd::InMidEvent),
        ("\u{feff}", StreamEnd::Complete),
    ] {
        let mut decoder = Decoder::new();
        lent(&mut decoder, stream.as_bytes());
        assert_eq!(decoder.finish(), end, "{stream:?}");
        assert_eq!(lent(&mut decoder, "\u{feff}data: next\n\n".as_bytes()).len(), 1, "after {stream:?}");
    }
}

#[test]
fn an_event_after_heartbeats_is_a_slice_of_its_chunk() {
    let mut decoder = Decoder::new();
    for before in [":\n", "retry: 5\n", ": c\n:\r\nretry: 5\n"] {
        assert_eq!(decoder.decode_owned(&mut Chunk::new(Bytes::from(before))), Ok(None));
        let mut chunk = Chunk::new(Bytes::from("data: a\nid: 1\n\n"));
        let event = decoder.decode_owned(&mut chunk).unwrap().unwrap();
        assert!(chunk.get_ref().as_ptr_range().contains(&event.data().as_ptr()), "{before:?}");
    }
}
