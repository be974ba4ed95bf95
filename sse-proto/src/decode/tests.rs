//! The readers of the grammar are equal: the whole decoder gives what `plain` alone gives, at the same byte of the
//! stream, however the stream is cut and in whatever form its events are received.

use alloc::{format, string::String, vec, vec::Vec};
use core::{fmt::Write, mem};

use bytes::Bytes;
use proptest::{collection, option, prelude::*, sample};

use super::{Chunk, ChunkBytes, Decoder};
use crate::{DecodeError, EventRef, Item, Limit, Limits, Report, Retry};

/// The form in which events are received.
#[derive(Clone, Copy, Debug)]
enum Form {
    Borrowed,
    /// Owned, from a slice.
    Copied,
    Item,
    /// Owned, as slices of the chunk.
    Owned,
}

const FORMS: [Form; 4] = [Form::Borrowed, Form::Copied, Form::Item, Form::Owned];

/// A decoder, and what it has given so far.
struct Reading {
    decoder: Decoder,
    form: Form,
    /// Everything that was received, as text.
    given: String,
    /// What the chunk had left after each of these.
    rests: Vec<usize>,
    /// The numbers that were written into the text last.
    numbers: (Option<Retry>, u64),
    failed: Option<DecodeError>,
}

/// What can be seen of a reading between two chunks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Seen {
    /// The length of the text.
    given: usize,
    retry: Option<Retry>,
    skipped: u64,
    last_event_id: String,
}

/// What `plain` alone gives of a stream in pieces of one byte.
struct Expected {
    given: String,
    /// What was seen from this number of bytes on.
    seen: Vec<(usize, Seen)>,
}

impl Reading {
    fn new(decoder: Decoder, form: Form) -> Self {
        Self { decoder, form, given: String::new(), rests: Vec::new(), numbers: (None, 0), failed: None }
    }

    fn read(&mut self, piece: &[u8]) {
        match self.form {
            Form::Borrowed => {
                let mut chunk = Chunk::new(piece);
                loop {
                    match self.decoder.decode(&mut chunk) {
                        Err(error) => break self.fail(error),
                        Ok(None) => break,
                        Ok(Some(event)) => put_event(&mut self.given, &event),
                    }
                    self.put_state(chunk.rest());
                }
            }
            Form::Item => {
                let mut chunk = Chunk::new(piece);
                loop {
                    match self.decoder.decode_item(&mut chunk) {
                        Err(error) => break self.fail(error),
                        Ok(None) => break,
                        Ok(Some(Item::Event(event))) => put_event(&mut self.given, &event),
                        Ok(Some(Item::Skipped(excess))) => put_error(&mut self.given, "skipped", excess),
                        Ok(Some(item)) => write!(self.given, "{item:?};").unwrap(),
                    }
                    self.put_state(chunk.rest());
                }
            }
            Form::Copied => self.read_owned(Chunk::new(piece)),
            Form::Owned => self.read_owned(Chunk::new(Bytes::copy_from_slice(piece))),
        }
    }

    fn read_owned<B: ChunkBytes>(&mut self, mut chunk: Chunk<B>) {
        loop {
            match self.decoder.decode_owned(&mut chunk) {
                Err(error) => break self.fail(error),
                Ok(None) => break,
                Ok(Some(event)) => put_event(&mut self.given, &event.as_ref()),
            }
            self.put_state(chunk.rest());
        }
    }

    fn fail(&mut self, error: DecodeError) {
        match self.failed {
            None => put_error(&mut self.given, "failed", error),
            Some(first) => assert_eq!(error, first, "a failed decoder keeps its error"),
        }
        self.failed = Some(error);
    }

    /// Adds the numbers of the decoder, if they have changed.
    fn put_state(&mut self, rest: &[u8]) {
        self.rests.push(rest.len());
        let numbers = (self.decoder.retry(), self.decoder.skipped());
        if mem::replace(&mut self.numbers, numbers) != numbers {
            write!(self.given, "{numbers:?};").unwrap();
        }
    }

    fn finish(&mut self) {
        write!(self.given, "{:?};", self.decoder.finish()).unwrap();
        self.failed = None;
    }

