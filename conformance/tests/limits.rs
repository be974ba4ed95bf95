//! What a decoder with limits says must not depend on how the stream was cut.

use bytes::Bytes;
use proptest::prelude::*;
use sse_conformance::{Cutting, Pieces, generate};
use sse_proto::{Chunk, DecodeError, Decoder, Item, Limit, LimitKind, Limits, Report, StreamEnd};

/// All that can be seen of a decoder from outside.
#[derive(Debug, PartialEq)]
struct Trace {
    given: Vec<String>,
    /// Without the size, which says how much was there when the excess was noticed.
    error: Option<(LimitKind, usize)>,
    /// `None` after an error.
    end: Option<StreamEnd>,
    skipped: u64,
    last_event_id: String,
    retry: Option<u64>,
}

type Read = fn(&mut Decoder, &[u8], &mut Vec<String>) -> Result<(), DecodeError>;

fn trace(mut decoder: Decoder, pieces: &[&[u8]], read: Read) -> Trace {
    let mut given = Vec::new();
    let failed = pieces.iter().find_map(|piece| read(&mut decoder, piece, &mut given).err());
    if let Some(error) = failed {
        assert!(error.size > error.max, "{error}");
        let before = given.len();
        assert_eq!(read(&mut decoder, b"data: x\n\n", &mut given), Err(error), "the error stays");
        assert_eq!(given.len(), before, "nothing is given after an error");
    }
    Trace {
        skipped: decoder.skipped(),
        last_event_id: decoder.last_event_id().into(),
        retry: decoder.retry().map(sse_proto::Retry::as_millis),
        error: failed.map(|error| (error.limit, error.max)),
        end: failed.is_none().then(|| decoder.finish()),
        given,
    }
}

fn lent(decoder: &mut Decoder, piece: &[u8], given: &mut Vec<String>) -> Result<(), DecodeError> {
    let mut chunk = Chunk::new(piece);
    while let Some(event) = decoder.decode(&mut chunk)? {
        given.push(format!("{event:?}"));
    }
    Ok(())
}

fn owned(decoder: &mut Decoder, piece: &[u8], given: &mut Vec<String>) -> Result<(), DecodeError> {
    let mut chunk = Chunk::new(Bytes::copy_from_slice(piece));
    while let Some(event) = decoder.decode_owned(&mut chunk)? {
        given.push(format!("{:?}", event.as_ref()));
    }
    Ok(())
}

fn items(decoder: &mut Decoder, piece: &[u8], given: &mut Vec<String>) -> Result<(), DecodeError> {
    let mut chunk = Chunk::new(piece);
    while let Some(item) = decoder.decode_item(&mut chunk)? {
        given.push(match item {
            Item::Skipped(excess) => format!("Skipped({}, {})", excess.limit, excess.max),
            item => format!("{item:?}"),
        });
    }
    Ok(())
}

fn limits() -> impl Strategy<Value = Limits> {
    let limit = || {
        let max = prop_oneof![0..12_usize, 8..60_usize, Just(usize::MAX)];
        (max, any::<bool>()).prop_map(|(max, fail)| if fail { Limit::fail(max) } else { Limit::skip(max) })
    };
    (limit(), limit(), limit(), limit())
        .prop_map(|(line, data, id, event_type)| Limits::new().line(line).data(data).id(id).event_type(event_type))
}

fn check(input: &[u8], limits: Limits, report: Report, seed: u64) -> Result<(), TestCaseError> {
    let pieces = [Pieces::Whole, Pieces::Every(1), Pieces::AfterCr, Pieces::Random(seed), Pieces::Random(!seed)];
    check_cut(input, limits, report, pieces)
}

