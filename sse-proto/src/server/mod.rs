//! The server: responses, and the log that they read from (section 9.2.7 and the advice of 9.2.6 of the HTML Standard).
//!
//! A [`Session`] is one response. It is fed with messages, or it reads from an [`EventLog`] that many sessions share: there
//! each event is encoded once, and a session holds no more than a [`Cursor`]. [`Subscribers`] knows which session reads
//! what, which of them a message wakes, and which are left when the server drains. None of them does I/O.

mod coding;
mod cursor;
mod drain;
mod heartbeat;
mod log;
mod observer;
mod presence;
mod priming;
mod publication;
mod reason;
mod reply;
mod request;
mod session;
mod store;
mod subscribers;
mod subscription;

pub use self::{
    coding::{AcceptedCodings, ContentCoding},
    cursor::{Cursor, Entry, Interest, PassedOver},
    drain::{DrainConfig, DrainProgress, Drained},
    heartbeat::Heartbeat,
    log::{EventLog, LogConfig, LogRead, Resumed, StartAt},
    observer::{Observer, SessionInfo, SessionTotals, Transmitted},
    presence::Presence,
    priming::{priming, silent_priming},
    publication::{Publication, PublishError},
    reason::CloseReason,
    reply::Reply,
    request::{Request, UnusableId, check_id, last_event_id_in_header, last_event_id_in_query},
    session::{OnLag, Output, SendError, Session, SessionConfig},
    store::Store,
    subscribers::{SubscriberId, Subscribers, TooManySessions},
    subscription::Subscription,
};

/// The header fields of a response with events (R-054). They keep caches and proxies from storing, changing or holding
/// back the stream.
///
/// ```
/// assert!(sse_proto::server::RESPONSE_HEADERS.contains(&("Content-Type", "text/event-stream")));
/// ```
pub const RESPONSE_HEADERS: [(&str, &str); 3] =
    [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store, no-transform"), ("X-Accel-Buffering", "no")];

/// The status of a response to clients that should stop: a client that gets it does not reconnect (R-032).
pub const NO_MORE_EVENTS: u16 = 204;
