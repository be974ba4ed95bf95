//! What the client's loop says.

use alloc::boxed::Box;
use core::{error::Error, fmt, time::Duration};

use sse_proto::{
    DecodeError, Event, EventId, Finding, Retry, Text,
    client::{FailReason, Loss, Refusal, ResponseHead},
};

/// Everything that a caller may want to know of a source, as values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change<E> {
    /// The source was closed, or was to be one connection and has come to the end of it; there is nothing after this.
    Closed,
    /// A comment, if the configuration asks for comments.
    Comment(Text),
    /// The server asked for a longer wait than [`Backoff::retry_ceiling`](sse_proto::client::Backoff::retry_ceiling) allows.
    DelayCapped {
        /// What the server asked for.
        asked: Duration,
        /// What is used in its place.
        used: Duration,
    },
    /// An event.
    Event(Event),
    /// The connection failed for good; there is nothing after this.
    Failed(Failure<E>),
    /// A malformed line, if the configuration asks for findings.
    Finding(Finding),
    /// The new last event ID, if the configuration asks for such changes. The event that came with it was reported before,
    /// so that an ID can be stored as soon as it is reported.
    LastEventId(EventId),
    /// The next request goes out without `Last-Event-ID`, because the ID cannot be the value of a header.
    LastEventIdNotSent(EventId),
    /// The stream is open: status and header fields of the answer.
    Open(ResponseHead),
    /// The connection is lost and comes back after a wait.
    Reestablishing {
        /// What happened.
        cause: Loss,
        /// What the transport said, where it was at fault.
        error: Option<E>,
        /// How long the wait is.
        delay: Duration,
        /// Which reconnection will follow, counted from 1 since the connection was last healthy.
        attempt: u32,
    },
    /// The server set the reconnection time, if the configuration asks for such lines.
    Retry(Retry),
    /// An event was left out because it passed a limit that is set to skip.
    Skipped(DecodeError),
}

/// Why there will be no more events, with all that is known about it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failure<E> {
    /// Why.
    pub reason: FailReason,
    /// What the transport said, where it was at fault.
    pub error: Option<E>,
    /// The answer, where it was at fault: status, header fields, and the beginning of the body.
    pub response: Option<Box<Refusal>>,
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        match &self.error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

/// What the transport said is part of what is displayed, so the source is that of the transport's error.
impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.error {
            Some(error) => error.source(),
            None => self.reason.source(),
        }
    }
}