    fn seen(&self) -> Seen {
        Seen {
            given: self.given.len(),
            retry: self.decoder.retry(),
            skipped: self.decoder.skipped(),
            last_event_id: self.decoder.last_event_id().into(),
        }
    }

    /// Reads the pieces of a stream, and looks after each one whether it has given what is expected.
    fn check<'a>(&mut self, expected: &Expected, pieces: impl Iterator<Item = &'a [u8]>) -> Result<(), String> {
        let mut at = 0;
        for piece in pieces {
            self.read(piece);
            at += piece.len();
            let (seen, wanted) = (self.seen(), expected.after(at));
            if seen != *wanted {
                return Err(format!("{seen:?} and not {wanted:?} after {at} bytes: {}", self.short(&expected.given)));
            }
        }
        self.finish();
        if self.given == expected.given { Ok(()) } else { Err(self.short(&expected.given)) }
    }

    /// Where the text begins to differ.
    fn short(&self, expected: &str) -> String {
        let same = self.given.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
        let part = |text: &str| {
            let bytes = &text.as_bytes()[same..];
            String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
        };
        format!("{:?} and not {:?} at {same}", part(&self.given), part(expected))
    }
}

impl Expected {
    /// Reads a stream in pieces of one byte.
    fn of(reading: &mut Reading, stream: &[u8]) -> Self {
        let mut seen = vec![(0, reading.seen())];
        for (at, byte) in stream.iter().enumerate() {
            reading.read(&[*byte]);
            let now = reading.seen();
            if seen.last().is_none_or(|(_, last)| *last != now) {
                seen.push((at + 1, now));
            }
        }
        reading.finish();
        Self { given: reading.given.clone(), seen }
    }

    fn after(&self, at: usize) -> &Seen {
        let next = self.seen.partition_point(|(from, _)| *from <= at);
        &self.seen[next - 1].1
    }
}

fn put_event(text: &mut String, event: &EventRef<'_>) {
    for part in ["event", event.event_type(), event.data(), event.last_event_id(), event.id().unwrap_or("none")] {
        text.push_str(part);
        text.push('|');
    }
}

/// The size depends on how the stream was cut.
fn put_error(text: &mut String, what: &str, DecodeError { limit, max, .. }: DecodeError) {
    write!(text, "{what} {limit} {max};").unwrap();
}

/// Blocks and lines with their ends, with `|` between two.
const WHOLE: &[u8] = b"\
    data: x\n\n|data: y\n\n|data:z\r\r|event: t\ndata: x\n\n|id: 3\ndata: x\n\n|id: 4\n\n|:\n\n|\
    data: \xe2\x82\xac\r\n\r\n|data: x\n|data:y\r\n|data\n|data: \n|event: u\n|event:\n|id: 1\n|id: 2\r\n|\
    id\n|id: \xff\n|id: a\0b\n|id:\0\r\n|retry: 5\n|retry: 7\r\n|: c\n|:\n|foo: x\n|\n";

/// Names with and without colon and space, ends of lines, and what is easily taken for something else.
const PARTS: &[u8] = b"\
    data|data:|data: |event|event:|event: |id|id:|id: |retry|retry:|retry: |:|: | |\n|\n|\n\n|\r|\r|\r\r|\r\n|\
    \r\n|\r\n\r\n|\n\r|x|0|5|123|18446744073709551615|18446744073709551616|message|dat|Data:|data |\0|\
    \xef\xbb\xbf|\xef\xbb|\xff|\xe2\x82|\xac|\xe2\x82\xac|\xf0\x9f\x98\x80|\xc3\xa9";

/// A number of bytes at which something changes in the decoder, or one near it.
fn near(sizes: &'static [usize]) -> impl Strategy<Value = usize> {
    (sample::select(sizes), 0..12_usize).prop_map(|(size, less)| size + 4 - less)
}

fn filler(sizes: &'static [usize]) -> impl Strategy<Value = Vec<u8>> {
    let unit: &[&[u8]] = &[b"x", b"x", b"5", b"\xc3\xa9", b"\xff", b"data: x\n"];
    (sample::select(unit), near(sizes)).prop_map(|(unit, len)| unit.iter().copied().cycle().take(len).collect())
}

