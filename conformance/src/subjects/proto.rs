//! The decoder of `sse-proto`, by each of its three ways to receive.

use bytes::Bytes;
use sse_proto::{Chunk, Decoder, EventRef, Item, Limits, Report};

use crate::{Ending, Event, Harness, Stream, Subject};

/// The decoder, without limits, because the standard knows none.
pub fn subject() -> Subject {
    Subject::new("proto", vec![Box::new(Lent), Box::new(Owned), Box::new(Items)])
}

/// [`Decoder::decode`].
struct Lent;

impl Harness for Lent {
    fn name(&self) -> &str {
        "proto: decode"
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        Box::new(DecoderStream { decoder: decoder(), read: read_lent })
    }
}

/// [`Decoder::decode_owned`].
struct Owned;

impl Harness for Owned {
    fn name(&self) -> &str {
        "proto: decode_owned"
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        Box::new(DecoderStream { decoder: decoder(), read: read_owned })
    }
}

/// [`Decoder::decode_item`] with everything reported, which takes other paths through the decoder.
struct Items;

impl Harness for Items {
    fn name(&self) -> &str {
        "proto: decode_item"
    }

    fn open(&self) -> Box<dyn Stream + '_> {
        let report = Report::ALL;
        Box::new(DecoderStream { decoder: decoder().with_report(report), read: read_items })
    }
}

fn decoder() -> Decoder {
    Decoder::new().with_limits(Limits::UNLIMITED)
}

struct DecoderStream {
    decoder: Decoder,
    read: fn(&mut Decoder, &[u8]) -> Result<Vec<Event>, String>,
}

impl Stream for DecoderStream {
    fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, String> {
        (self.read)(&mut self.decoder, piece)
    }

    fn finish(mut self: Box<Self>) -> Result<Ending, String> {
        self.decoder.finish();
        Ok(Ending {
            events: Vec::new(),
            retry: self.decoder.retry().map(sse_proto::Retry::as_millis),
            last_event_id: self.decoder.last_event_id().into(),
        })
    }
}

fn read_lent(decoder: &mut Decoder, piece: &[u8]) -> Result<Vec<Event>, String> {
    let mut chunk = Chunk::new(piece);
    let mut events = Vec::new();
    while let Some(event) = decoder.decode(&mut chunk).map_err(|error| error.to_string())? {
        events.push(copied(event));
    }
    Ok(events)
}

fn read_owned(decoder: &mut Decoder, piece: &[u8]) -> Result<Vec<Event>, String> {
    let mut chunk = Chunk::new(Bytes::copy_from_slice(piece));
    let mut events = Vec::new();
    while let Some(event) = decoder.decode_owned(&mut chunk).map_err(|error| error.to_string())? {
        events.push(copied(event.as_ref()));
    }
    Ok(events)
}

fn read_items(decoder: &mut Decoder, piece: &[u8]) -> Result<Vec<Event>, String> {
    let mut chunk = Chunk::new(piece);
    let mut events = Vec::new();
    while let Some(item) = decoder.decode_item(&mut chunk).map_err(|error| error.to_string())? {
        if let Item::Event(event) = item {
            events.push(copied(event));
        }
    }
    Ok(events)
}

fn copied(event: EventRef<'_>) -> Event {
    Event {
        event_type: event.event_type().into(),
        data: event.data().into(),
        last_event_id: event.last_event_id().into(),
        own_id: Some(event.id().is_some()),
    }
}
