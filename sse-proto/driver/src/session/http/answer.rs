//! Responses by the method of a request.

use core::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use sse_proto::server::{Reply, Request};

/// Responds to a request for events: to GET with what this function returns, to HEAD with the head that it would have, to
/// OPTIONS with 204 and `Allow`, and to any other method with 405 and `Allow` ([`Reply`]).
///
/// The method and the header fields are those of any framework, whatever its types are called: fields are pairs of names and
/// values. What this returns, a framework of the crate `http` takes as it is; the others get its status, its header fields
/// and its body, which is a stream as well (feature `stream`).
///
/// ```
/// use http::{Request, Response};
/// use sse_driver::{EventLog, Session, server::{OptionalBody, respond}, transport::Runtime};
///
/// fn events<K, B>(log: &EventLog<K>, request: &Request<B>) -> Response<OptionalBody<Session<K>>>
/// where
///     K: Runtime<Timer: Send> + 'static,
/// {
///     respond(request.method(), request.headers(), |request| Session::resume(log, request.last_event_id()).into_http_response())
/// }
/// ```
pub fn respond<N: AsRef<str>, V: AsRef<[u8]>, B>(
    method: impl AsRef<str>,
    fields: impl IntoIterator<Item = (N, V)>,
    open: impl FnOnce(Request) -> Response<B>,
) -> Response<OptionalBody<B>> {
    match Request::read(method, fields) {
        Ok(request) => open(request).map(|body| OptionalBody(Some(body))),
        Err(reply) => reply_with(reply, OptionalBody(None)),
    }
}

/// Returns the response to a request that is not GET.
pub(crate) fn reply_with<B>(reply: Reply, body: B) -> Response<B> {
    let mut response = with_fields(body, reply.headers().iter().copied());
    *response.status_mut() = StatusCode::from_u16(reply.status()).unwrap_or_default();
    response
}

pub(crate) fn with_fields<B>(body: B, fields: impl IntoIterator<Item = (&'static str, &'static str)>) -> Response<B> {
    let mut response = Response::new(body);
    for (name, value) in fields {
        if let Ok(name) = HeaderName::try_from(name) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// Serves the events of one path: returns a service that [responds](respond) to every request.
///
/// It is a service of hyper, which [`serve`](crate::serve()) and hyper take, and with the feature `axum` one of tower, which
/// axum's `Router::route_service` takes.
///
/// ```
/// use sse_driver::{EventLog, Session, server::{Events, events}, transport::Runtime};
/// # use sse_driver::server::Request;
///
/// fn service<K>(log: EventLog<K>) -> Events<impl Fn(Request) -> http::Response<Session<K>> + Clone>
/// where
///     K: Runtime<Timer: Send> + 'static,
/// {
///     events(move |request| Session::resume(&log, request.last_event_id()).into_http_response())
/// }
/// ```
pub fn events<F, B>(open: F) -> Events<F>
where
    F: Fn(Request) -> Response<B>,
{
    Events(open)
}

/// A service of hyper, and with the feature `axum` of tower, that responds to requests for events: made by [`events`].
#[derive(Clone, Copy)]
pub struct Events<F>(F);

impl<F, B> hyper::service::Service<http::Request<Incoming>> for Events<F>
where
    F: Fn(Request) -> Response<B>,
{
    type Response = Response<OptionalBody<B>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        ready(Ok(respond(request.method(), request.headers(), &self.0)))
    }
}

#[cfg(feature = "axum")]
impl<F, B> tower_service::Service<http::Request<axum_core::body::Body>> for Events<F>
where
    F: Fn(Request) -> Response<B>,
{
    type Response = Response<OptionalBody<B>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<axum_core::body::Body>) -> Self::Future {
        ready(Ok(respond(request.method(), request.headers(), &self.0)))
    }
}

impl<F> fmt::Debug for Events<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// The body of a response that may have none. Its length is unknown then too, because the response to HEAD must not name a
/// length that the response to GET does not have (RFC 9110, 8.6).
#[derive(Clone, Copy, Debug)]
pub struct OptionalBody<B>(
    /// The body, if there is one.
    pub Option<B>,
);

impl<B> Default for OptionalBody<B> {
    fn default() -> Self {
        Self(None)
    }
}

impl<B: Body + Unpin> Body for OptionalBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.get_mut().0.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

#[cfg(feature = "stream")]
impl<B: futures_core::Stream + Unpin> futures_core::Stream for OptionalBody<B> {
    type Item = B::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<B::Item>> {
        self.get_mut().0.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_next(cx))
    }
}
