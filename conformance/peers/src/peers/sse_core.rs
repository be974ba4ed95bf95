//! `sse-core`: a decoder without I/O over any `Buf`, events that own their parts.

use bytes::Bytes;
use sse_core::{SseDecoder, SseEvent};

use super::Decode;
use crate::{chunks::Chunking, tally::Visit};

pub(crate) struct SseCore;

impl Decode for SseCore {
    const NAME: &'static str = "sse-core";

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        let mut decoder = SseDecoder::new();
        for mut chunk in chunking.slices(bytes) {
            while let Some(event) = decoder.next(&mut chunk) {
                if let SseEvent::Message(event) = event.map_err(|error| error.to_string())? {
                    visit.event(&event.event, &event.data, Some(event.last_event_id.as_deref().unwrap_or_default()));
                }
            }
        }
        Ok(())
    }
}
