//! The part of the settings that makes a request: URL, method, header fields and body.

#[cfg(feature = "json")]
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use bytes::Bytes;
#[cfg(feature = "json")]
use serde::Serialize;

use super::ClientConfig;
use crate::{
    EventId, Limits, Report, Text,
    client::{
        Backoff, Headers, RememberRedirects, RequestError, Standard, Timeouts, headers, method,
        policy::SharedPolicy,
        request::{ACCEPT, LAST_EVENT_ID, is_of_transport},
        url::{self, push_form},
    },
};

impl ClientConfig {
    /// Requests `url` by `GET`.
    ///
    /// # Errors
    ///
    /// The text is no absolute URL with a host (R-002), has credentials in it, holds a character that must be
    /// percent-encoded, or is longer than 65,534 bytes.
    pub fn get(url: impl Into<Text>) -> Result<Self, RequestError> {
        Ok(Self {
            method: Text::from_static("GET"),
            url: url::checked_by_caller(url.into())?,
            headers: Headers::new(),
            accept: Bytes::from_static(ACCEPT),
            body: Bytes::new(),
            resend: false,
            last_event_id: None,
            reconnection_time: Duration::from_secs(3),
            backoff: Backoff::new(),
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
            limits: Limits::new(),
            report: Report::new(),
        })
    }

