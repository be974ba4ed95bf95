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
}
