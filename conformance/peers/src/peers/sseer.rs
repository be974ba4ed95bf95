//! `sseer`: a stream of events that share the received blocks.

use bytes::Bytes;
use sseer::EventStream;

use super::Decode;
use crate::{
    chunks::{Chunking, Ready, drain},
    tally::Visit,
};

pub(crate) struct Sseer;

impl Decode for Sseer {
    const NAME: &'static str = "sseer";

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        drain(EventStream::new(Ready(chunking.shared(bytes))), |event| {
            visit.event(&event.event, &event.data, Some(&event.id));
        })
    }
}
