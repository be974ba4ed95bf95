//! Responses to requests that are not for events.

use super::RESPONSE_HEADERS;

/// The methods that the path of a stream knows.
const ALLOW: [(&str, &str); 1] = [("Allow", "GET, HEAD, OPTIONS")];

/// The response to a request for a stream of events whose method is not GET. It has no body.
///
/// ```
/// use sse_proto::server::Reply;
///
/// assert_eq!(Reply::to("GET"), None);
/// let reply = Reply::to("DELETE").unwrap();
/// assert_eq!((reply.status(), reply.headers()), (405, &[("Allow", "GET, HEAD, OPTIONS")][..]));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reply {
    /// To HEAD: the head of the response to GET (RFC 9110, 9.3.2).
    Head,
    /// To OPTIONS: status 204 with `Allow` (RFC 9110, 9.3.7).
    Options,
    /// To any other method: status 405 with `Allow` (RFC 9110, 15.5.6).
    NotAllowed,
}

impl Reply {
    /// Returns the response to a request with this method; `None` for GET, whose response is the stream.
    pub fn to(method: &str) -> Option<Self> {
        match method {
            "GET" => None,
            "HEAD" => Some(Self::Head),
            "OPTIONS" => Some(Self::Options),
            _ => Some(Self::NotAllowed),
        }
    }

    /// Returns the status.
    pub fn status(self) -> u16 {
        match self {
            Self::Head => 200,
            Self::Options => 204,
            Self::NotAllowed => 405,
        }
    }

    /// Returns the header fields.
    pub fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Head => &RESPONSE_HEADERS,
            Self::Options | Self::NotAllowed => &ALLOW,
        }
    }
}
