//! What is received.

use alloc::string::String;
use core::{
    fmt,
    hash::{Hash, Hasher},
    ops::Range,
};

use crate::{EventId, EventType, Text};

/// A received event that owns its parts, as slices of the received block where they lay there in one piece.
///
/// Data that came in several lines, or was cut by the end of a block, was joined in a buffer of its own. However many
/// parts it has, an event holds one reference to their bytes, so that a clone is cheap.
///
/// ```
/// use sse_proto::{Decoder, bytes::Bytes};
///
/// let mut input = Bytes::from_static(b"event: add\nid: 7\ndata: 73857293\n\n");
/// let event = Decoder::new().decode_owned(&mut input)?.expect("the stream holds an event");
/// assert_eq!((event.event_type(), event.data(), event.last_event_id()), ("add", "73857293", "7"));
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
#[derive(Clone, Default)]
pub struct Event {
    /// What the ranges are ranges of.
    pub(crate) text: Text,
    pub(crate) data: Range<usize>,
    /// Empty for `message`.
    pub(crate) event_type: Range<usize>,
    /// Where the last event ID lies if it is not kept.
    pub(crate) id: Range<usize>,
    /// The last event ID if it came with an earlier event.
    pub(crate) kept_id: Option<EventId>,
}

impl Event {
    /// An event as it might have been received: for tests of what reads events.
    pub fn new(event_type: EventType, data: impl Into<Text>, last_event_id: EventId) -> Self {
        let data = data.into();
        if event_type.is_message() {
            return Self { data: 0..data.len(), text: data, kept_id: Some(last_event_id), ..Self::default() };
        }
        let text = String::from(data.as_str()) + &event_type;
        let (data, event_type) = (0..data.len(), data.len()..text.len());
        Self { text: text.into(), data, event_type, id: 0..0, kept_id: Some(last_event_id) }
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
        match &self.kept_id {
            Some(id) => id,
            None => self.slice(&self.id),
        }
    }

    /// Unwraps type, data and last event ID, which share their bytes.
    pub fn into_parts(self) -> (EventType, Text, EventId) {
        let event_type = match self.event_type {
            range if range.is_empty() => EventType::default(),
            range => EventType::received(self.text.part(range)),
        };
        let id = self.kept_id.unwrap_or_else(|| EventId::received(self.text.part(self.id)));
        let data = if self.data.len() == self.text.len() { self.text } else { self.text.part(self.data) };
        (event_type, data, id)
    }

    /// The same event, lent.
    pub fn as_ref(&self) -> EventRef<'_> {
        EventRef { event_type: self.event_type(), data: self.data(), last_event_id: self.last_event_id() }
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
        shown.field("last_event_id", &self.last_event_id()).finish()
    }
}

/// A received event, lent by whoever holds the bytes: no allocation and no copy was made for it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EventRef<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a str,
    pub(crate) last_event_id: &'a str,
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

    /// Copies the event into one that owns its parts, in one piece.
    pub fn to_owned(&self) -> Event {
        let mut text = String::with_capacity(self.data.len() + self.event_type.len() + self.last_event_id.len());
        let mut push = |part: &str| {
            text.push_str(part);
            text.len() - part.len()..text.len()
        };
        let data = push(self.data);
        let event_type = if self.event_type == EventType::MESSAGE { 0..0 } else { push(self.event_type) };
        let id = push(self.last_event_id);
        Event { text: text.into(), data, event_type, id, kept_id: None }
    }
}
