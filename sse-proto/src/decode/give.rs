//! Blocks into events: where their parts lie becomes text.

use alloc::string::String;
use core::{ops::Range, str::Utf8Chunk};

use bytes::Bytes;

use super::{
    Decoder, Mode,
    block::Place,
    lines::{Lines, Value},
    room::{KEPT, Room},
};
use crate::{Event, EventId, EventRef, EventType, Text, event::LastId, utf8};

/// Where the values of the event are that is to be given.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Home {
    /// In the chunk or in buffers of their own, as [`Block`](super::block::Block) tells.
    #[default]
    Block,
    /// In the chunk, as [`Decoder::lines`] tell.
    Chunk,
    /// In what was gathered, as [`Decoder::lines`] tell.
    Gathered,
}

impl Decoder {
    /// Returns the event that [`advance`](Self::advance) has just completed, borrowed from the same `chunk` and the decoder.
    /// Without such an event, or with another chunk, the result is arbitrary.
    #[inline]
    pub fn event<'a>(&'a mut self, chunk: &'a [u8]) -> EventRef<'a> {
        // A block that is being gathered is none yet.
        if self.mode == Mode::Gather { self.block_event(chunk) } else { self.completed_event(chunk) }
    }

    /// Returns the event that [`advance`](Self::advance) has just completed, for callers who know that it has.
    #[inline(always)]
    pub(crate) fn completed_event<'a>(&'a mut self, chunk: &'a [u8]) -> EventRef<'a> {
        if self.home == Home::Block {
            return self.block_event(chunk);
        }
        let bytes = if self.home == Home::Chunk { chunk } else { &self.gathered.bytes };
        let Lines { data, event_type, id, .. } = self.lines;
        let (last_event_id, own_id) = (&*self.last_event_id, id.is_present());
        let given = if event_type.is_empty() {
            utf8::checked_part(bytes, data.range()).map(|data| (data, EventType::MESSAGE))
        } else {
            utf8::checked_parts(bytes, data.range(), event_type.range())
        };
        if let Some((data, event_type)) = given {
            return EventRef { event_type, data, last_event_id, own_id };
        }
        // What is made for this goes away before the next line is read.
        self.mode = Mode::General;
        let (event_type, data) = (event_type.of(bytes), data.of(bytes));
        EventRef {
            event_type: lossy_type(event_type, &mut self.lossy_type),
            data: lossy(data, &mut self.lossy_data),
            last_event_id,
            own_id,
        }
    }

    /// Returns the event of the block; without a completed one, an empty event.
    #[inline(never)]
    fn block_event<'a>(&'a mut self, chunk: &'a [u8]) -> EventRef<'a> {
        if !self.given {
            let last_event_id = &self.last_event_id;
            return EventRef { event_type: EventType::MESSAGE, data: "", last_event_id, own_id: false };
        }
        let block = &self.block;
        let data = block.data.bytes(chunk, &block.data_buffer).unwrap_or_default();
        let event_type = block.event_type.bytes(chunk, &block.type_buffer).unwrap_or_default();
        EventRef {
            event_type: lossy_type(event_type, &mut self.lossy_type),
            data: lossy(data, &mut self.lossy_data),
            last_event_id: &self.last_event_id,
            own_id: block.id != Place::Absent,
        }
    }

    /// Returns the event that [`advance`](Self::advance) has just completed, as slices of the same `chunk` where its parts lie
    /// there in one piece. Call it once: without such an event, with another chunk, or at a second call, the result is
    /// arbitrary.
    #[inline(always)] // An event is larger than what is moved well: it is made where it goes.
    pub fn take_event(&mut self, chunk: &Bytes) -> Event {
        // The bytes of a block that is being gathered are still needed.
        if self.mode == Mode::Gather { Event::default() } else { self.take_completed_event(chunk) }
    }

