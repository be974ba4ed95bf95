//! What a hostile stream can make a decoder keep, and a client's machine.
//!
//! One test, because the counting allocator counts for the whole process.

mod heap;

use bytes::Bytes;
use sse_proto::{
    Chunk, DecodeError, Decoder, Item, Limit, Limits, Report, Timestamp,
    client::{Change, ClientConfig, EventSource, FailReason, Output, ResponseHead},
};

const MIB: usize = 1024 * 1024;
const LENGTH: usize = 8 * MIB;
const SHORT: usize = MIB / 2;
const CHUNK: usize = 16 * 1024;

#[test]
fn kept_bytes_are_bounded() {
    let limits = Limits::new();
    // The default limits of data and of a line.
    const MOST: usize = 4 * MIB;
    // A buffer doubles when it is full, and while it moves both halves of the bargain are there: three times what is
    // kept. Data and an unfinished value are kept at once.
    let bound = 3 * (MOST + MOST);
    for (name, stream) in hostile_streams(LENGTH) {
        check(name, &stream, limits, bound);
    }

    // U+FFFD has three bytes: text that is ill-formed throughout is kept once more, three times as long, beside a buffer
    // that has doubled.
    let line = [b"data: ", &[0xff; 100_000][..], b"\n"].concat();
    let ill_formed = [&line.repeat(40)[..], b"\n"].concat();
    check("4 MB of ill-formed data, then the event", &ill_formed, limits, (2 + 3) * MOST + MIB);

    let small = Limit::skip(1024);
    let tiny = Limits::new().line(small).data(small).id(small).event_type(small);
    for (name, stream) in hostile_streams(SHORT) {
        check(name, &stream, tiny, 32 * 1024);
    }

    what_was_large_is_let_go();
    a_machine_that_has_ended_keeps_nothing();
}

/// What stays of a decoder's buffers after something large, when what follows is small, or nothing.
fn what_was_large_is_let_go() {
    let x = |count: usize| "x".repeat(count).into_bytes();
    let ill_formed = |count: usize| vec![0xff; count];
    let huge = MIB / 2;
    let large = [
        ("an event", [b"data: ", &x(huge)[..], b"\n\n"].concat()),
        ("an event with CR", [b"data: ", &x(huge)[..], b"\r\r"].concat()),
        ("an event of many lines", ["data: 1234567\n".repeat(huge / 10).into_bytes(), b"\n".to_vec()].concat()),
        ("ill-formed data", [b"data: ", &ill_formed(huge)[..], b"\n\n"].concat()),
        ("an ill-formed comment", [b":", &ill_formed(huge)[..], b"\n\n"].concat()),
    ];
    let small = ["data: y\n\n", ":y\n\n", "data: y\r\n\r\n", ":é\n\nid: 1\ndata: y\ndata: z\n\n"];
    for (name, large) in &large {
        for after in small.iter().map(|text| text.repeat(1000)).chain([String::new()]) {
            let stream = [large, after.as_bytes()].concat();
            let report = Report::new().comments(true).findings(true);
            for report in [Report::default(), report] {
                for owned in [false, true] {
                    let mut decoder = Decoder::new().with_report(report);
                    let ((), used) = heap::measure(|| {
                        for chunk in stream.chunks(CHUNK) {
                            if owned {
                                let mut chunk = Chunk::new(Bytes::copy_from_slice(chunk));
                                while decoder.decode_owned(&mut chunk).expect("no limit").is_some() {}
                            } else {
                                let mut chunk = Chunk::new(chunk);
                                while decoder.decode_item(&mut chunk).expect("no limit").is_some() {}
                            }
                        }
                    });
                    let then = after.get(..12).unwrap_or(&after);
                    assert!(used.kept <= 128 * 1024, "{name}, then {then:?}, {report:?}: {} bytes stay", used.kept);
                }
            }
        }
    }
}

