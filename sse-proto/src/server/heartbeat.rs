//! What keeps a quiet connection alive.

use alloc::boxed::Box;
use core::{fmt, time::Duration};

use bytes::Bytes;

use crate::{Message, Timestamp, hidden::Hidden};

/// When a session sends something although nothing was published, and what: by default an empty comment, the line `:`,
/// after 15 s of silence (R-055). No blank line follows it, so that it is no empty message for clients that report
/// something at each blank line.
///
/// Each session counts from what it sent last. A machine stores one moment in time for it and needs no timer; the drivers
/// have one timer for each session, which is set once in a period and not with each event. A timer shared by all sessions
/// would have to wake each of them as well, and would need a task to run in.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::{EventType, Message, server::{Heartbeat, SessionConfig}};
///
/// let ping = Message::new().event(EventType::new("ping")?);
/// let heartbeat = Heartbeat::fixed(Duration::from_secs(10)).with_message(&ping);
/// let config = SessionConfig::new().heartbeat(heartbeat);
/// # let _ = config;
/// # Ok::<(), sse_proto::FieldError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Heartbeat {
    period: Duration,
    fixed: bool,
    content: Content,
}

#[derive(Clone, Eq, PartialEq)]
enum Content {
    Comment,
    Made,
    Message(Box<Bytes>),
}

/// An empty comment without a blank line: never an event, and the shortest thing that keeps a connection alive.
pub(super) const COMMENT: Bytes = Bytes::from_static(b":\n");

impl Heartbeat {
    /// Returns a heartbeat after each silence of this length. Zero sends none.
    pub const fn quiet(period: Duration) -> Self {
        Self { period, fixed: false, content: Content::Comment }
    }

    /// Returns a heartbeat in each period, whatever else is sent. Zero sends none.
    pub const fn fixed(period: Duration) -> Self {
        Self { period, fixed: true, content: Content::Comment }
    }

    /// Sends this message instead of the comment. A message with data is an event, and every page that listens gets it.
    #[must_use]
    pub fn with_message(mut self, message: &Message) -> Self {
        self.content = Content::Message(Box::new(message.to_bytes()));
        self
    }

    /// Leaves each heartbeat to the caller when it is due: [`Output::Heartbeat`](super::Output::Heartbeat) asks for it. The
    /// sessions of the adapters take a function for it.
    #[must_use]
    pub fn made(mut self) -> Self {
        self.content = Content::Made;
        self
    }

    /// Returns the time between heartbeats, or of the silence before one.
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// Returns when the next heartbeat is due, `None` if never.
    pub(super) fn due(&self, quiet_since: Timestamp, last: Timestamp) -> Option<Timestamp> {
        let since = if self.fixed { last } else { quiet_since };
        (!self.period.is_zero()).then(|| since + self.period)
    }

    /// Returns the moment to count the next period from, after the heartbeat that was due at `due`. Periods in which nobody
    /// polled are left out, instead of sending their heartbeats all at once.
    pub(super) fn after(&self, due: Timestamp, now: Timestamp) -> Timestamp {
        if now.since(due) < self.period { due } else { now }
    }

    /// Returns the bytes to send; `None` if the caller makes the heartbeat.
    pub(super) fn bytes(&self) -> Option<Bytes> {
        match &self.content {
            Content::Comment => Some(COMMENT),
            Content::Made => None,
            Content::Message(bytes) => Some(Bytes::clone(bytes)),
        }
    }
}

/// A comment after this silence.
impl From<Duration> for Heartbeat {
    fn from(period: Duration) -> Self {
        Self::quiet(period)
    }
}

/// `None` is no heartbeat at all.
impl From<Option<Self>> for Heartbeat {
    fn from(heartbeat: Option<Self>) -> Self {
        heartbeat.unwrap_or(Self::quiet(Duration::ZERO))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comment => f.write_str("Comment"),
            Self::Made => f.write_str("Made"),
            Self::Message(bytes) => f.debug_tuple("Message").field(&Hidden(bytes.len())).finish(),
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self::quiet(Duration::from_secs(15))
    }
}
