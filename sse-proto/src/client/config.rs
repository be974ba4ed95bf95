//! What a client is asked to do.

use alloc::{format, string::String};
use core::{fmt, time::Duration};

use bytes::Bytes;

use super::{
    Backoff, HeaderError, Headers, InvalidMethod, InvalidUrl, Policy, RememberRedirects, Resilient, Standard, Timeouts,
    headers, method,
    policy::SharedPolicy,
    request::{ACCEPT, LAST_EVENT_ID},
    url::{self, ShownUrl},
};
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
/// let config = ClientConfig::new("https://example.com/events")?
///     .header("Authorization", "Bearer 73857293")?
///     .reconnection_time(Duration::from_secs(1))
///     .idle_timeout(Duration::from_secs(60))
///     .resilient();
/// # Ok::<(), Box<dyn std::error::Error>>(())
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
    /// Connects to `url`.
    ///
    /// # Errors
    ///
    /// The text is no absolute URL with a host, or has credentials in it (R-002).
    pub fn new(url: impl Into<Text>) -> Result<Self, InvalidUrl> {
        let url = url.into();
        if let Err(reason) = url::check(&url) {
            return Err(InvalidUrl { url, reason });
        }
        Ok(Self {
            method: Text::from_static("GET"),
            url,
            headers: Headers::new(),
            accept: Bytes::from_static(ACCEPT),
            body: Bytes::new(),
            resend: false,
            last_event_id: None,
            reconnection_time: Duration::from_secs(3),
            backoff: Backoff::default(),
            jitter_seed: None,
            max_reconnections: None,
            give_up_after: None,
            retry_first: true,
            timeouts: Timeouts::default(),
            policy: SharedPolicy::new(Standard),
            any_content_type: false,
            redirects: 20,
            remember_redirects: RememberRedirects::default(),
            refusal_body: 8 * 1024,
            recent_input: 0,
            limits: Limits::default(),
            report: Report::default(),
        })
    }

    /// Connects to the URL of these parts, where `path` may have a query behind it.
    ///
    /// ```
    /// use sse_proto::client::ClientConfig;
    ///
    /// let config = ClientConfig::from_parts("https", "example.com", Some(8443), "/events?room=7")?;
    /// assert_eq!(config.url(), "https://example.com:8443/events?room=7");
    /// # Ok::<(), sse_proto::client::InvalidUrl>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_parts(scheme: &str, host: &str, port: Option<u16>, path: &str) -> Result<Self, InvalidUrl> {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let slash = if path.is_empty() || path.starts_with(['/', '?']) { "" } else { "/" };
        Self::new(String::from(scheme) + "://" + host + &port + slash + path)
    }

    /// Asks with this method instead of `GET`. The six methods of old are taken in any case.
    ///
    /// A request whose method is not safe (RFC 9110, section 9.2.1), a `POST` above all, is not sent again by itself
    /// unless there is an event ID to go on from; see [`resend`](Self::resend).
    ///
    /// # Errors
    ///
    /// It is no token, or one of `CONNECT`, `TRACE` and `TRACK`.
    pub fn method(mut self, method: impl Into<Text>) -> Result<Self, InvalidMethod> {
        self.method = method::check(method.into())?;
        Ok(self)
    }

    /// Sends this body with the request: empty by default. Its type is for a header `Content-Type` to say, and the
    /// method for [`method`](Self::method).
    ///
    /// ```
    /// use sse_proto::client::ClientConfig;
    ///
    /// let config = ClientConfig::new("https://example.com/completions")?
    ///     .method("POST")?
    ///     .header("Content-Type", "application/json")?
    ///     .body(r#"{"stream":true}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Whether a request whose method is not safe may be sent again although there is no event ID to go on from (D-11).
    /// Not by default: the server would do again what it has done already.
    #[must_use]
    pub fn resend(mut self, allowed: bool) -> Self {
        self.resend = allowed;
        self
    }

    /// Sends this header field with every request. Two fields are treated specially:
    ///
    /// - The types of an `Accept` are asked for beside `text/event-stream`; [`accept`](Self::accept) replaces it.
    /// - A `Last-Event-ID` sets the initial ID, as with [`last_event_id`](Self::last_event_id).
    ///
    /// `Cache-Control` and `Pragma` replace those of this crate. Any other field may be given several times; each is
    /// sent.
    ///
    /// A client for the Model Context Protocol has to ask for two types:
    ///
    /// ```
    /// use sse_proto::client::{ClientConfig, EventSource, Output};
    ///
    /// let config = ClientConfig::new("https://example.com/mcp")?
    ///     .method("POST")?
    ///     .header("Accept", "application/json, text/event-stream")?
    ///     .header("Content-Type", "application/json")?
    ///     .body(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    ///     .max_reconnections(0);
    /// let Output::Connect(request) = EventSource::new(config).poll_output(Default::default()) else { panic!() };
    /// assert_eq!(request.headers.value("accept"), Some(&b"application/json, text/event-stream"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// `application/json` alone would do: the client asks for `text/event-stream` as well, unless
    /// [`accept`](Self::accept) has replaced that.
    ///
    /// A response of type `application/json` opens no stream. It is a failure of kind
    /// [`ContentType`](super::FailReason::ContentType), and the beginning of the JSON is in the
    /// [`body`](super::Refusal::body) of the refusal. A `POST` that got an event ID is sent again after its stream has
    /// ended, unless [`max_reconnections`](Self::max_reconnections) is set to 0, as it is here.
    ///
    /// # Errors
    ///
    /// The name is no token, or one that the transport sets; or the value holds control characters.
    pub fn header(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Result<Self, HeaderError> {
        let (name, value) = (name.into(), value.into());
        if name.eq_ignore_ascii_case("Accept") {
            headers::check(&name, value.as_bytes())?;
            self.accept = headers::with_types(&self.accept, value.as_bytes());
            return Ok(self);
        }
        if name.eq_ignore_ascii_case(LAST_EVENT_ID) {
            headers::check(&name, value.as_bytes())?;
            self.last_event_id = Some(EventId::received(value));
            return Ok(self);
        }
        if TRANSPORT.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(HeaderError::Reserved { name });
        }
        self.headers.append(name, value.into_bytes())?;
        Ok(self)
    }

    /// Asks for these types instead of `text/event-stream` (R-011). The response is still checked: see
    /// [`any_content_type`](Self::any_content_type).
    ///
    /// # Errors
    ///
    /// The value holds control characters.
    pub fn accept(mut self, types: impl Into<Text>) -> Result<Self, HeaderError> {
        let types = types.into();
        headers::check(&Text::from_static("Accept"), types.as_bytes())?;
        self.accept = types.into_bytes();
        Ok(self)
    }

    /// Resumes after this event, as if it had been received on an earlier connection.
    #[must_use]
    pub fn last_event_id(mut self, id: EventId) -> Self {
        self.last_event_id = Some(id);
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

    /// The seed of the random part of the waits. An adapter finds one for each client; whoever drives the machine by
    /// hand gives each another one.
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

    /// Gives up after so many reconnections in a row that led to no healthy connection; see [`Backoff`] for what is
    /// healthy. Without limit by default, as the standard has it.
    ///
    /// With 0, the source is one connection: it is [closed](super::Change::Closed) at the orderly end of the stream, and
    /// [fails](super::FailReason::GaveUp) if there was no connection or the stream was cut.
    #[must_use]
    pub fn max_reconnections(mut self, most: u32) -> Self {
        self.max_reconnections = Some(most);
        self
    }

    /// Gives up if there is no healthy connection for so long: a reconnection that would come later is not waited for.
    /// The random time counts, so set several times the reconnection time. Never by default, as the standard has it.
    #[must_use]
    pub fn give_up_after(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.give_up_after = time.into();
        self
    }

    /// Whether the connection is tried again even if the stream has never been open: it is by default, as the standard
    /// has it (R-031).
    #[must_use]
    pub fn retry_first(mut self, retry: bool) -> Self {
        self.retry_first = retry;
        self
    }

    /// How long to wait for a connection, where the transport can tell: 30 s by default.
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

    /// How long an open stream may be silent, without so much as a comment, before the connection is taken for dead
    /// and reestablished. Without limit by default, as the standard has it; a server that sends a comment every 15 s
    /// allows for 45 s, say.
    #[must_use]
    pub fn idle_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.timeouts.idle = time.into();
        self
    }

    /// Decides what is done with responses and network errors: [`Standard`] by default.
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
    #[must_use]
    pub fn resilient(self) -> Self {
        self.policy(Resilient)
    }

    /// Whether a 200 is accepted whatever its type says (R-021 asks for `text/event-stream`).
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

    /// Keeps the last bytes of the stream as they came, so many, for
    /// [`EventSource::recent_input`](super::EventSource::recent_input): none by default.
    #[must_use]
    pub fn recent_input(mut self, most: usize) -> Self {
        self.recent_input = most;
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

/// Header fields that say how a request is transmitted.
const TRANSPORT: [&str; 6] = ["Connection", "Content-Length", "Keep-Alive", "TE", "Transfer-Encoding", "Upgrade"];
