//! Any stream, cut in any way: the decoder gives what the oracle gives, keeps no more than its limits allow, and does
//! not panic.
//!
//! The first byte is the seed of the cutting and chooses what is reported, the second one chooses tiny limits; the stream
//! follows.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sse_conformance::{Case, Cutting, Pieces, runner, subjects};
use sse_proto::{Decoder, Item, Limit, LimitKind, Limits, Report};

fuzz_target!(|input: &[u8]| {
    let [seed, size, stream @ ..] = input else { return };
    let cutting = Cutting::new(Pieces::Random(u64::from(*seed)));

    let cuttings = |_: &[u8]| vec![Cutting::new(Pieces::Whole), cutting, cutting.with_empty()];
    runner::run_with(&subjects::proto(), &[Case::by_oracle(stream.to_vec())], cuttings).assert_passed();

    let limits = limits(*size);
    let report = report(*seed);
    // Where the value of a line has just begun, a limit must not be looked at in some cuttings and not in others.
    let begun = stream.iter().rposition(|byte| *byte == b':').map_or(stream, |colon| &stream[..=colon]);
    for stream in [stream, begun] {
        let whole = read_items(limits, report, &[stream]);
        assert_eq!(read_items(limits, report, &cutting.cut(stream)), whole, "{cutting}");
        let owned = read_owned(limits, &cutting.cut(stream));
        assert_eq!(owned, read_owned(limits, &[stream]), "{cutting}");
    }
});

fn report(choice: u8) -> Report {
    let is_set = |bit| choice & bit != 0;
    Report { comments: is_set(1), findings: is_set(2), last_event_ids: is_set(4), retries: is_set(8) }
}

/// Tiny limits, of either policy.
fn limits(choice: u8) -> Limits {
    let max = usize::from(choice >> 4) * 2;
    let limit = |bit: u8, max| if choice & bit == 0 { Limit::fail(max) } else { Limit::skip(max) };
    Limits { line: limit(1, max + 6), data: limit(2, 2 * max), id: limit(4, max), event_type: limit(8, max) }
}

/// What came before an error, the error, and the number of events left out.
type Trace = (Vec<String>, Option<(LimitKind, usize)>, u64);

fn read_items(limits: Limits, report: Report, pieces: &[&[u8]]) -> Trace {
    let mut decoder = Decoder::new().with_limits(limits).with_report(report);
    let mut given = Vec::new();
    for mut piece in pieces.iter().copied() {
        loop {
            let item = match decoder.decode_item(&mut piece) {
                Err(error) => return (given, Some((error.limit, error.max)), decoder.skipped()),
                Ok(None) => break,
                Ok(Some(item)) => item,
            };
            // U+FFFD is three bytes in the place of one.
            match item {
                Item::Comment(comment) => assert!(comment.len() <= 3 * limits.line.max),
                Item::Event(event) => {
                    assert!(event.data().len() <= 3 * limits.data.max);
                    assert!(event.event_type().len() <= "message".len().max(3 * limits.event_type.max));
                    assert!(event.last_event_id().len() <= 3 * limits.id.max);
                }
                Item::LastEventId(id) => assert!(id.len() <= 3 * limits.id.max),
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
        let mut piece = Bytes::copy_from_slice(piece);
        loop {
            match decoder.decode_owned(&mut piece) {
                Err(error) => return (given, Some((error.limit, error.max)), decoder.skipped()),
                Ok(None) => break,
                Ok(Some(event)) => given.push(format!("{event:?}")),
            }
        }
    }
    (given, None, decoder.skipped())
}