/// A source that has failed or is closed keeps nothing of its stream, and one that is led astray copies little.
fn a_machine_that_has_ended_keeps_nothing() {
    let opened = || {
        let mut source = EventSource::new(ClientConfig::get("http://localhost/").expect("a URL"));
        assert!(matches!(source.poll_output(Timestamp::default()), Output::Connect(_)));
        source
    };
    let head =
        |status, fields: &[(&'static str, Bytes)]| ResponseHead { status, headers: fields.iter().cloned().collect() };
    let stream = head(200, &[("Content-Type", Bytes::from_static(b"text/event-stream"))]);
    let block = Bytes::from([b"data: ", &[b'x'; CHUNK][..]].concat());
    for close in [false, true] {
        let mut source = opened();
        let ((), used) = heap::measure(|| {
            source.handle_response(&stream);
            assert!(matches!(source.poll_output(Timestamp::default()), Output::Change(Change::Open(_))));
            source.handle_data(block.clone());
            for _ in 0..3 * MIB / CHUNK {
                source.handle_data(block.slice(6..));
                assert!(matches!(source.poll_output(Timestamp::default()), Output::Wait { .. }));
            }
            if close {
                return source.close();
            }
            loop {
                source.handle_data(block.slice(6..));
                if let Output::Change(Change::Failed(failure)) = source.poll_output(Timestamp::default()) {
                    return assert!(matches!(failure.reason, FailReason::Decode(_)));
                }
            }
        });
        assert!(used.kept <= 4 * 1024, "closed: {close}, {} bytes stay", used.kept);
    }
    for byte in [b'x', 0xff] {
        let location = head(302, &[("Location", Bytes::from(vec![byte; 390_000]))]);
        let mut source = opened();
        let (output, used) = heap::measure(|| {
            source.handle_response(&location);
            source.handle_end();
            source.poll_output(Timestamp::default())
        });
        let Output::Change(Change::Failed(failure)) = output else { panic!("{output:?}") };
        assert!(matches!(failure.reason, FailReason::Redirect { location } if location.len() <= 1024));
        assert!(used.peak <= 512 * 1024, "a location: {} bytes at once", used.peak);
        assert!(used.kept <= 4 * 1024, "a location: {} bytes stay", used.kept);
    }
}

fn hostile_streams(length: usize) -> Vec<(&'static str, Vec<u8>)> {
    let endless = |start: &str, filler: &str| {
        let stream = start.bytes().chain(filler.bytes().cycle());
        stream.take(length).collect()
    };
    vec![
        ("random bytes", random_bytes(length)),
        ("data lines without end", endless("", "data:\n")),
        ("long data lines without end", endless("", &format!("data: {}\n", "x".repeat(9000)))),
        (
            "a data line, and another without end",
            [&[b"data: ", &vec![b'x'; length / 2 - 10][..], b"\n"].concat()[..], &endless("data: ", "x")].concat(),
        ),
        ("a data line without end", endless("data: ", "x")),
        ("a comment without end", endless(": ", "x")),
        ("an unknown line without end", endless("foo: ", "x")),
        ("a name without end", endless("", "x")),
        ("an ID without end", endless("id: ", "x")),
        ("an event type without end", endless("event: ", "x")),
        ("a retry without end", endless("retry: ", "5")),
        ("NULs", endless("", "\0")),
        ("NULs as data", endless("data:", "\0")),
        ("IDs without end", endless("", "id: 12345678\n")),
        ("blank lines without end", endless("", "\n")),
        ("blocks of an ID without end", endless("", "id: 1\n\nid: 2\n\n")),
    ]
}

fn random_bytes(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()
    };
    core::iter::repeat_with(next).flatten().take(length).collect()
}

fn check(name: &str, stream: &[u8], limits: Limits, bound: usize) {
    // Everything is reported, so that comments are kept as well.
    let report = Report::ALL;
    let (ended, used) = heap::measure(|| read(Decoder::new().with_limits(limits).with_report(report), stream));
    let peak = used.peak;
    println!("{name}: {peak} bytes at most, {ended:?}");
    assert!(peak <= bound, "{name}: {peak} bytes, more than {bound}");
}

fn read(mut decoder: Decoder, stream: &[u8]) -> Result<(), DecodeError> {
    for mut chunk in stream.chunks(CHUNK).map(Chunk::new) {
        while let Some(item) = decoder.decode_item(&mut chunk)? {
            if let Item::Event(event) = item {
                assert!(!event.event_type().is_empty());
            }
        }
    }
    decoder.finish();
    Ok(())
}
