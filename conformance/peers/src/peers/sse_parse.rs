//! `sse-parse`: a parser without I/O that queues events.

use bytes::Bytes;
use sse_parse::SseParser;

use super::Decode;
use crate::{chunks::Chunking, tally::Visit};

pub(crate) struct SseParse;

impl Decode for SseParse {
    const NAME: &'static str = "sse-parse";

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        let mut parser = SseParser::new();
        let mut give = |parser: &mut SseParser| {
            while let Some(event) = parser.next_event() {
                visit.event(&event.event, &event.data, Some(&event.id));
            }
        };
        for chunk in chunking.slices(bytes) {
            parser.feed(chunk);
            give(&mut parser);
        }
        parser.finish();
        give(&mut parser);
        Ok(())
    }
}
