//! The server: responses, and the log that they read from (section 9.2.7 and the advice of 9.2.6 of the HTML Standard).
//!
//! A [`Session`] is one response. It is fed with messages, or it reads from a [`Log`] that many sessions share: there
//! each event is encoded once, and a session holds no more than a [`Cursor`]. Neither does I/O.

mod log;
mod session;

pub use self::{
    log::{Cursor, Log, LogConfig, LogRead, PublishError, Resumed, StartAt},
    session::{Output, SendError, Session, SessionConfig},
};
use crate::{EventId, Text};

/// The header fields of a response with events (R-054). They keep caches and proxies from storing, changing or holding
/// back the stream.
///
/// ```
/// assert!(sse_proto::server::RESPONSE_HEADERS.contains(&("Content-Type", "text/event-stream")));
/// ```
pub const RESPONSE_HEADERS: [(&str, &str); 3] =
    [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store, no-transform"), ("X-Accel-Buffering", "no")];

/// Reads the value of a request's `Last-Event-ID` header: `None` if it is empty, longer than 1 KiB, not UTF-8 or no
/// event ID. It is whatever the client says, and no proof of anything.
///
/// ```
/// use sse_proto::{EventId, server::last_event_id};
///
/// assert_eq!(last_event_id(b"42"), Some(EventId::from(42)));
/// assert_eq!(last_event_id(b""), None);
/// assert_eq!(last_event_id(&[b'x'; 2000]), None);
/// ```
pub fn last_event_id(value: &[u8]) -> Option<EventId> {
    let text = core::str::from_utf8(value).ok()?;
    let fits = !text.is_empty() && text.len() <= 1024;
    fits.then(|| EventId::new(Text::from(text)).ok())?
}
