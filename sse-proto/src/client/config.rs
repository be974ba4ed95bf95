//! What a client is asked to do.

use core::time::Duration;

use super::{Backoff, HeaderError, Headers, InvalidUrl, request::LAST_EVENT_ID, url::Url};
use crate::{EventId, Limits, Report, Text};

/// What to connect to, and how. Every setting but the URL has a default.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::client::Config;
///
/// let config = Config::new("https://example.com/events")?
///     .header("Authorization", "Bearer 73857293")?
///     .reconnection_time(Duration::from_secs(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) url: Text,
    pub(super) headers: Headers,
    pub(super) last_event_id: Option<EventId>,
    pub(super) reconnection_time: Duration,
    pub(super) backoff: Backoff,
    pub(super) jitter_seed: Option<u64>,
    pub(super) redirects: u32,
    pub(super) limits: Limits,
    pub(super) report: Report,
}

impl Config {
    /// Connects to `url`.
    ///
    /// # Errors
    ///
    /// The text is no absolute URL with a host (R-002).
    pub fn new(url: impl Into<Text>) -> Result<Self, InvalidUrl> {
        let url = url.into();
        if Url::parse(&url).is_none() {
            return Err(InvalidUrl { url });
        }
        Ok(Self {
            url,
            headers: Headers::new(),
            last_event_id: None,
            reconnection_time: Duration::from_secs(3),
            backoff: Backoff::default(),
            jitter_seed: None,
            redirects: 20,
            limits: Limits::default(),
            report: Report::default(),
        })
    }

    /// Sends this header field with every request, in place of our own of the same name. A `Last-Event-ID` is the
    /// first one, as with [`last_event_id`](Self::last_event_id).
    ///
    /// # Errors
    ///
    /// The name is no token, or the value holds control characters.
    pub fn header(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Result<Self, HeaderError> {
        let (name, value) = (name.into(), value.into());
        if name.eq_ignore_ascii_case(LAST_EVENT_ID) {
            let id = EventId::new(value.clone()).ok().filter(EventId::fits_header);
            self.last_event_id = Some(id.ok_or(HeaderError::Value { name, at: 0 })?);
            return Ok(self);
        }
        self.headers.append(name, value.into_bytes())?;
        Ok(self)
    }

    /// Resumes after this event, as if it had been received on an earlier connection.
    #[must_use]
    pub fn last_event_id(mut self, id: EventId) -> Self {
        self.last_event_id = Some(id);
        self
    }

    /// How long to wait before a reconnection, until the server sets another time: 3 s by default.
    #[must_use]
    pub fn reconnection_time(mut self, time: Duration) -> Self {
        self.reconnection_time = time;
        self
    }

    /// How the wait grows while the server cannot be reached.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The seed of the random part of the waits. An adapter finds one for each client; whoever drives the machine by
    /// hand gives each another one.
    #[must_use]
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// Sets the seed if the caller has not.
    #[cfg(feature = "driver")]
    pub(crate) fn seeded(mut self, seed: u64) -> Self {
        self.jitter_seed.get_or_insert(seed);
        self
    }

    /// How many redirects in a row are followed: 20 by default (R-025).
    #[must_use]
    pub fn redirects(mut self, most: u32) -> Self {
        self.redirects = most;
        self
    }

    /// What the server may make the client keep.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What is reported beside events.
    #[must_use]
    pub fn report(mut self, report: Report) -> Self {
        self.report = report;
        self
    }

    /// The URL as it was given.
    pub fn url(&self) -> &str {
        &self.url
    }
}
