//! Any stream, cut in any way: the decoder gives what the oracle gives, keeps no more than its limits allow, and does
//! not panic.
//!
//! The first byte is the seed of the cutting and chooses what is reported, the second one chooses tiny limits; the stream
//! follows.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sse_conformance::{Case, Cutting, Pieces, runner, subjects};
use sse_proto::{Chunk, Decoder, Item, Limit, LimitKind, Limits, Report};

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
        let whole = read_items(limits, sizes, report, &[stream]);
        assert_eq!(read_items(limits, sizes, report, &cutting.cut(stream)), whole, "{cutting}");
        let owned = read_owned(limits, &cutting.cut(stream));
        assert_eq!(owned, read_owned(limits, &[stream]), "{cutting}");
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

/// What came before an error, the error, and the number of events left out.
type Trace = (Vec<String>, Option<(LimitKind, usize)>, u64);

fn read_items(limits: Limits, sizes: Sizes, report: Report, pieces: &[&[u8]]) -> Trace {
    let mut decoder = Decoder::new().with_limits(limits).with_report(report);
    let mut given = Vec::new();
    for mut chunk in pieces.iter().copied().map(Chunk::new) {
        loop {
            let item = match decoder.decode_item(&mut chunk) {
                Err(error) => return (given, Some((error.limit, error.max)), decoder.skipped()),
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
    (given, None, decoder.skipped())
}

fn read_owned(limits: Limits, pieces: &[&[u8]]) -> Trace {
    let mut decoder = Decoder::new().with_limits(limits);
    let mut given = Vec::new();
    for piece in pieces {
        let mut chunk = Chunk::new(Bytes::copy_from_slice(piece));
        loop {
            match decoder.decode_owned(&mut chunk) {
                Err(error) => return (given, Some((error.limit, error.max)), decoder.skipped()),
                Ok(None) => break,
                Ok(Some(event)) => given.push(format!("{event:?}")),
            }
        }
    }
    (given, None, decoder.skipped())
}
