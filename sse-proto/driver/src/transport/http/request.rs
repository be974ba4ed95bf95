//! The request on the wire.

use alloc::string::String;
use core::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    Uri, header,
    uri::{Authority, PathAndQuery, Scheme},
};
use http_body::{Body, Frame, SizeHint};
use sse_proto::{Text, client::Request};

use super::{HttpError, Target};

/// The body of a request: one block, or nothing.
#[derive(Debug)]
pub(super) struct RequestBody(Option<Bytes>);

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }
}

/// A request that is ready to be sent.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// In the form of HTTP/1.1: with a path for its target, and a `Host`.
    request: http::Request<RequestBody>,
    /// The scheme of its URL, which only HTTP/2 sends.
    #[cfg(feature = "http2")]
    scheme: Scheme,
}

impl Outgoing {
    /// Returns the target and the request in the form of HTTP/1.1.
    pub(super) fn new(request: &Request) -> Result<(Target, Self), HttpError> {
        let uri = request.url.parse::<Uri>().map_err(|error| HttpError::Request(error.into()))?;
        let scheme = uri.scheme().filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
        let Some(scheme) = scheme else {
            return Err(HttpError::Scheme(Text::from(uri.scheme_str().unwrap_or_default())));
        };
        let tls = *scheme == Scheme::HTTPS;
        let host = uri.host().unwrap_or_default();
        let target = Target {
            host: String::from(host.trim_start_matches('[').trim_end_matches(']')),
            port: port(&uri)?.unwrap_or(if tls { 443 } else { 80 }),
            tls,
        };
        let authority = match uri.port() {
            Some(port) => [host, port.as_str()].join(":"),
            None => String::from(host),
        };
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut built = match path.strip_prefix('/') {
            Some(_) => http::Request::builder().uri(path),
            None => http::Request::builder().uri(["/", path].concat()),
        };
        built = built.method(request.method.as_str());
        if request.headers.value("host").is_none() {
            built = built.header(header::HOST, authority);
        }
        for (name, value) in request.fields() {
            built = built.header(name, value);
        }
        let body = (!request.body.is_empty()).then(|| request.body.clone());
        if body.is_none() && matches!(request.method.as_str(), "PATCH" | "POST" | "PUT") {
            // A server may expect one (RFC 9110, section 8.6), and hyper sends none without a body.
            built = built.header(header::CONTENT_LENGTH, "0");
        }
        let request = built.body(RequestBody(body)).map_err(HttpError::Request)?;
        let outgoing = Self {
            request,
            #[cfg(feature = "http2")]
            scheme: scheme.clone(),
        };
        Ok((target, outgoing))
    }

    pub(super) fn into_http1(self) -> http::Request<RequestBody> {
        self.request
    }

    /// The request in the form of HTTP/2: the URL's scheme and what `Host` says are in its target (RFC 9113, section
    /// 8.3.1).
    #[cfg(feature = "http2")]
    pub(super) fn into_http2(self) -> Result<http::Request<RequestBody>, HttpError> {
        let Self { mut request, scheme } = self;
        let authority = request.headers_mut().remove(header::HOST);
        let mut target = request.uri().clone().into_parts();
        target.scheme = Some(scheme);
        if let Some(authority) = authority {
            let authority = http::uri::Authority::try_from(authority.as_bytes());
            target.authority = Some(authority.map_err(|error| HttpError::Request(error.into()))?);
        }
        *request.uri_mut() = Uri::from_parts(target).map_err(|error| HttpError::Request(error.into()))?;
        Ok(request)
    }
}

/// Returns the port of a URL. An empty one stands for the default of the scheme (RFC 3986, section 3.2.3).
fn port(uri: &Uri) -> Result<Option<u16>, HttpError> {
    let authority = uri.authority().map_or("", Authority::as_str);
    let text = match authority.rsplit_once(':') {
        Some((_, text)) if !text.contains([']', '@']) => text,
        _ => return Ok(None),
    };
    match text.parse() {
        _ if text.is_empty() => Ok(None),
        Ok(port) if !text.starts_with('+') => Ok(Some(port)),
        _ => Err(HttpError::Port(Text::from(text))),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use http::HeaderName;
    use sse_proto::client::Request;

    use super::Outgoing;

    #[test]
    fn what_a_hook_adds_of_the_transports_fields_is_not_sent() {
        let mut request = Request::get("http://example.com/");
        request.method = "POST".into();
        for body in ["", "body"] {
            request.body = body.into();
            for name in ["content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "UPGRADE", "X-Own"] {
                request.headers.set(name, "7").unwrap();
            }
            let (_, outgoing) = Outgoing::new(&request).unwrap();
            let sent = outgoing.into_http1();
            let mut names: Vec<_> = sent.headers().keys().map(HeaderName::as_str).collect();
            names.sort_unstable();
            // The length of a body is added with its first byte.
            let length = body.is_empty().then_some("content-length");
            let own = ["accept", "cache-control"].into_iter().chain(length).chain(["host", "pragma", "x-own"]);
            assert_eq!(names, own.collect::<Vec<_>>());
            assert!(sent.headers().get_all("content-length").iter().all(|length| length == "0"));
        }
    }
}
