//! The first event of a response that may be cut before it has one.

use crate::{EventId, Message, Retry};

/// An event without content that gives the client an ID to come back with, and a reconnection time: to be sent first,
/// where a response may be cut before its first event. A reader notes the ID and the time and sees no event.
///
/// ```
/// use sse_proto::{EventId, Retry, server::priming};
///
/// let message = priming(EventId::from(1), Some(Retry::from_millis(3000)));
/// assert_eq!(message.to_bytes(), "retry: 3000\ndata: \nid: 1\n\n");
/// ```
pub fn priming(id: EventId, retry: Option<Retry>) -> Message {
    let message = Message::new().id(id).data("");
    match retry {
        None => message,
        Some(retry) => message.retry(retry),
    }
}
