//! What keeps a quiet connection alive.

use alloc::boxed::Box;
use core::{fmt, time::Duration};

use bytes::Bytes;

use crate::{Message, Timestamp, hidden::Hidden};

/// When a session sends something of its own accord, and what: by default an empty comment, the line `:`, after 15 s of
/// silence (R-055). No blank line follows it, so that it is no empty message for clients that report something at each
/// blank line.
///
/// Every session counts for itself, from what it sent last: a machine costs one moment in time for it and no timer of
/// its own, and the drivers keep one timer for each session, which is set anew once in a period and not with each event.
/// A timer shared by all sessions would have to wake each of them just the same, and would need a task to run in.
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
    /// One after so long a silence. None at all if the time is zero.
    pub const fn quiet(period: Duration) -> Self {
        Self { period, fixed: false, content: Content::Comment }
    }

    /// One in each period, whatever else is sent. None at all if the period is zero.
    pub const fn fixed(period: Duration) -> Self {
        Self { period, fixed: true, content: Content::Comment }
    }

    /// Sends this message instead of the comment. A message with data is an event, and every page that listens gets it.
    #[must_use]
    pub fn with_message(mut self, message: &Message) -> Self {
        self.content = Content::Message(Box::new(message.to_bytes()));
        self
    }

    /// Has each heartbeat made when it is due: [`Output::Heartbeat`](super::Output::Heartbeat) asks for it. The sessions
    /// of the adapters take a function for it.
    #[must_use]
    pub fn made(mut self) -> Self {
        self.content = Content::Made;
        self
    }

    /// The time between heartbeats, or of the silence before one.
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// When the next one is due, `None` if never.
    pub(super) fn due(&self, quiet_since: Timestamp, last: Timestamp) -> Option<Timestamp> {
        let since = if self.fixed { last } else { quiet_since };
        (!self.period.is_zero()).then(|| since + self.period)
    }

    /// The moment to count the next period from, if one was due at `due` and it is `now`. Periods that nobody polled in
    /// are left out, rather than made up for all at once.
    pub(super) fn after(&self, due: Timestamp, now: Timestamp) -> Timestamp {
        if now.since(due) < self.period { due } else { now }
    }

    /// What to send; `None` if it has to be made.
    pub(super) fn bytes(&self) -> Option<Bytes> {
        match &self.content {
            Content::Comment => Some(COMMENT),
            Content::Made => None,
            Content::Message(bytes) => Some(Bytes::clone(bytes)),
        }
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
