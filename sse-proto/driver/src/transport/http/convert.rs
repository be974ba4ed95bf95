//! Conversions to and from the crate `http`, for transports over other HTTP clients.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Body;
use sse_proto::client::{Request, ResponseHead};

use crate::transport::Read;

/// Returns the request as HTTP clients of the crate `http` want it: with the whole URL as its target, and without `Host`
/// and the fields that say how a request is transmitted ([`Request::fields`]).
///
/// # Errors
///
/// The method, the URL or a header field cannot be sent.
pub fn http_request(request: Request) -> Result<http::Request<Bytes>, http::Error> {
    let mut built = http::Request::builder().method(&*request.method).uri(&*request.url);
    for (name, value) in request.fields() {
        built = built.header(name, value);
    }
    built.body(request.body)
}

/// Returns the status and the header fields of a response of the crate `http`.
pub fn response_head(parts: &http::response::Parts) -> ResponseHead {
    let fields = parts.headers.iter();
    let headers = fields.map(|(name, value)| (name.as_str(), Bytes::copy_from_slice(value.as_bytes())));
    ResponseHead { status: parts.status.as_u16(), headers: headers.collect() }
}

/// Reads any body of HTTP as a stream of bytes. Frames are passed on without a copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct BodyReader<B> {
    body: B,
}

impl<B: Body<Data = Bytes> + Unpin> BodyReader<B> {
    /// Reads this body.
    pub const fn new(body: B) -> Self {
        Self { body }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Read for BodyReader<B> {
    type Error = B::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, B::Error>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose()? {
                None => return Poll::Ready(Ok(None)),
                Some(frame) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Ok(Some(data))),
                    // An empty frame, or trailers.
                    _ => {}
                },
            }
        }
    }
}