    /// Requests `url` by `POST`.
    ///
    /// A `POST` is not sent again by itself unless there is an event ID to resume after; see [`resend`](Self::resend).
    ///
    /// ```
    /// use sse_proto::client::ClientConfig;
    ///
    /// let config = ClientConfig::post("https://example.com/completions")?
    ///     .bearer("73857293")?
    ///     .header("Content-Type", "application/json")?
    ///     .body(r#"{"stream":true}"#)
    ///     .max_reconnections(0);
    /// # Ok::<(), sse_proto::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn post(url: impl Into<Text>) -> Result<Self, RequestError> {
        Ok(Self { method: Text::from_static("POST"), ..Self::get(url)? })
    }

    /// Requests the URL of these parts by `GET`. A query may follow the `path`.
    ///
    /// The `host` is a name or an address alone, which may come from a source that is less trusted than the program: what
    /// would end it, such as `/`, `?` or `#`, and what would be a user name or a port, is refused. An IPv6 address may be
    /// given in brackets or without them.
    ///
    /// ```
    /// use sse_proto::client::ClientConfig;
    ///
    /// let config = ClientConfig::from_parts("https", "example.com", Some(8443), "/events?room=7")?;
    /// assert_eq!(config.url(), "https://example.com:8443/events?room=7");
    /// # Ok::<(), sse_proto::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and the scheme or the host is none.
    pub fn from_parts(scheme: &str, host: &str, port: Option<u16>, path: &str) -> Result<Self, RequestError> {
        url::from_parts(scheme, host, port, path).and_then(Self::get)
    }

    /// Returns the same settings for another URL. All header fields are kept, credentials too.
    ///
    /// ```
    /// use sse_proto::client::ClientConfig;
    ///
    /// let service = ClientConfig::get("https://example.com/")?.bearer("73857293")?.resilient();
    /// let prices = service.with_url("https://example.com/prices")?;
    /// let trades = service.with_url("https://example.com/trades")?;
    /// # assert_eq!((service.url(), prices.url()), ("https://example.com/", "https://example.com/prices"));
    /// # Ok::<(), sse_proto::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn with_url(&self, url: impl Into<Text>) -> Result<Self, RequestError> {
        Ok(Self { url: url::checked_by_caller(url.into())?, ..self.clone() })
    }

    /// Adds a parameter to the query of the URL, encoded as in a form (`application/x-www-form-urlencoded`).
    ///
    /// ```
    /// use sse_proto::client::ClientConfig;
    ///
    /// let config = ClientConfig::get("https://example.com/events?room=7")?.query("since", "10:30 & later");
    /// assert_eq!(config.url(), "https://example.com/events?room=7&since=10%3A30+%26+later");
    /// # Ok::<(), sse_proto::client::RequestError>(())
    /// ```
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let (before, fragment) = self.url.split_at(self.url.find('#').unwrap_or(self.url.len()));
        let mut url = String::from(before);
        match before.split_once('?') {
            None => url.push('?'),
            Some((_, query)) if query.is_empty() || query.ends_with('&') => {}
            Some(_) => url.push('&'),
        }
        push_form(&mut url, name);
        url.push('=');
        push_form(&mut url, value);
        url.push_str(fragment);
        self.url = url.into();
        self
    }

    /// Sets the method. `DELETE`, `GET`, `HEAD`, `OPTIONS`, `POST` and `PUT` are matched case-insensitively and sent in
    /// upper case; any other is sent unchanged.
    ///
    /// A request whose method is not safe (RFC 9110, section 9.2.1), a `POST` above all, is not sent again by itself
    /// unless there is an event ID to resume after; see [`resend`](Self::resend).
    ///
    /// # Errors
    ///
    /// It is no token, or one of `CONNECT`, `TRACE` and `TRACK`.
    pub fn method(mut self, method: impl Into<Text>) -> Result<Self, RequestError> {
        self.method = method::check(method.into())?;
        Ok(self)
    }

    /// Sends this body with the request: empty by default. Set a header `Content-Type` for its type, and use
    /// [`post`](Self::post) or [`method`](Self::method).
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends this value as JSON in the body, with the `Content-Type` `application/json` unless there is another one. The
    /// method stays unchanged.
    ///
    /// ```
    /// use sse_proto::client::ClientConfig;
    ///
    /// let config = ClientConfig::post("https://example.com/completions")?.json(&("prompt", 7))?;
    /// # Ok::<(), sse_proto::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The value cannot be serialized.
    #[cfg(feature = "json")]
    #[cfg_attr(docsrs, doc(cfg(feature = "json")))]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Self, RequestError> {
        let json =
            serde_json::to_vec(value).map_err(|error| RequestError::Json { reason: format!("{error}").into() })?;
        if self.headers.value(CONTENT_TYPE).is_none() {
            self.headers.push(Text::from_static(CONTENT_TYPE), Bytes::from_static(b"application/json"));
        }
        Ok(self.body(json))
    }

    /// Sends this token as `Authorization: Bearer`, in place of any other `Authorization`.
    ///
    /// # Errors
    ///
    /// The token holds control characters.
    pub fn bearer(mut self, token: impl AsRef<str>) -> Result<Self, RequestError> {
        self.headers.set("Authorization", String::from("Bearer ") + token.as_ref())?;
        Ok(self)
    }

    /// Sends this header field with every request. Two fields are treated specially:
    ///
    /// - The types of an `Accept` are added to `text/event-stream`; [`accept`](Self::accept) replaces it.
    /// - A `Last-Event-ID` sets the initial ID, as with [`last_event_id`](Self::last_event_id).
    ///
    /// `Cache-Control` and `Pragma` replace the defaults. Any other field may be set several times; each one is sent.
    ///
    /// A client for the Model Context Protocol has to ask for two types:
    ///
    /// ```
    /// use sse_proto::client::{ClientConfig, EventSource, Output};
    ///
    /// let config = ClientConfig::post("https://example.com/mcp")?
    ///     .header("Accept", "application/json, text/event-stream")?
    ///     .header("Content-Type", "application/json")?
    ///     .body(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    ///     .max_reconnections(0);
    /// let Output::Connect(request) = EventSource::new(config).poll_output(Default::default()) else { panic!() };
    /// assert_eq!(request.headers.value("accept"), Some(&b"application/json, text/event-stream"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// `application/json` alone is enough: the client accepts `text/event-stream` as well, unless
    /// [`accept`](Self::accept) has replaced that.
    ///
    /// A response of type `application/json` opens no stream. It is a failure of kind
    /// [`ContentType`](crate::client::FailReason::ContentType), and the beginning of the JSON is in the
    /// [`body`](crate::client::Refusal::body) of the refusal, which `Refusal::json` reads (feature `json`). A `POST` that got an
    /// event ID is sent again after its stream has ended, unless [`max_reconnections`](Self::max_reconnections) is set to
    /// 0, as here.
    ///
    /// # Errors
    ///
    /// The name is no token, or one that the transport sets; or the value holds control characters.
    pub fn header(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Result<Self, RequestError> {
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
        if is_of_transport(&name) {
            return Err(RequestError::HeaderReserved { name });
        }
        self.headers.append(name, value.into_bytes())?;
        Ok(self)
    }

    /// Accepts these types instead of `text/event-stream` (R-011). The response is still checked: see
    /// [`any_content_type`](Self::any_content_type).
    ///
    /// # Errors
    ///
    /// The value holds control characters.
    pub fn accept(mut self, types: impl Into<Text>) -> Result<Self, RequestError> {
        let types = types.into();
        headers::check(&Text::from_static("Accept"), types.as_bytes())?;
        self.accept = types.into_bytes();
        Ok(self)
    }
}

#[cfg(feature = "json")]
const CONTENT_TYPE: &str = "Content-Type";
