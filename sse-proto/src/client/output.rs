//! What the machine says, and what it is told of the network.

use alloc::boxed::Box;
use core::{fmt, time::Duration};

use super::{FailReason, Request};
use crate::{DecodeError, EventId, Finding, Retry, Timestamp};

/// What the driver is to do, or the application to know.
///
/// The enum is exhaustive on purpose: a driver has to deal with all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// The source is closed; there will be no other output any more.
    Closed,
    /// A comment is there; [`EventSource::comment`](super::EventSource::comment) lends it until the next call. Only if
    /// asked for.
    Comment,
    /// Drop the connection there was, and send this request. It is in a box so that the outputs that come with every
    /// event stay small.
    Connect(Box<Request>),
    /// The server asked for a longer wait than [`Backoff::retry_ceiling`](super::Backoff::retry_ceiling) allows, by a
    /// `retry` line or by `Retry-After`. It is said before the reconnection that it concerns, once for each value.
    DelayCapped {
        /// What the server asked for.
        asked: Duration,
        /// What is used in its place.
        used: Duration,
    },
    /// An event is there: [`EventSource::event`](super::EventSource::event) lends it,
    /// [`EventSource::take_event`](super::EventSource::take_event) gives it, until the next call.
    Event,
    /// The connection failed for good: the standard's `error` event with `readyState` CLOSED. If it was for an
    /// answer, [`EventSource::refusal`](super::EventSource::refusal) has it.
    Failed(FailReason),
    /// A malformed line. Only if asked for.
    Finding(Finding),
    /// The last event ID changed; [`EventSource::last_event_id`](super::EventSource::last_event_id) has it. Only if
    /// asked for. It follows the event that carried it, if one did.
    LastEventId,
    /// The next request goes out without `Last-Event-ID`, because the ID cannot be the value of a header, or is
    /// longer than the limit for IDs (D-09).
    LastEventIdNotSent(EventId),
    /// The stream is open: the standard's `open` event.
    /// [`EventSource::response`](super::EventSource::response) has the status and the header fields.
    Open,
    /// The connection is lost and comes back after a wait: the standard's `error` event with `readyState`
    /// CONNECTING.
    Reestablishing {
        /// What happened.
        cause: Loss,
        /// How long the wait is.
        delay: Duration,
        /// Which reconnection will follow, counted from 1 since the connection was last healthy: the
        /// [`Request::attempt`] of the next request.
        attempt: u32,
    },
    /// The server set the reconnection time. Only if asked for.
    Retry(Retry),
    /// An event was left out because it passed a limit that is set to skip.
    Skipped(DecodeError),
    /// There is nothing to do until something happens, or until this moment.
    Wait {
        /// When to poll again at the latest; `None` if only the connection can bring news.
        until: Option<Timestamp>,
    },
}

/// How a connection was lost that is going to be reestablished.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// The body broke off (D-04).
    Broken {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// There was no connection within [`Timeouts::connect`](super::Timeouts::connect).
    ConnectTimeout,
    /// The body ended in order.
    End {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// There was no answer within [`Timeouts::head`](super::Timeouts::head).
    HeadTimeout,
    /// Nothing came for [`Timeouts::idle`](super::Timeouts::idle), not even a comment.
    IdleTimeout {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// The answer opens no stream, and the [`Policy`](super::Policy) says that this may pass.
    Refused {
        /// The status of the answer.
        status: u16,
    },
    /// The caller asked for a new connection ([`EventSource::restart`](super::EventSource::restart)).
    Restarted,
    /// There was no answer.
    Unreachable,
}

impl Loss {
    /// Whether an unfinished event was dropped with the connection.
    pub const fn in_mid_event(self) -> bool {
        matches!(
            self,
            Self::Broken { in_mid_event: true }
                | Self::End { in_mid_event: true }
                | Self::IdleTimeout { in_mid_event: true }
        )
    }

    /// The same loss, knowing what was dropped with it.
    pub(super) const fn dropping(self, in_mid_event: bool) -> Self {
        match self {
            Self::Broken { .. } => Self::Broken { in_mid_event },
            Self::End { .. } => Self::End { in_mid_event },
            Self::IdleTimeout { .. } => Self::IdleTimeout { in_mid_event },
            loss => loss,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { .. } => f.write_str("the stream broke off"),
            Self::ConnectTimeout => f.write_str("no connection in time"),
            Self::End { .. } => f.write_str("the stream ended"),
            Self::HeadTimeout => f.write_str("no answer in time"),
            Self::Refused { status } => write!(f, "the server answered with status {status}"),
            Self::Restarted => f.write_str("a new connection was asked for"),
            Self::IdleTimeout { .. } => f.write_str("the stream fell silent"),
            Self::Unreachable => f.write_str("no answer"),
        }?;
        f.write_str(if self.in_mid_event() { " in the middle of an event" } else { "" })
    }
}

/// What went wrong below.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NetworkError {
    /// The attempt was given up on our own side: it fails for good.
    Aborted,
    /// The request cannot be made, now or ever (the scheme is not known, say): it fails for good.
    Permanent,
    /// Anything that may be better next time: no route, a reset, a broken body.
    Transient,
}

/// The standard's `readyState`, with its numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReadyState {
    /// The connection has not been established yet, or it was lost and is being reestablished.
    Connecting = 0,
    /// The connection is open.
    Open = 1,
    /// The source was closed, or failed; it stays so.
    Closed = 2,
}
