//! What is written, and in which order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::BytesMut;
use sse_proto::{
    Decoder, EventId, EventType, Message, Retry, StreamEnd,
    server::{priming, silent_priming},
};

fn full() -> Message {
    let event_type = EventType::new("id: 1").unwrap();
    let message = Message::new().comment("id: 2\nid").event(event_type).retry(Retry::from_millis(5));
    message.data("id: 3\nid").id(EventId::from(7))
}

#[test]
fn a_cut_before_the_last_line_shows_no_id() {
    let message = full();
    let whole = message.to_bytes();
    let mut written = BytesMut::new();
    message.encode_with(&mut written, |data| core::fmt::Write::write_str(data, "id: 3\nid")).unwrap();
    assert_eq!(written, whole);
    let last = whole.len() - b"id: 7\n\n".len();
    assert_eq!(&whole[last..], b"id: 7\n\n");
    for cut in 0..=last {
        let shown = whole[..cut].split(|byte| *byte == b'\n').any(|line| line.starts_with(b"id"));
        assert!(!shown, "{}", whole[..cut].escape_ascii());
    }
}

#[test]
fn only_what_is_dispatched_ends_with_a_blank_line() {
    let (comment, retry) = (Message::new().comment("a\n\nb"), Message::new().retry(Retry::from_millis(5)));
    for (message, expected) in [
        (comment.clone(), ": a\n: \n: b\n"),
        (retry.clone(), "retry: 5\n"),
        (comment.clone().retry(Retry::from_millis(5)), ": a\n: \n: b\nretry: 5\n"),
        (comment.data(""), ": a\n: \n: b\ndata: \n\n"),
        (retry.id(EventId::from(1)), "retry: 5\nid: 1\n\n"),
        (Message::new().event(EventType::new("e").unwrap()), "event: e\ndata: \n\n"),
    ] {
        assert_eq!(message.to_bytes(), expected);
        let (mut decoder, mut input) = (Decoder::new(), expected.as_bytes());
        while decoder.decode(&mut input).unwrap().is_some() {}
        assert_eq!(decoder.finish(), StreamEnd::Complete, "{expected}");
    }
}

#[test]
fn a_panic_while_data_is_written_leaves_the_buffer_unchanged() {
    let mut buf = BytesMut::from("before");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        full().encode_with::<()>(&mut buf, |data| {
            let _ = core::fmt::Write::write_str(data, "half\n");
            panic!("as a value that is serialized may")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(buf, "before");
}

#[test]
fn priming_is_an_event_without_data_or_none() {
    let (id, retry) = (EventId::from(1), Some(Retry::from_millis(3000)));
    for (message, expected) in [(priming(id.clone(), retry), Some("")), (silent_priming(id, retry), None)] {
        let bytes = message.to_bytes();
        let (mut decoder, mut input) = (Decoder::new(), &bytes[..]);
        assert_eq!(decoder.decode(&mut input).unwrap().map(|event| event.data()), expected);
        assert_eq!(decoder.decode(&mut input), Ok(None));
        assert_eq!((decoder.last_event_id(), decoder.retry()), ("1", retry));
        assert_eq!(decoder.finish(), StreamEnd::Complete);
    }
}
