//! What a source reports to its application.

use core::{convert::Infallible, time::Duration};

use super::{FailReason, Failure, Loss, ResponseHead};
use crate::{DecodeError, Event, EventId, Finding, Retry, Text};

/// Something that happened to a source: an event, or a change of its connection.
///
/// `E` is the transport's error, and `V` is what an event is given as. The state machine knows no transport and returns
/// events separately, so that its changes ([`Output::Change`](super::Output::Change)) hold neither.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Change<E = Infallible, V = Event> {
    /// The source was closed, or was limited to one connection, which has ended. Nothing comes after this.
    Closed,
    /// A comment, if the [`Report`](crate::Report) asks for comments.
    Comment(Text),
    /// The server asked for a longer wait than [`Backoff::retry_ceiling`](super::Backoff::retry_ceiling) allows, by a
    /// `retry` line or by `Retry-After`. It comes before the reconnection that it concerns, once for each value.
    DelayCapped {
        /// What the server asked for.
        asked: Duration,
        /// What is used in its place.
        used: Duration,
    },
    /// An event.
    Event(V),
    /// The connection failed permanently: the standard's `error` event with `readyState` CLOSED. Nothing comes
    /// after this.
    Failed(Failure<E>),
    /// A malformed line, if the [`Report`](crate::Report) asks for findings.
    Finding(Finding),
    /// The new last event ID, if the [`Report`](crate::Report) asks for such changes. The event that carried it, if one
    /// did, comes before, so that an ID can be stored as soon as it is reported.
    LastEventId(EventId),
    /// The next request goes out without `Last-Event-ID`, because the ID cannot be the value of a header, or is
    /// longer than the limit for IDs (D-09).
    LastEventIdNotSent(EventId),
    /// The stream is open, with this status and these header fields: the standard's `open` event.
    Open(ResponseHead),
    /// The connection is lost and will be reestablished after a wait: the standard's `error` event with `readyState`
    /// CONNECTING.
    Reestablishing {
        /// What happened.
        cause: Loss,
        /// The transport's error, if there was one.
        error: Option<E>,
        /// How long the wait is.
        delay: Duration,
        /// Which reconnection will follow, counted from 1 since the connection was last healthy: the
        /// [`Request::attempt`](super::Request::attempt) of the next request.
        attempt: u32,
    },
    /// The server set the reconnection time, if the [`Report`](crate::Report) asks for such lines.
    Retry(Retry),
    /// An event was left out because it exceeded a limit that is set to skip.
    Skipped(DecodeError),
}

impl Change<Infallible, Infallible> {
    /// Adds the transport's error, which a [`Failed`](Self::Failed) and a [`Reestablishing`](Self::Reestablishing) take
    /// out of `error`. This is for drivers.
    pub fn with_error<E, V>(self, error: &mut Option<E>) -> Change<E, V> {
        match self {
            Self::Closed => Change::Closed,
            Self::Comment(comment) => Change::Comment(comment),
            Self::DelayCapped { asked, used } => Change::DelayCapped { asked, used },
            Self::Event(event) => match event {},
            Self::Failed(failure) => Change::Failed(failure.with_error(error.take())),
            Self::Finding(finding) => Change::Finding(finding),
            Self::LastEventId(id) => Change::LastEventId(id),
            Self::LastEventIdNotSent(id) => Change::LastEventIdNotSent(id),
            Self::Open(head) => Change::Open(head),
            Self::Reestablishing { cause, error: _, delay, attempt } => {
                Change::Reestablishing { cause, error: error.take(), delay, attempt }
            }
            Self::Retry(retry) => Change::Retry(retry),
            Self::Skipped(excess) => Change::Skipped(excess),
        }
    }

    pub(super) fn failed(reason: FailReason) -> Self {
        Self::Failed(Failure::new(reason))
    }
}
