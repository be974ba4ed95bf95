//! The response that tells a client to stop.

use http::{HeaderValue, Response, StatusCode, header};
use sse_proto::server::NO_MORE_EVENTS;

/// The response to a client that should stop: status 204, after which it does not connect again (R-032).
///
/// ```
/// use sse_driver::NoMoreEvents;
///
/// let response: http::Response<String> = NoMoreEvents.into_http_response();
/// assert_eq!(response.status(), http::StatusCode::NO_CONTENT);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NoMoreEvents;

impl NoMoreEvents {
    /// Returns the response, with an empty body of any kind.
    pub fn into_http_response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::from_u16(NO_MORE_EVENTS).unwrap_or(StatusCode::NO_CONTENT);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
