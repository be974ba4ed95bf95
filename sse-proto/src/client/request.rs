//! The request that is sent.

use core::fmt;

use bytes::Bytes;

use super::{
    ClientConfig, Headers, Loss, Timeouts,
    headers::CREDENTIALS,
    response::Redirect,
    url::{ShownUrl, Url},
};
use crate::{EventId, Text, hidden::Hidden};

/// A request that the driver has to send, with exactly these header fields.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The method, `GET` unless the configuration has another one (R-010).
    pub method: Text,
    /// The URL, with its host; never relative.
    pub url: Text,
    /// The header fields, `Accept` and `Last-Event-ID` among them. `Host` and those that say how the request is
    /// transmitted, `Content-Length` above all, are the driver's.
    pub headers: Headers,
    /// The body; empty means that there is none.
    pub body: Bytes,
    /// Which reconnection this is, counted from 1 since the connection was last healthy; 0 for the first request of all.
    pub attempt: u32,
    /// Why the connection before this one was lost; `None` for the first request of all.
    pub cause: Option<Loss>,
    /// How many redirects led here since the attempt began.
    pub redirects: u32,
    /// How long the state machine will wait. A transport need not enforce it: it is dropped when the time is up.
    pub timeouts: Timeouts,
}

/// The default value of `Accept`.
pub(super) const ACCEPT: &[u8] = b"text/event-stream";

/// The name of the header that carries the last event ID.
pub(crate) const LAST_EVENT_ID: &str = "Last-Event-ID";

/// Whether this header field says how a request is transmitted.
pub(super) fn is_of_transport(name: &str) -> bool {
    ["Connection", "Content-Length", "Keep-Alive", "TE", "Transfer-Encoding", "Upgrade"]
        .iter()
        .any(|field| name.eq_ignore_ascii_case(field))
}

impl Request {
    /// Creates a first request with default settings, for tests of transports.
    pub fn get(url: impl Into<Text>) -> Self {
        let mut headers = Headers::new();
        add_standard(&mut headers, Bytes::from_static(ACCEPT), None);
        Self {
            method: Text::from_static("GET"),
            url: url.into(),
            headers,
            body: Bytes::new(),
            attempt: 0,
            cause: None,
            redirects: 0,
            timeouts: Timeouts::default(),
        }
    }

    /// The request that begins an attempt, at `url` instead of the configured one if a redirect is remembered.
    pub(super) fn new(config: &ClientConfig, url: &Text, last_event_id: Option<&EventId>) -> Self {
        let mut headers = config.headers.clone();
        if !same_origin(url, &config.url) {
            drop_bound(&mut headers);
        }
        add_standard(&mut headers, config.accept.clone(), last_event_id);
        Self {
            method: config.method.clone(),
            url: url.clone(),
            headers,
            body: config.body.clone(),
            attempt: 0,
            cause: None,
            redirects: 0,
            timeouts: config.timeouts,
        }
    }

    /// Follows the redirect (D-10).
    pub(super) fn redirect(&mut self, to: &Redirect) {
        if !same_origin(&to.url, &self.url) {
            drop_bound(&mut self.headers);
        }
        if to.as_get {
            self.turn_to_get();
        }
        self.url = to.url.clone();
        self.redirects += 1;
    }

    /// Names and values of the header fields that a transport copies, in order: all of [`headers`](Self::headers) but
    /// `Connection`, `Content-Length`, `Keep-Alive`, `TE`, `Transfer-Encoding` and `Upgrade`. A hook that prepares requests
    /// can add these, and a transport sets them itself.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().filter(|(name, _)| !is_of_transport(name))
    }

    /// Makes it a `GET`: drops the body, and the header fields that describe it. For protocols that resume by `GET` what
    /// began with a `POST`, in a hook that prepares requests.
    ///
    /// ```
    /// use sse_proto::client::Request;
    ///
    /// /// The stream of a `POST` is resumed by `GET`.
    /// fn prepare(mut request: Request) -> Request {
    ///     if request.headers.value("Last-Event-ID").is_some() {
    ///         request.turn_to_get();
    ///     }
    ///     request
    /// }
    ///
    /// let mut request = Request::get("https://example.com/mcp");
    /// request.method = "POST".into();
    /// request.headers.set("Content-Type", "application/json")?;
    /// assert_eq!(prepare(request.clone()).method, "POST");
    /// request.headers.set("Last-Event-ID", "7")?;
    /// let request = prepare(request);
    /// assert_eq!((&*request.method, request.headers.value("Content-Type")), ("GET", None));
    /// # Ok::<(), sse_proto::client::RequestError>(())
    /// ```
    pub fn turn_to_get(&mut self) {
        self.method = Text::from_static("GET");
        self.body = Bytes::new();
        for name in ["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"] {
            self.headers.remove(name);
        }
    }
}

/// Shows neither the body nor most values of header fields, and omits the URL's user name, password, query and
/// fragment.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Request");
        shown.field("method", &self.method).field("url", &ShownUrl(&self.url)).field("headers", &self.headers);
        shown.field("body", &Hidden(self.body.len()));
        shown.field("attempt", &self.attempt).field("cause", &self.cause).finish_non_exhaustive()
    }
}

pub(super) fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Some(one), Some(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

/// Whether these are certainly URLs of two origins; `false` if either text is no URL.
pub(super) fn are_apart(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Some(one), Some(other)) => one.origin() != other.origin(),
        _ => false,
    }
}

/// Drops what is bound to one origin: the credentials, and the name of the host (D-10).
pub(super) fn drop_bound(headers: &mut Headers) {
    CREDENTIALS.iter().for_each(|name| headers.remove(name));
    headers.remove("Host");
}

fn add_standard(headers: &mut Headers, accept: Bytes, last_event_id: Option<&EventId>) {
    // R-011.
    headers.push(Text::from_static("Accept"), accept);
    // R-012, where Fetch turns the cache mode no-store into these two fields.
    for name in ["Cache-Control", "Pragma"] {
        if headers.value(name).is_none() {
            headers.push(Text::from_static(name), Bytes::from_static(b"no-cache"));
        }
    }
    // R-014, R-035, R-036 and D-02: set for each attempt, the bytes unchanged.
    headers.remove(LAST_EVENT_ID);
    if let Some(id) = last_event_id {
        headers.push(Text::from_static(LAST_EVENT_ID), id.clone().into_text().into_bytes());
    }
}
