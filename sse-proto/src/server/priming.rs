//! The first message of a response that may be cut before its first event.

use crate::{EventId, Message, Retry};

/// Returns an event with empty data, an ID, and optionally a reconnection time. Send it first where a response may be
/// cut before its first event. It has the form that MCP (the Model Context Protocol) prescribes.
///
/// A reader dispatches it as an event of type `message` with empty data, because a block with a `data` line is an event
/// (R-091). Use [`silent_priming`] where readers should not get an event.
///
/// ```
/// use sse_proto::{Chunk, Decoder, EventId, Retry, server::priming};
///
/// let message = priming(EventId::from(1), Some(Retry::from_millis(3000)));
/// assert_eq!(message.to_bytes(), "retry: 3000\ndata: \nid: 1\n\n");
///
/// let (bytes, mut decoder) = (message.to_bytes(), Decoder::new());
/// let event = decoder.decode(&mut Chunk::new(&bytes[..]))?.unwrap();
/// assert_eq!((event.event_type(), event.data(), event.last_event_id()), ("message", "", "1"));
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
pub fn priming(id: EventId, retry: Option<Retry>) -> Message {
    silent_priming(id, retry).data("")
}

/// Returns a message that gives the client an ID to reconnect with, and perhaps a reconnection time, without an event
/// (R-091): [`priming`] that readers do not see.
///
/// The blank line at its end makes the ID the last event ID (R-090). A client that reports something at each blank line,
/// as fetch-event-source does, reports an empty message here.
///
/// ```
/// use sse_proto::{Chunk, Decoder, EventId, Retry, server::silent_priming};
///
/// let message = silent_priming(EventId::from(1), Some(Retry::from_millis(3000)));
/// assert_eq!(message.to_bytes(), "retry: 3000\nid: 1\n\n");
///
/// let mut decoder = Decoder::new();
/// assert_eq!(decoder.decode(&mut Chunk::new(&message.to_bytes()[..]))?, None);
/// assert_eq!(decoder.last_event_id(), "1");
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
pub fn silent_priming(id: EventId, retry: Option<Retry>) -> Message {
    let message = Message::new().id(id);
    match retry {
        None => message,
        Some(retry) => message.retry(retry),
    }
}
