//! The settings of a client.

mod request;

use core::{fmt, time::Duration};

use bytes::Bytes;

use super::{Backoff, Headers, Policy, RememberRedirects, Resilient, Timeouts, policy::SharedPolicy, url::ShownUrl};
use crate::{EventId, Limits, Report, Text, hidden::Hidden};

/// What to connect to, and how. Every setting but the URL has a default.
///
/// `Debug` omits the URL's user name, password, query and fragment. It shows the names of the header fields, the values
/// of those that are known to be harmless, and the lengths of the body and the last event ID.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::client::ClientConfig;
///
/// let config = ClientConfig::get("https://example.com/events")?
///     .bearer("73857293")?
///     .reconnection_time(Duration::from_secs(1))
///     .idle_timeout(Duration::from_secs(60))
///     .resilient();
/// # Ok::<(), sse_proto::client::RequestError>(())
/// ```
#[derive(Clone)]
pub struct ClientConfig {
    pub(super) method: Text,
    pub(super) url: Text,
    pub(super) headers: Headers,
    /// The value of `Accept`.
    pub(super) accept: Bytes,
    pub(super) body: Bytes,
    pub(super) resend: bool,
    pub(super) last_event_id: Option<EventId>,
    pub(super) reconnection_time: Duration,
    pub(super) backoff: Backoff,
    pub(super) jitter_seed: Option<u64>,
    pub(super) max_reconnections: Option<u32>,
    pub(super) give_up_after: Option<Duration>,
    pub(super) retry_first: bool,
    pub(super) timeouts: Timeouts,
    pub(super) policy: SharedPolicy,
    pub(super) any_content_type: bool,
    pub(super) redirects: u32,
    pub(super) remember_redirects: RememberRedirects,
    pub(super) refusal_body: usize,
    pub(super) recent_input: usize,
    pub(super) limits: Limits,
    pub(super) report: Report,
}

impl ClientConfig {
    /// Whether a request whose method is not safe may be sent again although there is no event ID to resume after (D-11).
    /// Not by default: the server would do the work twice.
    #[must_use]
    pub fn resend(mut self, allowed: bool) -> Self {
        self.resend = allowed;
        self
    }

    /// Resumes after this event, as if it had been received on an earlier connection. `None`, the default, begins anew: an
    /// ID that may be missing, such as that of a relay's client, is passed on unchanged.
    #[must_use]
    pub fn last_event_id(mut self, id: impl Into<Option<EventId>>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// How long to wait before a reconnection, until the server sets another time: 3 s by default. A random time is added
    /// to each wait; see [`Backoff`].
    #[must_use]
    pub fn reconnection_time(mut self, time: Duration) -> Self {
        self.reconnection_time = time;
        self
    }

    /// How waits grow while the server is unreachable, and how much random time is added.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The seed of the random part of the waits. An adapter finds one for each client; a program that drives the machine
    /// by hand should use a different one for each.
    #[must_use]
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// Sets the [seed](Self::jitter_seed) unless the caller has set one. This is for drivers, which have a seed for each
    /// client.
    #[must_use]
    pub fn or_jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed.get_or_insert(seed);
        self
    }

    /// Gives up after this number of reconnections in a row that led to no healthy connection; see [`Backoff`] for what
    /// is healthy. Without limit by default, as the standard has it.
    ///
    /// With 0, the source is one connection: it is [closed](super::Change::Closed) at the orderly end of the stream, and
    /// [fails](super::FailReason::GaveUp) if there was no connection or the stream was cut.
    #[must_use]
    pub fn max_reconnections(mut self, most: u32) -> Self {
        self.max_reconnections = Some(most);
        self
    }

    /// Gives up if there is no healthy connection for this time: a reconnection that would come later is not waited for.
    /// The random time counts, so set several times the reconnection time. Never by default, as the standard has it.
    #[must_use]
    pub fn give_up_after(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.give_up_after = time.into();
        self
    }

