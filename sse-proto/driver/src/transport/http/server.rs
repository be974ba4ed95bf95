//! The server's half: a session is the body of a response.

use core::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use sse_proto::{EventId, server};

use crate::{session::Session, transport::Runtime};

impl<K: Runtime> Session<K> {
    /// The response to return from a handler: status 200, the header fields of
    /// [`RESPONSE_HEADERS`](server::RESPONSE_HEADERS), and the session as its body.
    ///
    /// This method goes before that of axum's trait `IntoResponse` (feature `axum`), also where the trait is imported. For
    /// axum's own response, as in a `match` with other answers, call `IntoResponse::into_response(session)`.
    pub fn into_response(self) -> http::Response<Self> {
        let mut response = http::Response::new(self);
        for (name, value) in server::RESPONSE_HEADERS {
            if let Ok(name) = HeaderName::try_from(name) {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
        }
        response
    }
}

impl<K: Runtime> Body for Session<K> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.get_mut().poll_bytes(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The last event ID that a request asks to resume after: `None` if the header is missing or empty, and
/// [`EventId::unusable`] if it cannot be used ([`server::last_event_id`]).
pub fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    server::last_event_id(headers.get("last-event-id")?.as_bytes())
}
