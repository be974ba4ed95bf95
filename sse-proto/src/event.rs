//! Received events.

use alloc::string::String;
use core::{
    fmt,
    hash::{Hash, Hasher},
    ops::Range,
};

use crate::{EventId, EventType, Text};

/// A received event that owns its parts, as slices of the received block where they lay there in one piece.
///
/// Data that came in several lines, or was cut by the end of a block, was joined in a separate buffer. An event holds one
/// reference to the bytes of all its parts, so that a clone is cheap.
///
/// ```
/// use sse_proto::{Chunk, Decoder, bytes::Bytes};
///
/// let mut chunk = Chunk::new(Bytes::from_static(b"event: add\nid: 7\ndata: 73857293\n\n"));
/// let event = Decoder::new().decode_owned(&mut chunk)?.expect("the stream holds an event");
/// assert_eq!((event.event_type(), event.data(), event.last_event_id()), ("add", "73857293", "7"));
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
#[derive(Clone, Default)]
pub struct Event {
    /// The bytes that the ranges refer to.
    pub(crate) text: Text,
    pub(crate) data: Range<usize>,
    /// Empty for `message`.
    pub(crate) event_type: Range<usize>,
    pub(crate) id: LastId,
}

/// The last event ID of an event.
#[derive(Clone)]
pub(crate) enum LastId {
    /// It came with the event, and is this part of its text.
    Part(Range<usize>),
    /// It is stored separately, and came with the event (`true`) or an earlier one.
    Kept(Option<EventId>, bool),
}

impl Default for LastId {
    fn default() -> Self {
        Self::Kept(None, false)
    }
}

impl Event {
    /// Creates an event as if received, for tests of code that reads events. An ID that is not empty counts as one that
    /// came with the event; [`with_own_id`](Self::with_own_id) sets it otherwise.
    pub fn new(event_type: EventType, data: impl Into<Text>, last_event_id: EventId) -> Self {
        let data = data.into();
        let own_id = !last_event_id.is_empty();
        if event_type.is_message() {
            let id = LastId::Kept(Some(last_event_id), own_id);
            return Self { data: 0..data.len(), text: data, event_type: 0..0, id };
        }
        let text = String::from(data.as_str()) + &event_type;
        let (data, event_type) = (0..data.len(), data.len()..text.len());
        Self { text: text.into(), data, event_type, id: LastId::Kept(Some(last_event_id), own_id) }
    }

    /// Sets whether the last event ID came with the event, for [`id`](Self::id).
    #[must_use]
    pub fn with_own_id(mut self, own: bool) -> Self {
        self.id = LastId::Kept(Some(EventId::received(Text::from(self.last_event_id()))), own);
        self
    }

    /// The event's type: the value of its last `event` line, `message` where there was none or it was empty.
    #[inline]
    pub fn event_type(&self) -> &str {
        if self.event_type.is_empty() { EventType::MESSAGE } else { self.slice(&self.event_type) }
    }

    /// The event's data: the values of its `data` lines, joined by LF.
    #[inline]
    pub fn data(&self) -> &str {
        self.slice(&self.data)
    }

    /// The last event ID string when the event was dispatched: an ID stays until another one replaces it.
    #[inline]
    pub fn last_event_id(&self) -> &str {
        match &self.id {
            LastId::Kept(id, _) => id.as_deref().unwrap_or_default(),
            LastId::Part(range) => self.slice(range),
        }
    }

    /// The ID that came with the event: the value of the `id` line of its block, which may be empty. `None` if it had none and
    /// inherited its [`last_event_id`](Self::last_event_id), from an earlier block with or without an event. A relay
    /// must also forward IDs that come without an event: [`Report::last_event_ids`](crate::Report) reports them.
    ///
    /// ```
    /// use sse_proto::{Chunk, Decoder};
    ///
    /// let mut chunk = Chunk::new(&b"id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"[..]);
    /// let mut decoder = Decoder::new();
    /// for (id, last_event_id) in [(Some("7"), "7"), (None, "7"), (Some(""), "")] {
    ///     let event = decoder.decode(&mut chunk)?.expect("the stream holds three events");
    ///     assert_eq!((event.id(), event.last_event_id()), (id, last_event_id));
    /// }
    /// # Ok::<(), sse_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn id(&self) -> Option<&str> {
        self.has_own_id().then(|| self.last_event_id())
    }

    /// Unwraps type, data and last event ID, which share their bytes.
    pub fn into_parts(self) -> (EventType, Text, EventId) {
        let event_type = match self.event_type {
            range if range.is_empty() => EventType::default(),
            range => EventType::received(self.text.part(range)),
        };
        let id = match self.id {
            LastId::Kept(id, _) => id.unwrap_or_default(),
            LastId::Part(range) => EventId::received(self.text.part(range)),
        };
        let data = if self.data.len() == self.text.len() { self.text } else { self.text.part(self.data) };
        (event_type, data, id)
    }

    /// Borrows the event.
    pub fn as_ref(&self) -> EventRef<'_> {
        let (event_type, data, last_event_id) = (self.event_type(), self.data(), self.last_event_id());
        EventRef { event_type, data, last_event_id, own_id: self.has_own_id() }
    }

    #[inline]
    const fn has_own_id(&self) -> bool {
        matches!(self.id, LastId::Part(_) | LastId::Kept(_, true))
    }

    #[inline]
    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

impl Eq for Event {}

impl Hash for Event {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Event");
        shown.field("event_type", &self.event_type()).field("data", &self.data());
        shown.field("last_event_id", &self.last_event_id()).field("own_id", &self.has_own_id()).finish()
    }
}

/// A received event that borrows from the received chunk, or from the decoder: no allocation and no copy was made for it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EventRef<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a str,
    pub(crate) last_event_id: &'a str,
    /// The last event ID came with the event.
    pub(crate) own_id: bool,
}

impl<'a> EventRef<'a> {
    /// The event's type: the value of its last `event` line, `message` where there was none or it was empty.
    pub fn event_type(&self) -> &'a str {
        self.event_type
    }

    /// The event's data: the values of its `data` lines, joined by LF.
    pub fn data(&self) -> &'a str {
        self.data
    }

    /// The last event ID string when the event was dispatched: an ID stays until another one replaces it.
    pub fn last_event_id(&self) -> &'a str {
        self.last_event_id
    }

    /// The ID that came with the event, as [`Event::id`] says. A relay must also forward IDs that come without an
    /// event: [`Report::last_event_ids`](crate::Report) reports them.
    pub fn id(&self) -> Option<&'a str> {
        self.own_id.then_some(self.last_event_id)
    }

    /// Copies the event into one that owns its bytes, in one piece.
    pub fn to_owned(&self) -> Event {
        let mut text = String::with_capacity(self.data.len() + self.event_type.len() + self.last_event_id.len());
        let mut push = |part: &str| {
            text.push_str(part);
            text.len() - part.len()..text.len()
        };
        let data = push(self.data);
        let event_type = if self.event_type == EventType::MESSAGE { 0..0 } else { push(self.event_type) };
        let id = push(self.last_event_id);
        let text = Text::from(text);
        let id =
            if self.own_id { LastId::Part(id) } else { LastId::Kept(Some(EventId::received(text.part(id))), false) };
        Event { text, data, event_type, id }
    }
}
