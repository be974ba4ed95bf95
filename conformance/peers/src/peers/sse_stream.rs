//! `sse-stream`: a stream of blocks over a stream of `Buf`.

use bytes::Bytes;
use sse_stream::SseByteStream;

use super::Decode;
use crate::{
    chunks::{Chunking, Ready, drain},
    tally::Visit,
};

pub(crate) struct SseStream;

impl Decode for SseStream {
    const NAME: &'static str = "sse-stream";
    const LAST_EVENT_ID: bool = false;

    /// It gives blocks, as it says itself; those without data are no events, and an empty type is none.
    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        drain(SseByteStream::new(Ready(chunking.slices(bytes))), |event| {
            if let Some(data) = &event.data {
                let event_type = event.event.as_deref().filter(|event_type| !event_type.is_empty());
                visit.event(event_type.unwrap_or("message"), data, None);
            }
        })
    }
}
