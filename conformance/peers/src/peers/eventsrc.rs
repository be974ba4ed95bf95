//! `eventsrc`: a stream of events over a stream of byte slices.

use bytes::Bytes;
use eventsrc::EventStream;

use super::Decode;
use crate::{
    chunks::{Chunking, Ready, drain},
    tally::Visit,
};

pub(crate) struct Eventsrc;

impl Decode for Eventsrc {
    const NAME: &'static str = "eventsrc";

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        drain(EventStream::new(Ready(chunking.slices(bytes))), |event| {
            visit.event(event.event(), event.data(), Some(event.id()));
        })
    }
}
