//! `russe`: a codec over a growing buffer.

use bytes::{Bytes, BytesMut};
use russe::{Decoder, Event};
use tokio_util::codec::Decoder as _;

use super::Decode;
use crate::{chunks::Chunking, tally::Visit};

pub(crate) struct Russe;

impl Decode for Russe {
    const NAME: &'static str = "russe";
    const LAST_EVENT_ID: bool = false;

    #[inline]
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String> {
        let mut decoder = Decoder::default();
        let mut buffer = BytesMut::new();
        for chunk in chunking.slices(bytes) {
            buffer.extend_from_slice(chunk);
            while let Some(event) = decoder.decode(&mut buffer).map_err(|error| error.to_string())? {
                if let Event::Message(message) = event {
                    visit.event(message.event.as_deref().unwrap_or("message"), &message.data, None);
                }
            }
        }
        Ok(())
    }
}
