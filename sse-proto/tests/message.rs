//! What is written, and in which order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::{Bytes, BytesMut};
use sse_proto::{
    Chunk, Decoder, EventId, EventType, Message, Retry, StreamEnd, Text,
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
        let (mut decoder, mut chunk) = (Decoder::new(), Chunk::new(expected.as_bytes()));
        while decoder.decode(&mut chunk).unwrap().is_some() {}
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
        let (mut decoder, mut chunk) = (Decoder::new(), Chunk::new(&bytes[..]));
        assert_eq!(decoder.decode(&mut chunk).unwrap().map(|event| event.data()), expected);
        assert_eq!(decoder.decode(&mut chunk), Ok(None));
        assert_eq!((decoder.last_event_id(), decoder.retry()), ("1", retry));
        assert_eq!(decoder.finish(), StreamEnd::Complete);
    }
}

#[test]
fn the_fields_of_a_message_can_be_read_back() {
    let message = Message::new();
    assert_eq!((message.event_data(), message.event_type(), message.event_id()), (None, None, None));
    assert_eq!((message.reconnection_time(), message.comment_text()), (None, None));
    let message = Message::new()
        .data("a")
        .event(EventType::from_static("add"))
        .id(EventId::from(7))
        .retry(Retry::from_millis(5))
        .comment("c");
    assert_eq!(message.event_data().map(Text::as_str), Some("a"));
    assert_eq!(message.event_type(), Some(&EventType::from_static("add")));
    assert_eq!(message.event_id(), Some(&EventId::from(7)));
    assert_eq!(message.reconnection_time(), Some(Retry::from_millis(5)));
    assert_eq!(message.comment_text().map(Text::as_str), Some("c"));
}

/// R-090 holds for a relay's reader as well: an inherited ID is not repeated, and one that resets is kept.
#[test]
fn a_relayed_event_is_received_as_it_was() {
    let input = "id: 7\ndata: a\n\nevent: add\ndata: b\ndata: c\n\nid\ndata:\n\nevent: message\ndata: d\n\n";
    let relayed = "data: a\nid: 7\n\nevent: add\ndata: b\ndata: c\n\ndata: \nid: \n\ndata: d\n\n";
    let (mut decoder, mut again) = (Decoder::new(), Decoder::new());
    let mut chunk = Chunk::new(Bytes::from(input));
    let mut output = String::new();
    while let Some(event) = decoder.decode_owned(&mut chunk).unwrap() {
        let message = Message::from(&event);
        assert_eq!(message, Message::from(event.as_ref()));
        let encoded = message.to_bytes();
        output += core::str::from_utf8(&encoded).unwrap();
        assert_eq!(again.decode_owned(&mut Chunk::new(encoded)).unwrap().as_ref(), Some(&event));
        assert_eq!(message, Message::from(event));
    }
    assert_eq!(output, relayed);
}
