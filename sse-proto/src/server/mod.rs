//! The server: responses, and the log that they read from (section 9.2.7 and the advice of 9.2.6 of the HTML Standard).
//!
//! A [`Session`] is one response. It is fed with messages, or it reads from a [`Log`] that many sessions share: there
//! each event is encoded once, and a session holds no more than a [`Cursor`]. Neither does I/O.

mod log;
mod request;
mod session;

pub use self::{
    log::{Cursor, Log, LogConfig, LogRead, PublishError, Resumed, StartAt},
    request::{last_event_id, last_event_id_in_query},
    session::{Output, SendError, Session, SessionConfig},
};

/// The header fields of a response with events (R-054). They keep caches and proxies from storing, changing or holding
/// back the stream.
///
/// ```
/// assert!(sse_proto::server::RESPONSE_HEADERS.contains(&("Content-Type", "text/event-stream")));
/// ```
pub const RESPONSE_HEADERS: [(&str, &str); 3] =
    [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store, no-transform"), ("X-Accel-Buffering", "no")];

/// The status of the answer that ends it all: a client that gets it does not come back (R-032).
pub const NO_MORE_EVENTS: u16 = 204;
