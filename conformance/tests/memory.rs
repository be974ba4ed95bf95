//! What a hostile stream can make a decoder keep.
//!
//! One test, because the counting allocator counts for the whole process.

mod heap;

use sse_proto::{DecodeError, Decoder, Item, Limit, Limits, Report};

const MIB: usize = 1024 * 1024;
const LENGTH: usize = 8 * MIB;
const SHORT: usize = MIB / 2;
const CHUNK: usize = 16 * 1024;

#[test]
fn kept_bytes_are_bounded() {
    let limits = Limits::default();
    // A buffer doubles when it is full, and while it moves both halves of the bargain are there: three times what is
    // kept. Data and an unfinished value are kept at once.
    let bound = 3 * (limits.data.max + limits.line.max);
    for (name, stream) in hostile_streams(LENGTH) {
        check(name, &stream, limits, bound);
    }

    // U+FFFD has three bytes, so text that is ill-formed throughout grows by that factor when it is lent as text.
    let line = [b"data: ", &[0xff; 100_000][..], b"\n"].concat();
    let ill_formed = [&line.repeat(40)[..], b"\n"].concat();
    check("4 MB of ill-formed data, then the event", &ill_formed, limits, bound + 3 * 3 * limits.data.max);

    let small = Limit::skip(1024);
    let tiny = Limits { line: small, data: small, id: small, event_type: small };
    for (name, stream) in hostile_streams(SHORT) {
        check(name, &stream, tiny, 32 * 1024);
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
    let report = Report { comments: true, findings: true, last_event_ids: true, retries: true };
    let (ended, used) = heap::measure(|| read(Decoder::new().with_limits(limits).with_report(report), stream));
    let peak = used.peak;
    println!("{name}: {peak} bytes at most, {ended:?}");
    assert!(peak <= bound, "{name}: {peak} bytes, more than {bound}");
}

fn read(mut decoder: Decoder, stream: &[u8]) -> Result<(), DecodeError> {
    for mut chunk in stream.chunks(CHUNK) {
        while let Some(item) = decoder.decode_item(&mut chunk)? {
            if let Item::Event(event) = item {
                assert!(!event.event_type().is_empty());
            }
        }
    }
    decoder.finish();
    Ok(())
}
