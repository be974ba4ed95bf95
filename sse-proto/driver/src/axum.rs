//! axum: a session is a response, and the last event ID is an extractor.

use core::convert::Infallible;

use axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use sse_proto::{
    EventId,
    server::{Reply, Request, last_event_id_in_query},
};

use crate::{
    Session,
    session::{OptionalBody, last_event_id, reply_with},
    transport::{NoMoreEvents, Runtime},
};

/// The event after which the client wants to continue: the header `Last-Event-ID` of the request.
///
/// It is `None` for a client that is new: the header is missing or empty. A header that cannot be used (longer than 1
/// KiB, not UTF-8, or not a valid event ID) is [`EventId::unusable`], which no log knows, so that the client learns
/// that it may miss something. The client chooses it; it proves nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LastEventId(
    /// The ID, if there is one.
    pub Option<EventId>,
);

/// The header `Last-Event-ID`, or else the parameter `lastEventId` of the URL's query. A header that is present and not
/// empty counts, even if it cannot be used ([`LastEventId`]). A parameter follows the same rules.
///
/// A client that cannot set headers sends the parameter, and a page can put it into the URL of its first connection. URLs end up
/// in logs and histories, which is why [`LastEventId`] does not look there; for a parameter of another name there is
/// [`last_event_id_in_query`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LastEventIdOrQuery(
    /// The ID, if there is one.
    pub Option<EventId>,
);

impl LastEventIdOrQuery {
    /// The parameter's name.
    pub const PARAMETER: &'static str = "lastEventId";
}

/// A request for events, for handlers that are called for any method: GET reaches the handler, and HEAD, OPTIONS and all
/// others get the response that is right for them ([`Reply`]). In the router: `.route("/events", any(handler))`.
///
/// ```
/// use sse_driver::{EventLog, Session, axum::EventRequest, transport::Runtime};
///
/// async fn events<K: Runtime>(log: EventLog<K>, EventRequest(request): EventRequest) -> Session<K> {
///     Session::resume(&log, request.last_event_id())
/// }
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventRequest(
    /// The request.
    pub Request,
);

/// The response to a request for events that is not GET.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoEvents(
    /// What it is.
    pub Reply,
);

impl<S: Sync> FromRequestParts<S> for EventRequest {
    type Rejection = NoEvents;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoEvents> {
        Request::read(parts.method.as_str(), &parts.headers).map(Self).map_err(NoEvents)
    }
}

impl IntoResponse for NoEvents {
    fn into_response(self) -> Response {
        reply_with(self.0, Body::new(OptionalBody::<Body>(None)))
    }
}

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(last_event_id(&parts.headers)))
    }
}

impl<S: Sync> FromRequestParts<S> for LastEventIdOrQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let in_query = || last_event_id_in_query(parts.uri.query()?, Self::PARAMETER);
        Ok(Self(last_event_id(&parts.headers).or_else(in_query)))
    }
}

/// Status 200 and the header fields of [`RESPONSE_HEADERS`](sse_proto::server::RESPONSE_HEADERS); as with any response,
/// others can be put around it: `(StatusCode::ACCEPTED, [("x-own", "1")], session)`.
impl<K> IntoResponse for Session<K>
where
    K: Runtime + 'static,
    K::Timer: Send + 'static,
{
    fn into_response(self) -> Response {
        self.into_http_response().map(Body::new)
    }
}

/// As for a [`Session`], with the header fields of [`Compressed::headers`](crate::server::Compressed::headers).
#[cfg(any(feature = "gzip", feature = "zstd"))]
impl<K> IntoResponse for crate::session::Compressed<Session<K>>
where
    K: Runtime + 'static,
    K::Timer: Send + 'static,
{
    fn into_response(self) -> Response {
        self.into_http_response().map(Body::new)
    }
}

impl IntoResponse for NoMoreEvents {
    fn into_response(self) -> Response {
        self.into_http_response()
    }
}
