//! The methods that hand out what a step has announced, called when they should not be: the values are then arbitrary,
//! but nothing panics. Chunks may be left halfway, taken up again, and mixed up.

use proptest::{collection, option, prelude::*};
use sse_proto::{Chunk, Decoder, Limit, Limits, Report, Step, bytes::Bytes};

#[derive(Clone, Debug)]
enum Call {
    Advance,
    Comment,
    Event,
    Finish,
    Take,
}

/// A stream, and where a piece of it begins and ends.
type Piece = (usize, usize, usize);

/// A call, the place of its chunk, and the new chunk that comes there before, if any.
fn calls() -> impl Strategy<Value = Vec<(Call, usize, Option<Piece>)>> {
    let call = prop_oneof![
        8 => Just(Call::Advance),
        1 => Just(Call::Comment),
        2 => Just(Call::Event),
        1 => Just(Call::Finish),
        2 => Just(Call::Take),
    ];
    let piece = (0..STREAMS.len(), 0..200_usize, 0..200_usize);
    collection::vec((call, 0..CHUNKS, option::of(piece)), 1..60)
}

const CHUNKS: usize = 3;

const STREAMS: [&[u8]; 7] = [
    b"data: a\n\ndata: b\n\n",
    b"event: add\nid: 7\ndata: one\ndata: two\n\n: comment\n\nid\n\n",
    b"data: \xe4\xb8\xad\xff\xe4\xb8\ndata: \xad\r\nevent: \xff\r\n\r\n",
    b"\xef\xbb\xbf:x\rdata\r\rretry: 5\rdata: y\r",
    b"",
    b"data: 0123456789012345678901234567890123456789012345678901234567890123456789\nfoo: bar\ndata: z\n\n",
    b"id: \xff\xfe\nevent: e\ndata: 1\n\nid: a\0\ndata: 2\n\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 4096 }))]

    #[test]
    fn no_call_out_of_turn_panics(calls in calls(), all in any::<bool>(), small in any::<bool>()) {
        let limit = if small { Limit::skip(8) } else { Limit::fail(1000) };
        let limits = Limits::new().line(limit).data(limit).id(limit).event_type(limit);
        let report = if all { Report::ALL } else { Report::new() };
        let mut decoder = Decoder::new().with_limits(limits).with_report(report);
        let mut chunks: [Chunk<Bytes>; CHUNKS] = Default::default();
        for (call, at, piece) in calls {
            let chunk = &mut chunks[at];
            if let Some((stream, from, to)) = piece {
                let stream = STREAMS[stream];
                let (from, to) = (from % (stream.len() + 1), to % (stream.len() + 1));
                *chunk = Chunk::new(Bytes::from_static(&stream[from.min(to)..from.max(to)]));
            }
            match call {
                Call::Advance => {
                    let before = chunk.rest().len();
                    let step = decoder.advance(chunk);
                    prop_assert!(chunk.rest().len() <= before);
                    prop_assert!(step != Step::More || chunk.rest().is_empty());
                }
                Call::Comment => drop(decoder.comment().to_owned()),
                Call::Event => drop(decoder.event(chunk).to_owned()),
                Call::Finish => drop(decoder.finish()),
                Call::Take => drop(decoder.take_event(chunk)),
            }
        }
    }
}
