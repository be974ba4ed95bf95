//! Blocks into events: where their parts lie becomes text.

use alloc::string::String;

use bytes::Bytes;

use super::{Decoder, Mode, block::Place};
use crate::{Event, EventId, EventRef, EventType, Text, utf8};

impl Decoder {
    /// Lends the event that [`Self::advance`] has just announced.
    #[inline]
    pub(crate) fn event<'a>(&'a mut self, chunk: &'a [u8]) -> EventRef<'a> {
        let block = &self.block;
        let data = block.data.bytes(chunk, &block.data_buffer).unwrap_or_default();
        EventRef {
            event_type: match block.event_type.bytes(chunk, &block.type_buffer) {
                None => EventType::MESSAGE,
                Some(bytes) => lossy(bytes, &mut self.lossy_type),
            },
            data: match utf8::checked(data) {
                Some(data) => data,
                None => {
                    // What is made for this goes away before the next line is read.
                    self.mode = Mode::General;
                    lossy(data, &mut self.lossy_data)
                }
            },
            last_event_id: &self.last_event_id,
        }
    }

    /// Gives the event that [`Self::advance`] has just announced, once.
    pub(crate) fn take_event(&mut self, chunk: &Bytes) -> Event {
        self.shared_event(chunk).unwrap_or_else(|| self.joined_event(chunk))
    }

    /// The event as a part of the chunk, if all of it lies there and is well-formed.
    #[inline]
    fn shared_event(&mut self, chunk: &Bytes) -> Option<Event> {
        let block = &self.block;
        let Place::Chunk(data) = &block.data else { return None };
        let mut extent = data.clone();
        for place in [&block.event_type, &block.id] {
            match place {
                Place::Absent => {}
                Place::Buffer => return None,
                Place::Chunk(range) => extent = extent.start.min(range.start)..extent.end.max(range.end),
            }
        }
        let part = |place: &Place| match place {
            Place::Chunk(range) => range.start - extent.start..range.end - extent.start,
            Place::Absent | Place::Buffer => 0..0,
        };
        let (data, event_type, id) = (part(&block.data), part(&block.event_type), part(&block.id));
        let text = Text::well_formed(chunk.slice(extent)).ok()?;
        let kept_id = if block.id == Place::Absent { self.kept_id() } else { None };
        Some(Event { text, data, event_type, id, kept_id })
    }

    /// The event in one piece of its own, with U+FFFD where it is ill-formed.
    fn joined_event(&mut self, chunk: &Bytes) -> Event {
        let block = &mut self.block;
        if block.data != Place::Buffer {
            let data = block.data.bytes(chunk, &[]).unwrap_or_default();
            block.data_buffer.clear();
            block.data_buffer.extend_from_slice(data);
        }
        let data_len = block.data_buffer.len();
        if let Some(event_type) = block.event_type.bytes(chunk, &block.type_buffer) {
            block.data_buffer.extend_from_slice(event_type);
        }
        block.given_len = block.data_buffer.len();
        let kept_id = self.kept_id();
        let bytes = match Text::well_formed(self.block.data_buffer.split().freeze()) {
            // The end of ill-formed data and the beginning of an ill-formed type can be a character together.
            Ok(text) if text.is_char_boundary(data_len) => {
                let (data, event_type) = (0..data_len, data_len..text.len());
                return Event { text, data, event_type, id: 0..0, kept_id };
            }
            Ok(text) => text.into_bytes(),
            Err(bytes) => bytes,
        };
        let (data, event_type) = bytes.split_at(data_len);
        let mut text = String::new();
        push_lossy(&mut text, data);
        let data_len = text.len();
        push_lossy(&mut text, event_type);
        let (data, event_type) = (0..data_len, data_len..text.len());
        Event { text: text.into(), data, event_type, id: 0..0, kept_id }
    }

    /// The last event ID, if it is not empty. It is copied once, so that it does not keep the block alive that it came
    /// in.
    pub(super) fn kept_id(&mut self) -> Option<EventId> {
        if self.last_event_id.is_empty() {
            return None;
        }
        let id = self.shared_id.get_or_insert_with(|| EventId::received(Text::from(&*self.last_event_id)));
        Some(id.clone())
    }

    /// Lends the comment that [`Self::advance`] has just announced.
    pub(crate) fn comment<'a>(&'a mut self, chunk: &'a [u8]) -> &'a str {
        let bytes = self.comment.bytes(chunk, &self.comment_buffer).unwrap_or_default();
        lossy(bytes, &mut self.lossy_comment)
    }
}

/// The bytes as text; from `buffer`, with U+FFFD for each maximal ill-formed part, where they are not well-formed.
#[inline]
pub(super) fn lossy<'a>(bytes: &'a [u8], buffer: &'a mut String) -> &'a str {
    match utf8::checked(bytes) {
        Some(text) => text,
        None => {
            buffer.clear();
            push_lossy(buffer, bytes);
            buffer
        }
    }
}

fn push_lossy(text: &mut String, bytes: &[u8]) {
    if let Ok(well_formed) = core::str::from_utf8(bytes) {
        return text.push_str(well_formed);
    }
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}