fn one_of(tokens: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let tokens: Vec<_> = tokens.split(|byte| *byte == b'|').collect();
    sample::select(tokens).prop_map(Vec::from)
}

fn token() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        20 => one_of(WHOLE),
        20 => one_of(PARTS),
        1 => filler(&[64, 64, 128, 256, 512, 1024]),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let large = option::weighted(0.02, (any::<sample::Index>(), filler(&[64 * 1024, 128 * 1024])));
    let most = if cfg!(miri) { 10 } else { 40 };
    let tokens = prop_oneof![collection::vec(one_of(WHOLE), 0..most), collection::vec(token(), 0..most)];
    (tokens, large).prop_map(|(mut tokens, large)| {
        if let Some((at, filler)) = large.filter(|_| !cfg!(miri)) {
            tokens.insert(at.index(tokens.len() + 1), filler);
        }
        tokens.concat()
    })
}

fn limit() -> impl Strategy<Value = Limit> {
    let max = prop_oneof![
        6 => 0..12_usize,
        2 => near(&[64, 256, 1024]),
        1 => near(&[128 * 1024]),
        1 => Just(usize::MAX),
    ];
    (max, any::<bool>()).prop_map(|(max, skips)| if skips { Limit::skip(max) } else { Limit::fail(max) })
}

fn limits() -> impl Strategy<Value = Limits> {
    let mixed = [(); 4].map(|()| option::of(limit())).prop_map(|[line, data, id, event_type]| {
        let default = Limits::new();
        Limits {
            line: line.unwrap_or(default.line),
            data: data.unwrap_or(default.data),
            id: id.unwrap_or(default.id),
            event_type: event_type.unwrap_or(default.event_type),
        }
    });
    prop_oneof![2 => Just(Limits::new()), 3 => mixed]
}

/// Everything but findings, which only `plain` makes.
fn report() -> impl Strategy<Value = Report> {
    any::<[bool; 3]>()
        .prop_map(|[comments, ids, retries]| Report::new().comments(comments).last_event_ids(ids).retries(retries))
}

/// The lengths of pieces, which are repeated to the end of the stream.
fn cutting() -> impl Strategy<Value = Vec<usize>> {
    let len = prop_oneof![
        4 => 0..10_usize,
        2 => near(&[64, 128, 256]),
        1 => near(&[1024, 4096, 64 * 1024, 128 * 1024]),
    ];
    (collection::vec(len, 0..8), 1..200_usize).prop_map(|(mut lens, last)| {
        lens.push(last);
        lens
    })
}

fn cut<'a>(mut stream: &'a [u8], lens: &[usize]) -> impl Iterator<Item = &'a [u8]> {
    lens.iter().copied().cycle().map_while(move |len| {
        let (piece, rest) = stream.split_at_checked(len).unwrap_or((stream, &[]));
        let is_over = stream.is_empty();
        stream = rest;
        (!is_over).then_some(piece)
    })
}

