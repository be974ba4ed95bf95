//! Any stream, cut in any way: the decoder gives what the oracle gives and what its reader `plain` alone gives, keeps no
//! more than its limits allow, and does not panic.
//!
//! The first byte is the seed of the cutting and chooses what is reported, the second one chooses tiny limits; the stream
//! follows.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sse_conformance::{Case, Cutting, Pieces, runner, subjects};
use sse_proto::{Chunk, Decoder, Item, Limit, LimitKind, Limits, Report, Retry};

fuzz_target!(|input: &[u8]| {
    let [seed, size, stream @ ..] = input else { return };
    let cutting = Cutting::new(Pieces::Random(u64::from(*seed)));

    let cuttings = |_: &[u8]| vec![Cutting::new(Pieces::Whole), cutting, cutting.with_empty()];
    runner::run_with(&subjects::proto(), &[Case::by_oracle(stream.to_vec())], cuttings).assert_passed();

    let (limits, sizes) = limits(*size);
    let report = report(*seed);
    // Where the value of a line has just begun, a limit must not be looked at in some cuttings and not in others.
    let begun = stream.iter().rposition(|byte| *byte == b':').map_or(stream, |colon| &stream[..=colon]);
    for stream in [stream, begun] {
        let pieces = cutting.cut(stream);
        let plain = || Decoder::new().with_limits(limits).with_report(report).by_plain_alone();
        let expected = read_items(plain(), sizes, &[stream]);
        let items = |pieces: &[&[u8]]| read_items(Decoder::new().with_limits(limits).with_report(report), sizes, pieces);
        assert_eq!(read_items(plain(), sizes, &pieces), expected, "`plain` alone, {cutting}");
        assert_eq!(items(&[stream]), expected, "in one piece");
        assert_eq!(items(&pieces), expected, "{cutting}");

        let expected = read_owned(Decoder::new().with_limits(limits).by_plain_alone(), &[stream]);
        let owned = |pieces: &[&[u8]]| read_owned(Decoder::new().with_limits(limits), pieces);
        assert_eq!(owned(&[stream]), expected, "owned, in one piece");
        assert_eq!(owned(&pieces), expected, "owned, {cutting}");
    }
});

fn report(choice: u8) -> Report {
    let is_set = |bit| choice & bit != 0;
    Report::new().comments(is_set(1)).findings(is_set(2)).last_event_ids(is_set(4)).retries(is_set(8))
}

/// The sizes of the limits.
#[derive(Clone, Copy)]
struct Sizes {
    line: usize,
    data: usize,
    id: usize,
    event_type: usize,
}

/// Tiny limits, of either policy.
fn limits(choice: u8) -> (Limits, Sizes) {
    let max = usize::from(choice >> 4) * 2;
    let limit = |bit: u8, max| if choice & bit == 0 { Limit::fail(max) } else { Limit::skip(max) };
    let sizes = Sizes { line: max + 6, data: 2 * max, id: max, event_type: max };
    let limits = Limits::new().line(limit(1, sizes.line)).data(limit(2, sizes.data));
    (limits.id(limit(4, sizes.id)).event_type(limit(8, sizes.event_type)), sizes)
}

/// What came before an error, the error, and the state of the decoder then.
type Trace = (Vec<String>, Option<(LimitKind, usize)>, State);

/// The number of events left out, the reconnection time and the last event ID.
type State = (u64, Option<Retry>, String);

fn read_items(mut decoder: Decoder, sizes: Sizes, pieces: &[&[u8]]) -> Trace {
    let mut given = Vec::new();
    for mut chunk in pieces.iter().copied().map(Chunk::new) {
        loop {
            let item = match decoder.decode_item(&mut chunk) {
                Err(error) => return (given, Some((error.limit, error.max)), state(&decoder)),
                Ok(None) => break,
                Ok(Some(item)) => item,
            };
            // U+FFFD is three bytes in the place of one.
            match item {
                Item::Comment(comment) => assert!(comment.len() <= 3 * sizes.line),
                Item::Event(event) => {
                    assert!(event.data().len() <= 3 * sizes.data);
                    assert!(event.event_type().len() <= "message".len().max(3 * sizes.event_type));
                    assert!(event.last_event_id().len() <= 3 * sizes.id);
                }
                Item::LastEventId(id) => assert!(id.len() <= 3 * sizes.id),
                _ => {}
            }
            given.push(match item {
                Item::Skipped(excess) => format!("Skipped({}, {})", excess.limit, excess.max),
                item => format!("{item:?}"),
            });
        }
    }
    given.push(format!("{:?}", decoder.finish()));
    (given, None, state(&decoder))
}

fn read_owned(mut decoder: Decoder, pieces: &[&[u8]]) -> Trace {
    let mut given = Vec::new();
    for piece in pieces {
        let mut chunk = Chunk::new(Bytes::copy_from_slice(piece));
        loop {
            match decoder.decode_owned(&mut chunk) {
                Err(error) => return (given, Some((error.limit, error.max)), state(&decoder)),
                Ok(None) => break,
                Ok(Some(event)) => given.push(format!("{event:?}")),
            }
        }
    }
    (given, None, state(&decoder))
}

fn state(decoder: &Decoder) -> State {
    (decoder.skipped(), decoder.retry(), decoder.last_event_id().into())
}
