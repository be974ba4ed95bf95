//! The settings of a session.

use core::time::Duration;

use crate::{EventType, Retry, Text, server::Heartbeat};

/// The settings of a [`Session`](super::Session).
///
/// ```
/// use core::time::Duration;
/// use sse_proto::{Retry, server::{Heartbeat, SessionConfig}};
///
/// let config = SessionConfig::new()
///     .heartbeat(Heartbeat::quiet(Duration::from_secs(30)))
///     .retry(Retry::from_millis(500))
///     .write_timeout(None);
/// # let _ = config;
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionConfig {
    pub(super) heartbeat: Option<Heartbeat>,
    pub(super) retry: Option<Retry>,
    pub(super) queue: usize,
    pub(super) burst: usize,
    pub(super) padding: usize,
    pub(super) resync: Option<EventType>,
    pub(super) on_lag: OnLag,
    pub(super) write_timeout: Option<Duration>,
    pub(super) max_age: Option<Duration>,
    pub(super) coalesce: Duration,
}

impl SessionConfig {
    /// The type of the event that a client gets when it may miss something, unless [`resync`](Self::resync) sets another.
    pub const RESYNC: &'static str = "resync";

    /// The greatest number of bytes of [`padding`](Self::padding): 64 KiB.
    pub const MAX_PADDING: usize = 64 * 1024;

    /// Returns the default settings.
    pub const fn new() -> Self {
        Self {
            heartbeat: Some(Heartbeat::quiet(Duration::from_secs(15))),
            retry: None,
            queue: 64 * 1024,
            burst: 64 * 1024,
            padding: 0,
            resync: Some(Self::default_resync()),
            on_lag: OnLag::Skip,
            write_timeout: Some(Duration::from_secs(60)),
            max_age: None,
            coalesce: Duration::ZERO,
        }
    }

    /// Sets what is sent so that nobody on the way considers the connection dead: an empty comment after 15 s of silence
    /// by default (R-055). A duration is that of another silence; `None` or zero sends nothing.
    #[must_use]
    pub fn heartbeat(mut self, heartbeat: impl Into<Heartbeat>) -> Self {
        let heartbeat = heartbeat.into();
        self.heartbeat = (!heartbeat.period().is_zero()).then_some(heartbeat);
        self
    }

    /// Sets the reconnection time that the client gets at the start. `None`, the default, leaves it to the client. Some
    /// readers (undici, httpx-sse) deviate from the standard (R-071) and heed it only when the first event has come.
    #[must_use]
    pub fn retry(mut self, retry: impl Into<Option<Retry>>) -> Self {
        self.retry = retry.into();
        self
    }

    /// Sets how many bytes of sent messages may wait to be transmitted: 64 KiB by default. A larger message is accepted
    /// when none is waiting.
    #[must_use]
    pub fn queue(mut self, bytes: usize) -> Self {
        self.queue = bytes;
        self
    }

    /// Sets how many bytes are taken from a log at once, unless a single message is larger: 64 KiB by default.
    #[must_use]
    pub fn burst(mut self, bytes: usize) -> Self {
        self.burst = bytes;
        self
    }

    /// Sets the number of bytes of a comment line that goes before everything else, for proxies that hold back the first
    /// few KiB: 0 by default, which sends no such line. More than [`MAX_PADDING`](Self::MAX_PADDING) counts as that many.
    #[must_use]
    pub fn padding(mut self, bytes: usize) -> Self {
        self.padding = bytes.min(Self::MAX_PADDING);
        self
    }

    /// Sets the type of the event that a client gets when it may miss messages of a log, at the start or later: `resync`
    /// ([`RESYNC`](Self::RESYNC)) by default. `None` sends no such event. The data is JSON:
    ///
    /// - `{"reason":"gap","missed":3}`: it reconnected, and what followed its last event is not kept any more;
    /// - `{"reason":"stale"}`: its ID is that of an earlier log, for example before a restart;
    /// - `{"reason":"unknown"}`: the log does not know its ID, or the ID cannot be used;
    /// - `{"reason":"lagged","missed":3}`: it was so slow that the log has overtaken it.
    ///
    /// The event has no ID, so that the client keeps the one it has. A client that listens only for other types does not
    /// see it; a session that does not read from a log never sends it.
    #[must_use]
    pub fn resync(mut self, event_type: impl Into<Option<EventType>>) -> Self {
        self.resync = event_type.into();
        self
    }

    /// Sets what becomes of a reader that the log has overtaken: [`OnLag::Skip`] by default.
    #[must_use]
    pub fn on_lag(mut self, on_lag: OnLag) -> Self {
        self.on_lag = on_lag;
        self
    }

    /// Sets how long the peer may leave written bytes untouched before it counts as gone: 60 s by default; `None` waits
    /// for ever.
    ///
    /// Only drivers that write themselves notice ([`Session::handle_write_pending`](super::Session::handle_write_pending)),
    /// as `serve` and `write_to` of the adapters do. An HTTP engine that writes itself (`axum::serve`, hyper, HTTP/2) does
    /// not ask a session whose peer is stuck: there the socket needs a deadline, which the wrapper `WriteTimeout` of the
    /// adapters sets, and until then a session costs its cursor and the engine's buffer.
    #[must_use]
    pub fn write_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.write_timeout = timeout.into();
        self
    }

    /// Sets the time after which the response ends at the latest, so that clients reconnect with fresh credentials, or to
    /// another server: `None` by default, which sets no bound. Up to a tenth of it is taken off at random, so that
    /// sessions which began together do not end together.
    #[must_use]
    pub fn max_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.max_age = age.into();
        self
    }

    /// Sets how long messages are held back at most, so that several are transmitted together: zero by default, which
    /// transmits each at once. The time begins with the first message that waits. It delays every message by up to as much,
    /// and saves most of what the system charges for a write to each client: with many clients that is most of what an
    /// event costs. Messages that fill the [queue](Self::queue), the last ones of a response, and those that publishers
    /// [wait for](crate::server::Subscription::awaited) are not held back.
    ///
    /// A session that reads from a log reads nothing meanwhile: the log has to keep what is published in that time.
    #[must_use]
    pub fn coalesce(mut self, delay: Duration) -> Self {
        self.coalesce = delay;
        self
    }

    /// [`RESYNC`](Self::RESYNC) as an event type, which costs no allocation.
    pub(super) const fn default_resync() -> EventType {
        EventType::received(Text::from_static(Self::RESYNC))
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// What becomes of a reader that was so slow that messages are gone which it had not read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OnLag {
    /// The response ends; the client reconnects with its last event ID and learns of the gap then.
    Disconnect,
    /// It continues with the oldest message that is kept, and the gap is reported: the default.
    #[default]
    Skip,
}
