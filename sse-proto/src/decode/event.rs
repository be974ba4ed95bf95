//! A block into an event: its parts, wherever they lie, become text.

use alloc::string::String;
use core::ops::Range;

use super::{
    carry::Buffer,
    scan::{Block, Span},
};
use crate::{ChunkBytes, Event, EventId, EventRef, EventType, Text, event::LastId, text::lossy, utf8};

/// The event that was completed: the place of its parts in the bytes that it lies in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    pub(super) home: Home,
    pub(super) data: Span,
    /// Empty for `message`.
    pub(super) event_type: Span,
    /// Present if an ID came with the event.
    pub(super) id: Span,
}

/// The bytes that an event lies in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(usize)] // A byte beside words is slow to copy.
pub(super) enum Home {
    /// The carry, where a chunk cut the block.
    Carry,
    /// The caller's chunk.
    Chunk,
    /// Data that was put together from several lines or pieces, and the type after it.
    Joined,
    /// There is no event.
    #[default]
    Nowhere,
}

/// The last event ID, and what was made of ill-formed text.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) last_event_id: String,
    /// The last event ID for owned events, once it is made.
    shared_id: Option<EventId>,
    data: String,
    event_type: String,
    pub(super) comment: String,
}

impl Parts {
    /// The event of a block, where it lies.
    #[inline(always)]
    pub(super) const fn of(home: Home, block: &Block) -> Self {
        let Block { data, event_type, id, .. } = *block;
        Self { home, data, event_type, id }
    }

    /// Dispatches a block that was scanned in these bytes, and returns whether it is an event, which
    /// then is this one.
    #[inline(always)]
    pub(super) fn dispatch(
        &mut self,
        home: Home,
        bytes: &[u8],
        block: &Block,
        joined: &mut Buffer,
        texts: &mut Texts,
    ) -> bool {
        let id = block.id_in(bytes);
        if let Some(id) = id {
            texts.set_id(id);
        }
        if block.is_joined() {
            *self = Self::joined(joined, block.event_type.of(bytes), id);
        } else if block.data.is_value() {
            *self = Self::of(home, block);
        }
        block.data.is_value()
    }

    /// The event of data that was put together; type and ID are put after it. A LF between two parts keeps the end of
    /// one and the beginning of the other from being a character.
    pub(super) fn joined(Buffer { bytes: joined, .. }: &mut Buffer, event_type: &[u8], id: Option<&[u8]>) -> Self {
        let data = Span { start: 0, end: joined.len() };
        let mut put = |part: &[u8]| {
            joined.extend_from_slice(b"\n");
            joined.extend_from_slice(part);
            Span { start: joined.len() - part.len(), end: joined.len() }
        };
        let event_type = if event_type.is_empty() { Span::default() } else { put(event_type) };
        Self { home: Home::Joined, data, event_type, id: id.map(put).unwrap_or_default() }
    }

    /// Borrows the event from the bytes that it lies in.
    #[inline(always)]
    pub(super) fn borrow<'a>(self, bytes: &'a [u8], texts: &'a mut Texts) -> EventRef<'a> {
        let (data, event_type) = (self.data.range(), self.event_type.range());
        let text = if event_type.is_empty() {
            utf8::checked_part(bytes, data).map(|data| (data, EventType::MESSAGE))
        } else {
            utf8::checked_parts(bytes, data, event_type)
        };
        if text.is_none() {
            texts.set_lossy(self.data.of(bytes), self.event_type.of(bytes));
        }
        let (data, event_type) = text.unwrap_or_else(|| texts.lossy());
        EventRef { event_type, data, last_event_id: &texts.last_event_id, own_id: self.id.is_value() }
    }

    /// Makes an event that owns its parts.
    #[inline(always)]
    pub(super) fn take(self, bytes: &impl ChunkBytes, texts: &mut Texts) -> Event {
        let Self { data, event_type, id, .. } = self;
        let (mut start, mut end) = (data.start, data.end);
        for part in [event_type, id] {
            if !part.is_empty() {
                start = start.min(part.start);
                end = end.max(part.end);
            }
        }
        let part = |span: Span| if span.is_empty() { 0..0 } else { span.start - start..span.end - start };
        // A line ends after each part, so that what is well-formed as a whole is well-formed in its parts.
        match bytes.text(start..end) {
            Some(text) => {
                let id = if id.is_value() { LastId::Part(part(id)) } else { LastId::Kept(texts.kept_id(), false) };
                Event { text, data: part(data), event_type: part(event_type), id }
            }
            None => lossy_event(
                data.of(bytes.as_ref()),
                event_type.of(bytes.as_ref()),
                LastId::Kept(texts.kept_id(), id.is_value()),
            ),
        }
    }
}

impl Texts {
    /// Makes this the last event ID, and returns whether it was another one.
    #[inline]
    pub(super) fn set_id(&mut self, id: &[u8]) -> bool {
        if id == self.last_event_id.as_bytes() {
            return false;
        }
        let lossy;
        let id = match utf8::checked(id) {
            Some(id) => id,
            None => {
                lossy = String::from_utf8_lossy(id);
                // The same ill-formed ID is no change.
                if lossy == self.last_event_id {
                    return false;
                }
                &lossy
            }
        };
        self.shared_id = None;
        self.last_event_id.clear();
        self.last_event_id.push_str(id);
        true
    }

    /// The last event ID, if it is not empty. It is copied once, so that it does not keep the block alive that it came
    /// in.
    fn kept_id(&mut self) -> Option<EventId> {
        if self.last_event_id.is_empty() {
            return None;
        }
        let id = self.shared_id.get_or_insert_with(|| EventId::received(Text::from(&*self.last_event_id)));
        Some(id.clone())
    }

    /// Makes text of the parts of an event, one of which is ill-formed.
    #[cold]
    fn set_lossy(&mut self, data: &[u8], event_type: &[u8]) {
        self.data = lossy(data);
        self.event_type = lossy(if event_type.is_empty() { EventType::MESSAGE.as_bytes() } else { event_type });
    }

    /// Data and type of this text.
    fn lossy(&self) -> (&str, &str) {
        (&self.data, &self.event_type)
    }

    /// The comment as text.
    pub(super) fn comment<'a>(&'a mut self, comment: &'a [u8]) -> &'a str {
        match utf8::checked(comment) {
            Some(comment) => comment,
            None => {
                self.comment = lossy(comment);
                &self.comment
            }
        }
    }

    /// Frees what was made of ill-formed text, which can be three times as long.
    pub(super) fn let_go(&mut self) {
        for text in [&mut self.data, &mut self.event_type, &mut self.comment] {
            *text = String::new();
        }
    }
}

/// An event of values that are not well-formed, with U+FFFD where they are not.
#[cold]
fn lossy_event(data: &[u8], event_type: &[u8], id: LastId) -> Event {
    let mut text = lossy(data);
    let data_len = text.len();
    text.push_str(&lossy(event_type));
    let (data, event_type) = (0..data_len, data_len..text.len());
    Event { text: text.into(), data, event_type, id }
}

impl Span {
    #[inline]
    fn range(self) -> Range<usize> {
        self.start..self.end
    }
}
