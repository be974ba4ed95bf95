//! `sse-proto`, lent and owned.

use bytes::Bytes;
use sse_proto::{Chunk, ChunkBytes, Decoder};

use super::Decode;
use crate::{chunks::Chunking, tally::Visit};

pub(crate) struct Lent;

impl Decode for Lent {
    const NAME: &'static str = "ours-lent";

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        let mut decoder = Decoder::new();
        for mut chunk in chunking.slices(bytes).map(Chunk::new) {
            while let Some(event) = decoder.decode(&mut chunk).map_err(|error| error.to_string())? {
                visit.event(event.event_type(), event.data(), Some(event.last_event_id()));
            }
        }
        Ok(())
    }
}

pub(crate) struct Owned;

impl Decode for Owned {
    const NAME: &'static str = "ours-owned";

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        if chunking.is_small() {
            decode_owned(chunking.slices(bytes), visit)
        } else {
            decode_owned(chunking.shared(bytes), visit)
        }
    }
}

fn decode_owned<B: ChunkBytes>(chunks: impl Iterator<Item = B>, visit: &mut impl Visit) -> Result<(), String> {
    let mut decoder = Decoder::new();
    for mut chunk in chunks.map(Chunk::new) {
        while let Some(event) = decoder.decode_owned(&mut chunk).map_err(|error| error.to_string())? {
            visit.event(event.event_type(), event.data(), Some(event.last_event_id()));
        }
    }
    Ok(())
}