    /// Whether the connection is reestablished even if the stream has never been open: yes by default, as the standard
    /// requires (R-031).
    #[must_use]
    pub fn retry_first(mut self, retry: bool) -> Self {
        self.retry_first = retry;
        self
    }

    /// How long to wait for a connection, where the transport can report it: 30 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.timeouts.connect = time.into();
        self
    }

    /// How long to wait for the head of the response, once connected: without limit by default, because there are servers
    /// that send it with the first event only.
    #[must_use]
    pub fn head_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.timeouts.head = time.into();
        self
    }

    /// How long an open stream may be silent, without even a comment, before the connection is treated as dead and
    /// reestablished. Without limit by default, as the standard has it; for a server that sends a comment every 15 s,
    /// 45 s are a good value.
    #[must_use]
    pub fn idle_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.timeouts.idle = time.into();
        self
    }

    /// Decides what is done with responses and network errors: [`Standard`](super::Standard) by default.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = SharedPolicy::new(policy);
        self
    }

    /// Treats 408, 425, 429 and 5xx as transient, and waits for as long as a `Retry-After` says, plus a random time
    /// ([`Backoff`]): the policy [`Resilient`] (D-08).
    ///
    /// The random time grows with each failure, to waits of up to [`Backoff::ceiling`]. It is added after the time
    /// asked for was cut to a day ([`Backoff::retry_ceiling`]), so that the wait can be longer than `used` of
    /// [`Change::DelayCapped`](super::Change::DelayCapped).
    ///
    /// A `POST` that was refused is still not sent again, unless [`resend`](Self::resend) allows it.
    #[must_use]
    pub fn resilient(self) -> Self {
        self.policy(Resilient)
    }

    /// Whether a 200 is accepted with any content type (R-021 asks for `text/event-stream`).
    #[must_use]
    pub fn any_content_type(mut self, any: bool) -> Self {
        self.any_content_type = any;
        self
    }

    /// How many redirects in a row are followed: 20 by default (R-025).
    #[must_use]
    pub fn redirects(mut self, most: u32) -> Self {
        self.redirects = most;
        self
    }

    /// Which redirects hold for reconnections as well: the permanent ones by default (D-05).
    #[must_use]
    pub fn remember_redirects(mut self, which: RememberRedirects) -> Self {
        self.remember_redirects = which;
        self
    }

    /// How many bytes are kept of the body of a response that opens no stream: 8 KiB by default. The source fails, or begins
    /// its wait for the next attempt, when the body has ended, or has reached this size, or after a second. With 0 it does
    /// so at once.
    #[must_use]
    pub fn refusal_body(mut self, most: usize) -> Self {
        self.refusal_body = most;
        self
    }

    /// Keeps the last `most` bytes of the stream, as received, for
    /// [`EventSource::recent_input`](super::EventSource::recent_input): none by default.
    #[must_use]
    pub fn recent_input(mut self, most: usize) -> Self {
        self.recent_input = most;
        self
    }

    /// How much the server may make the client keep.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What is reported besides events.
    #[must_use]
    pub fn report(mut self, report: Report) -> Self {
        self.report = report;
        self
    }

    /// The URL, unchanged.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ClientConfig");
        shown.field("method", &self.method).field("url", &ShownUrl(&self.url)).field("headers", &self.headers);
        shown.field("body", &Hidden(self.body.len())).field("resend", &self.resend);
        shown.field("last_event_id", &self.last_event_id.as_ref().map(|id| Hidden(id.len())));
        shown.field("reconnection_time", &self.reconnection_time).field("backoff", &self.backoff);
        shown.field("max_reconnections", &self.max_reconnections).field("give_up_after", &self.give_up_after);
        shown.field("timeouts", &self.timeouts).field("redirects", &self.redirects);
        shown.field("limits", &self.limits).field("report", &self.report).finish_non_exhaustive()
    }
}
