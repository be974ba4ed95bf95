//! `eventsource-stream`: a stream of events over a stream of byte slices.

use bytes::Bytes;
use eventsource_stream::EventStream;

use super::Decode;
use crate::{
    chunks::{Chunking, Ready, drain},
    tally::Visit,
};

pub(crate) struct EventsourceStream;

impl Decode for EventsourceStream {
    const NAME: &'static str = "eventsource-stream";

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        drain(EventStream::new(Ready(chunking.slices(bytes))), |event| {
            visit.event(&event.event, &event.data, Some(&event.id));
        })
    }
}