    /// Takes the event that [`advance`](Self::advance) has just completed, for callers who know that it has.
    #[inline(always)]
    pub(crate) fn take_completed_event(&mut self, chunk: &Bytes) -> Event {
        let gathered;
        let bytes = match self.home {
            Home::Block => return self.take_block_event(chunk),
            Home::Chunk => chunk,
            Home::Gathered => {
                gathered = self.take_gathered();
                &gathered
            }
        };
        let Lines { data, event_type, id, .. } = self.lines;
        let mut start = data.start;
        let mut end = data.end;
        for value in [event_type, id] {
            if !value.is_empty() {
                start = start.min(value.start);
                end = end.max(value.end);
            }
        }
        // It wraps only if there is no event, and the part is then none of the text.
        let part = |value: Value| match value.is_empty() {
            true => 0..0,
            false => value.start.wrapping_sub(start)..value.end.wrapping_sub(start),
        };
        let (data_part, type_part, id_part) = (part(data), part(event_type), part(id));
        let own_id = id.is_present();
        let last_id = if own_id { LastId::Part(id_part.clone()) } else { LastId::Kept(self.kept_id(), false) };
        match Text::well_formed_part(bytes, start..end) {
            // The end of an ill-formed value and what follows it can be a character together.
            Some(text) if [&data_part, &type_part, &id_part].iter().all(|part| is_text(&text, part)) => {
                Event { text, data: data_part, event_type: type_part, id: last_id }
            }
            _ => lossy_event(data.of(bytes), event_type.of(bytes), self.kept_id(), own_id),
        }
    }

    #[inline(never)]
    fn take_gathered(&mut self) -> Bytes {
        let bytes = self.gathered.bytes.split().freeze();
        self.gathered.given_len = bytes.len().min(KEPT);
        bytes
    }

    /// Takes the event of the block, in one piece; without a completed one, an empty event.
    #[inline(never)]
    fn take_block_event(&mut self, chunk: &Bytes) -> Event {
        if !self.given {
            return Event::default();
        }
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
        block.given_len = block.data_buffer.len().min(KEPT);
        let own_id = block.id != Place::Absent;
        let kept_id = self.kept_id();
        let bytes = match Text::well_formed(self.block.data_buffer.split().freeze()) {
            // The end of ill-formed data and the beginning of an ill-formed type can be a character together.
            Ok(text) if text.is_char_boundary(data_len) => {
                let (data, event_type) = (0..data_len, data_len..text.len());
                return Event { text, data, event_type, id: LastId::Kept(kept_id, own_id) };
            }
            Ok(text) => text.into_bytes(),
            Err(bytes) => bytes,
        };
        let (data, event_type) = bytes.split_at(data_len);
        lossy_event(data, event_type, kept_id, own_id)
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

    /// Returns the comment that [`advance`](Self::advance) has just found, borrowed from the same `chunk` or the decoder.
    /// Without such a comment, or with another chunk, the result is arbitrary.
    pub fn comment<'a>(&'a mut self, chunk: &'a [u8]) -> &'a str {
        let bytes = self.comment.bytes(chunk, &self.comment_buffer).unwrap_or_default();
        lossy(bytes, &mut self.lossy_comment)
    }
}

/// The bytes as text; from `buffer`, with U+FFFD for each maximal ill-formed part, where they are not well-formed.
#[inline(never)]
pub(super) fn lossy<'a>(bytes: &'a [u8], buffer: &'a mut String) -> &'a str {
    match utf8::checked(bytes) {
        Some(text) => text,
        None => {
            buffer.renew();
            buffer.reserve_exact(lossy_len(bytes));
            push_lossy(buffer, bytes);
            buffer
        }
    }
}

#[inline]
fn is_text(text: &str, part: &Range<usize>) -> bool {
    text.is_char_boundary(part.start) && text.is_char_boundary(part.end)
}

#[inline(never)]
fn lossy_type<'a>(bytes: &'a [u8], buffer: &'a mut String) -> &'a str {
    if bytes.is_empty() { EventType::MESSAGE } else { lossy(bytes, buffer) }
}

/// An event of values that are not well-formed, with U+FFFD where they are not.
#[cold]
fn lossy_event(data: &[u8], event_type: &[u8], kept_id: Option<EventId>, own_id: bool) -> Event {
    let mut text = String::with_capacity(lossy_len(data) + lossy_len(event_type));
    push_lossy(&mut text, data);
    let data_len = text.len();
    push_lossy(&mut text, event_type);
    let (data, event_type) = (0..data_len, data_len..text.len());
    Event { text: text.into(), data, event_type, id: LastId::Kept(kept_id, own_id) }
}

/// How long the bytes are as text, which may be three times as many.
fn lossy_len(bytes: &[u8]) -> usize {
    let ill_formed =
        |chunk: &Utf8Chunk<'_>| if chunk.invalid().is_empty() { 0 } else { char::REPLACEMENT_CHARACTER.len_utf8() };
    bytes.utf8_chunks().map(|chunk| chunk.valid().len() + ill_formed(&chunk)).sum()
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
