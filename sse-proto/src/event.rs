//! What is received.

use crate::{EventId, EventType, Text};

/// A received event that owns its parts, as slices of the received block where they lay there in one piece.
///
/// Data that came in several lines, or was cut by the end of a block, was joined in a buffer of its own.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Event {
    pub(crate) event_type: EventType,
    pub(crate) data: Text,
    pub(crate) last_event_id: EventId,
}

impl Event {
    /// An event as it might have been received: for tests of what reads events.
    pub fn new(event_type: EventType, data: impl Into<Text>, last_event_id: EventId) -> Self {
        Self { event_type, data: data.into(), last_event_id }
    }

    /// The event's type: the value of its last `event` line, `message` where there was none or it was empty.
    pub fn event_type(&self) -> &EventType {
        &self.event_type
    }

    /// The event's data: the values of its `data` lines, joined by LF.
    pub fn data(&self) -> &Text {
        &self.data
    }

    /// The last event ID string when the event was dispatched: an ID stays until another one replaces it.
    pub fn last_event_id(&self) -> &EventId {
        &self.last_event_id
    }

    /// Unwraps type, data and last event ID.
    pub fn into_parts(self) -> (EventType, Text, EventId) {
        (self.event_type, self.data, self.last_event_id)
    }

    /// The same event, lent.
    pub fn as_ref(&self) -> EventRef<'_> {
        EventRef { event_type: &self.event_type, data: &self.data, last_event_id: &self.last_event_id }
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

    /// Copies the event into one that owns its parts.
    pub fn to_owned(&self) -> Event {
        Event {
            event_type: EventType::received(Text::from(self.event_type)),
            data: Text::from(self.data),
            last_event_id: EventId::received(Text::from(self.last_event_id)),
        }
    }
}
