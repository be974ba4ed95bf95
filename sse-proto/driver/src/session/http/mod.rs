//! A session is the body of a response of HTTP.

mod answer;

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use std::io;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use sse_proto::{EventId, server};

#[cfg(any(feature = "axum", feature = "serve"))]
pub(crate) use self::answer::reply_with;
pub(crate) use self::answer::with_fields;
pub use self::answer::{Events, OptionalBody, events, respond};
#[cfg(feature = "serve")]
use super::WeakSession;
use super::{LocalSession, Session};
use crate::transport::Runtime;

impl<K> Session<K>
where
    K: Runtime + 'static,
    K::Timer: Send,
{
    /// Returns the response of a handler: status 200, the header fields of
    /// [`RESPONSE_HEADERS`](server::RESPONSE_HEADERS), and the session as its body.
    ///
    /// In axum (feature `axum`), a session is a response itself.
    pub fn into_http_response(self) -> http::Response<Self> {
        #[cfg(feature = "serve")]
        let weak = WeakSession::new(&self.parts);
        #[cfg_attr(not(feature = "serve"), expect(unused_mut, reason = "only `serve` needs the session"))]
        let mut response = response(self);
        #[cfg(feature = "serve")]
        response.extensions_mut().insert(weak);
        response
    }
}

impl<K: Runtime> LocalSession<K> {
    /// Returns the response of a handler, as [`Session::into_http_response`] does.
    pub fn into_http_response(self) -> http::Response<Self> {
        response(self)
    }
}

fn response<B>(body: B) -> http::Response<B> {
    with_fields(body, server::RESPONSE_HEADERS)
}

/// An error comes only where the application breaks the response off ([`Sender::abort`](super::Sender::abort),
/// [`disconnect`](crate::EventLog::disconnect)) or a drain cuts it.
impl<K: Runtime> Body for Session<K> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.get_mut().poll_bytes(cx).map(|bytes| bytes.map(|bytes| bytes.map(Frame::data)))
    }
}

/// An error comes only where the application breaks the response off ([`Sender::abort`](super::Sender::abort),
/// [`disconnect`](crate::EventLog::disconnect)) or a drain cuts it.
impl<K: Runtime> Body for LocalSession<K> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.get_mut().poll_bytes(cx).map(|bytes| bytes.map(|bytes| bytes.map(Frame::data)))
    }
}

/// Reads the header `Last-Event-ID` of a request: `None` if it is missing or empty, and [`EventId::unusable`] if it cannot
/// be used. [`last_event_id_in_header`](server::last_event_id_in_header) reads the value alone.
pub fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    server::last_event_id_in_header(headers.get("last-event-id")?.as_bytes())
}