/// Miri is slow, and has no files.
fn config() -> ProptestConfig {
    if cfg!(miri) {
        ProptestConfig { cases: 1, failure_persistence: None, ..ProptestConfig::default() }
    } else {
        ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_stream_is_read_equally(
        streams in [stream(), stream()],
        limits in limits(),
        report in report(),
        lens in cutting(),
    ) {
        let decoder = || Decoder::new().with_limits(limits).with_report(report);
        let mut events = None;
        for form in FORMS {
            let mut plain = Reading::new(decoder().by_plain_alone(), form);
            let expected = streams.each_ref().map(|stream| Expected::of(&mut plain, stream));
            if !matches!(form, Form::Item) {
                let same = events.get_or_insert_with(|| plain.given.clone());
                prop_assert_eq!(same, &plain.given, "{:?}", form);
            }
            for lens in [&[usize::MAX][..], &[1], &lens] {
                let readers = [decoder(), decoder().by_plain_alone()];
                let rests = readers.map(|decoder| {
                    let mut reading = Reading::new(decoder, form);
                    for (stream, expected) in streams.iter().zip(&expected) {
                        // Both streams of one decoder.
                        if let Err(difference) = reading.check(expected, cut(stream, lens)) {
                            panic!("{form:?}, {report:?}, {limits:?}, cut by {lens:?}: {difference}");
                        }
                    }
                    reading.rests
                });
                prop_assert_eq!(&rests[0], &rests[1]);
            }
        }
    }
}

/// The parts of lines; `|` is where a token may be cut.
const IN_LINES: [&str; 8] = ["da|ta", "i|d", ":", " ", "x", "\n", "\r", "\0"];

/// Lines without their ends.
const IN_BLOCKS: [&str; 8] = ["da|ta:x", "data:| yy", "id:|1", "event|:t", ":", "retry:|5", "\n", "\r"];

/// Lines with their ends, and two tokens that end a block.
const IN_STREAMS: [&str; 9] =
    ["data:x|\n", "da|ta\r", "data: z|\n|\n", "id:1|\n", "id:\0|\n", "retry:5\r|\n", "event:t|\n", ":|\n", "\n"];

/// Reads all streams of up to `most` of these tokens, cut at all places between tokens and in them.
fn check_all(alphabet: &[&str], most: usize, decoder: impl Fn() -> Decoder) {
    for len in 1..=most {
        for number in 0..alphabet.len().pow(len as u32) {
            let tokens = (0..len).map(|at| alphabet[number / alphabet.len().pow(at as u32) % alphabet.len()]);
            let (mut stream, mut places) = (Vec::new(), Vec::new());
            for part in tokens.flat_map(|token| token.split('|')) {
                stream.extend_from_slice(part.as_bytes());
                places.push(stream.len());
            }
            for form in FORMS {
                check_cuttings(&stream, &places, form, &decoder);
            }
        }
    }
}

/// Reads a stream cut at each choice of these places.
fn check_cuttings(stream: &[u8], places: &[usize], form: Form, decoder: impl Fn() -> Decoder) {
    let plain = || Reading::new(decoder().by_plain_alone(), form);
    let expected = Expected::of(&mut plain(), stream);
    plain().check(&expected, [stream].into_iter()).expect("`plain` alone is equal to itself");
    let last = places.len() - 1;
    for cuts in 0..1_u32 << last {
        let mut from = 0;
        let is_end = |number: usize| number == last || cuts >> number & 1 == 1;
        let ends = places.iter().enumerate().filter_map(|(number, place)| is_end(number).then_some(*place));
        let pieces = ends.map(|to| &stream[mem::replace(&mut from, to)..to]);
        if let Err(difference) = Reading::new(decoder(), form).check(&expected, pieces) {
            panic!("{form:?}, {:?} cut as {cuts:b}: {difference}", String::from_utf8_lossy(stream));
        }
    }
}

/// The number of tokens for a quick run, and for one with optimisation.
const fn depth(quick: usize, thorough: usize) -> usize {
    if cfg!(miri) {
        1
    } else if cfg!(debug_assertions) {
        quick
    } else {
        thorough
    }
}

fn tiny_limits(limit: fn(usize) -> Limit) -> Limits {
    Limits::new().line(limit(3)).data(limit(2)).id(limit(0)).event_type(limit(0))
}

#[test]
fn all_short_streams_of_parts_are_read_equally() {
    check_all(&IN_LINES, depth(4, 5), Decoder::new);
}

#[test]
fn all_short_streams_of_lines_are_read_equally() {
    check_all(&IN_BLOCKS, depth(3, 5), Decoder::new);
    check_all(&IN_STREAMS, depth(3, 4), Decoder::new);
}

#[test]
fn all_short_streams_are_reported_equally() {
    let report = Report { findings: false, ..Report::ALL };
    check_all(&IN_BLOCKS, depth(3, 5), || Decoder::new().with_report(report));
    check_all(&IN_STREAMS, depth(3, 4), || Decoder::new().with_report(report));
}

#[test]
fn all_short_streams_exceed_limits_equally() {
    for limits in [tiny_limits(Limit::fail), tiny_limits(Limit::skip)] {
        check_all(&IN_LINES, depth(3, 5), || Decoder::new().with_limits(limits));
        check_all(&IN_BLOCKS, depth(3, 5), || Decoder::new().with_limits(limits));
        check_all(&IN_STREAMS, depth(3, 4), || Decoder::new().with_limits(limits));
    }
}
