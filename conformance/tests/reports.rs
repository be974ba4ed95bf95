//! What a decoder says beside its events.

use sse_proto::{Chunk, Decoder, Item, Report, StreamEnd};

#[test]
fn an_id_is_reported_when_it_changes_and_not_before() {
    let mut decoder = Decoder::new().with_report(Report::new().last_event_ids(true));
    let mut chunk = Chunk::new(&b"id: 1\n\nid: 1\n\nid: \xff\n\nid: \xff\n\nid\n\nid\n\n"[..]);
    for expected in ["1", "\u{fffd}", ""] {
        assert_eq!(decoder.decode_item(&mut chunk), Ok(Some(Item::LastEventId(expected))));
    }
    assert_eq!(decoder.decode_item(&mut chunk), Ok(None));
}

#[test]
fn the_end_tells_whether_something_was_lost() {
    use StreamEnd::{Complete, InMidEvent};
    let cases: [(&[u8], StreamEnd); 16] = [
        (b"", Complete),
        (b"data: x\n\n", Complete),
        (b"data: x\n", InMidEvent),
        (b"data: x", InMidEvent),
        (b"data: x\n\nd", InMidEvent),
        (b"data: x\n\nid: 1\n", InMidEvent),
        (b"data: x\n\nevent", InMidEvent),
        (b"data: x\n\nretry: 5\n", Complete),
        (b"data: x\n\nretry: 5", InMidEvent),
        (b"data: x\n\n: comment", Complete),
        (b"data: x\n\nunknown", Complete),
        (b"data: x\r\r\n", Complete),
        (b"\xef", InMidEvent),
        (b"\xef\xbb\xbf", Complete),
        (b"\xef\xbb\xbfdata", InMidEvent),
        (b"\n", Complete),
    ];
    for (stream, expected) in cases {
        let mut decoder = Decoder::new();
        let mut chunk = Chunk::new(stream);
        while decoder.decode(&mut chunk).expect("no limit is passed").is_some() {}
        assert_eq!(decoder.finish(), expected, "{}", stream.escape_ascii());
    }
}

#[test]
fn an_event_that_was_given_is_not_lost() {
    let mut decoder = Decoder::new();
    let mut chunk = Chunk::new(&b"data: x\n\n"[..]);
    assert!(decoder.decode(&mut chunk).is_ok_and(|event| event.is_some()));
    assert_eq!(decoder.finish(), StreamEnd::Complete);
}

#[test]
fn id_and_reconnection_time_outlive_the_stream() {
    let mut decoder = Decoder::new();
    let mut read = |input: &[u8]| {
        let event = decoder.decode(&mut Chunk::new(input)).expect("no limit is passed").map(|event| event.to_owned());
        decoder.finish();
        (event.map(|event| event.last_event_id().to_string()), decoder.retry().map(sse_proto::Retry::as_millis))
    };
    assert_eq!(read(b"id: 1\nretry: 5\ndata: x\n\nid: 2\ndata: y\n"), (Some("1".into()), Some(5)));
    assert_eq!(read(b"data: x\n\n"), (Some("1".into()), Some(5)), "D-01, R-039");
    assert_eq!(read(b"\xef\xbb\xbfid\ndata: x\n\n"), (Some(String::new()), Some(5)), "each stream may have a BOM");
    assert_eq!(read(b"retry: 7\r"), (None, Some(7)));
    assert_eq!(read(b"\ndata: x\n\n"), (Some(String::new()), Some(7)), "a CR does not reach the next stream");
}
