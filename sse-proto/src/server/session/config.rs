//! The settings of a session.

use core::time::Duration;

use crate::{EventType, Retry, Text, server::Heartbeat};

/// The settings of a [`Session`](super::Session).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionConfig {
    /// What is sent so that nobody on the way considers the connection dead: an empty comment after 15 s of silence
    /// . `None` sends nothing.
    pub heartbeat: Option<Heartbeat>,
    /// The reconnection time that the client gets at the start. `None` leaves it to the client. Some readers (undici,
    /// httpx-sse) deviate from the standard and heed it only when the first event has come.
    pub retry: Option<Retry>,
    /// How many bytes of messages may wait to be transmitted: 64 KiB. A larger message passes when none is waiting.
    pub queue: usize,
    /// How many bytes are taken from a log at once, if there are more than one message: 64 KiB.
    pub burst: usize,
    /// The number of bytes of a comment line that goes before everything else, for proxies that hold back the first few
    /// KiB: 0 by default, which sends no such line.
    pub padding: usize,
    /// The client is told by an event of this type when it may miss messages of a log, at the start or later: `resync`
    /// ([`RESYNC`](Self::RESYNC)), by default. `None` tells it nothing. The data is JSON:
    ///
    /// - `{"reason":"gap","missed":3}`: it came back, and what followed its last event is no longer kept;
    /// - `{"reason":"stale"}`: its ID is that of an earlier log, before a restart say;
    /// - `{"reason":"unknown"}`: the log does not know its ID, or the ID cannot be used;
    /// - `{"reason":"lagged","missed":3}`: it was so slow that the log has overtaken it.
    ///
    /// The event has no ID, so that the client keeps the one it has. A client that listens only for other types does not
    /// see it; a session that does not read from a log never sends it.
    pub resync: Option<EventType>,
    /// What becomes of a reader that the log has overtaken.
    pub on_lag: OnLag,
    /// How long the peer may leave what was written untouched before it is taken for gone: 60 s; `None` waits for ever.
    /// Only drivers that see the writing can tell ([`Session::handle_unwritten`](super::Session::handle_unwritten)),
    /// as `write_to` of the adapters does. Where an HTTP engine writes, it does not ask a session whose peer is stuck:
    /// there it takes a timeout of the engine or of the socket (`TCP_USER_TIMEOUT`), and until then a session costs its
    /// cursor and the engine's buffer.
    pub write_timeout: Option<Duration>,
    /// The response ends after so long a time at the latest, so that clients come back with fresh credentials, or to
    /// another server: never, by default. Up to a tenth of it is taken off at random, so that sessions which began
    /// together do not end together.
    pub max_age: Option<Duration>,
}

impl SessionConfig {
    /// The type of the event that tells a client that it may miss something, unless
    /// [`resync`](Self::resync) names another.
    pub const RESYNC: &'static str = "resync";

    /// [`RESYNC`](Self::RESYNC), which costs no allocation.
    pub(super) const fn default_resync() -> EventType {
        EventType::received(Text::from_static(Self::RESYNC))
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            heartbeat: Some(Heartbeat::default()),
            retry: None,
            queue: 64 * 1024,
            burst: 64 * 1024,
            padding: 0,
            resync: Some(Self::default_resync()),
            on_lag: OnLag::Skip,
            write_timeout: Some(Duration::from_secs(60)),
            max_age: None,
        }
    }
}

/// What becomes of a reader that was so slow that messages are gone which it had not read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OnLag {
    /// The response ends; the client comes back with its last event ID and learns of the gap then.
    Disconnect,
    /// It goes on with the oldest message that is kept, and is told: the default.
    #[default]
    Skip,
}