fn check_cut(
    input: &[u8],
    limits: Limits,
    report: Report,
    pieces: impl IntoIterator<Item = Pieces>,
) -> Result<(), TestCaseError> {
    let decoder = || Decoder::new().with_limits(limits).with_report(report);
    let whole_items = trace(decoder(), &[input], items);
    let whole_events = trace(decoder(), &[input], lent);
    for pieces in pieces {
        let cutting = Cutting::new(pieces);
        for cutting in [cutting, cutting.with_empty()] {
            let pieces = cutting.cut(input);
            prop_assert_eq!(&trace(decoder(), &pieces, items), &whole_items, "items, {}", cutting);
            prop_assert_eq!(&trace(decoder(), &pieces, lent), &whole_events, "lent, {}", cutting);
            prop_assert_eq!(&trace(decoder(), &pieces, owned), &whole_events, "owned, {}", cutting);
        }
    }
    let events: Vec<_> = whole_items.given.iter().filter_map(|item| item.strip_prefix("Event(")).collect();
    let lent: Vec<_> = whole_events.given.iter().map(|event| format!("{event})")).collect();
    prop_assert_eq!(events, lent, "the events among the items are the events");
    Ok(())
}

#[test]
fn a_data_line_that_has_just_begun_passes_no_limit() {
    let input = b"data: \xff12\ndata: \xff12\ndata:";
    for limit in [Limit::fail(7), Limit::skip(7)] {
        let limits = Limits::new().data(limit);
        for pieces in (1..=input.len()).map(Pieces::Every) {
            let cutting = Cutting::new(pieces);
            for read in [lent, owned, items] {
                let trace = trace(Decoder::new().with_limits(limits), &cutting.cut(input), read);
                let seen = (trace.error, trace.end, trace.skipped);
                assert_eq!(seen, (None, Some(StreamEnd::InMidEvent), 0), "{limit:?}, {cutting}");
            }
        }
    }
}

#[test]
fn a_comment_that_is_too_long_takes_no_other_line_with_it() {
    let limits = Limits::new().line(Limit::skip(12));
    for pieces in [&[&b": a comment too long\ndata: x\n\n"[..]][..], &[b": a", b" comment too long\ndata: x\n\n"]] {
        let trace = trace(Decoder::new().with_limits(limits).with_report(Report::ALL), pieces, items);
        assert_eq!(trace.given.len(), 2, "{trace:?}");
        assert_eq!(trace.given[0], "Skipped(a line, 12)");
    }
}

proptest! {
    // `PROPTEST_CASES` may ask for more.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(512)))]

    #[test]
    fn limits_do_not_depend_on_the_cutting(input in generate::stream(40), limits in limits(), seed: u64) {
        check(&input, limits, Report::ALL, seed)?;
        check(&input, limits, Report::default(), seed)?;
    }

    #[test]
    fn limits_do_not_depend_on_the_cutting_where_a_data_line_begins(
        (input, len) in generate::begun_data(),
        more in 0..2_usize,
        fail: bool,
        next in proptest::sample::select(vec!["", "\n", "x", "\n\ndata: y\n\n"]),
    ) {
        let input = [&*input, next.as_bytes()].concat();
        let max = len + more;
        let limits = Limits::new().data(if fail { Limit::fail(max) } else { Limit::skip(max) });
        let pieces = || (1..=input.len()).map(Pieces::Every).chain((1..input.len()).map(Pieces::At));
        check_cut(&input, limits, Report::ALL, pieces())?;
        check_cut(&input, limits, Report::default(), pieces())?;
    }

    #[test]
    fn reports_do_not_depend_on_the_cutting(input in generate::stream(40), seed: u64) {
        check(&input, Limits::UNLIMITED, Report::ALL, seed)?;
    }

    /// A report on retries must not change what is read of comments, and so on.
    #[test]
    fn reports_do_not_change_the_events(input in generate::stream(40), parts: [bool; 4]) {
        let [comments, findings, last_event_ids, retries] = parts;
        let report = Report::new().comments(comments).findings(findings).last_event_ids(last_event_ids).retries(retries);
        let plain = trace(Decoder::new(), &[&input], lent);
        prop_assert_eq!(trace(Decoder::new().with_report(report), &[&input], lent), plain);
    }
}
