//! What a stream comes to.

use serde::Serialize;

/// All that can be seen of a stream from outside: the events, and what it left behind in the event source.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The events in their order.
    pub events: Vec<Event>,
    /// The last valid reconnection time in milliseconds, at most [`u64::MAX`].
    pub retry: Option<u64>,
    /// The last event ID string at the end.
    pub last_event_id: String,
}

/// An event as every reader has to see it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The type; `message` where the stream named none.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The data lines, joined by LF.
    pub data: String,
    /// The last event ID string when the event was dispatched.
    pub last_event_id: String,
    /// Whether the event's block had an `id` line that counted. `None` where that is not known: it is not compared then,
    /// because readers need not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_id: Option<bool>,
}

impl Outcome {
    /// Whether all that both know is the same.
    pub fn agrees(&self, other: &Self) -> bool {
        (self.retry, &self.last_event_id) == (other.retry, &other.last_event_id)
            && self.events.len() == other.events.len()
            && self.events.iter().zip(&other.events).all(|(one, other)| one.agrees(other))
    }
}

impl Event {
    fn agrees(&self, other: &Self) -> bool {
        let own_id = self.own_id.zip(other.own_id).is_none_or(|(one, other)| one == other);
        own_id
            && (&self.event_type, &self.data, &self.last_event_id)
                == (&other.event_type, &other.data, &other.last_event_id)
    }
}
