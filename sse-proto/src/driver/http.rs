//! HTTP: hyper as the engine of the client, `http_body::Body` for the server.
//!
//! hyper's connection is polled in the task of whoever reads the events: there is no other task, and no channel between
//! the socket and the consumer.

use alloc::{boxed::Box, string::String};
use core::{
    convert::Infallible,
    error::Error,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::io;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Uri, header};
use http_body::{Body, Frame, SizeHint};
use hyper::{body::Incoming, client::conn::http1};

use super::{Connect, EventSource, Read, Response, Runtime, Session, Timer};
use crate::{
    EventId, Text,
    client::{Config, InvalidUrl, NetworkError, Request, ResponseHead, UrlFault},
    server,
};

/// Opens the stream that a request goes over. This is all that the client's HTTP needs of a runtime.
pub trait Dial {
    /// The stream: a socket, or TLS over one.
    type Stream: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static;
    /// The stream to be. Dropping it gives the attempt up.
    type Future: Future<Output = io::Result<Self::Stream>> + Send + 'static;

    /// Connects to a host. The error kind [`Unsupported`](io::ErrorKind::Unsupported) says that there is no TLS, and
    /// fails the connection for good.
    fn dial(&self, target: Target) -> Self::Future;
}

/// Where to connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS is wanted.
    pub tls: bool,
}

/// The transport over HTTP/1.1.
#[derive(Clone, Debug, Default)]
pub struct HttpConnector<D> {
    dialler: D,
}

impl<D> HttpConnector<D> {
    /// HTTP over the streams that this dialler opens.
    pub const fn new(dialler: D) -> Self {
        Self { dialler }
    }
}

impl<D: Dial + Default, T: Timer + Default> EventSource<HttpConnector<D>, T> {
    /// A source that gets its events from this URL, with everything else as the standard has it.
    ///
    /// # Errors
    ///
    /// The text is no absolute URL with a host.
    pub fn get(url: impl Into<Text>) -> Result<Self, InvalidUrl> {
        Config::new(url).and_then(Self::open)
    }

    /// A source with these settings.
    ///
    /// # Errors
    ///
    /// The URL is no URL of HTTP. A scheme other than `http` and `https` is a failure of the connection instead.
    pub fn open(config: Config) -> Result<Self, InvalidUrl> {
        match config.url().parse::<Uri>() {
            Ok(_) => Ok(Self::new(config, HttpConnector::default())),
            Err(_) => Err(InvalidUrl { url: Text::from(config.url()), reason: UrlFault::NotAbsolute }),
        }
    }
}

impl<D: Dial> Connect for HttpConnector<D> {
    type Body = HttpBody<D::Stream>;
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Self::Body>, HttpError>> + Send>>;

    fn connect(&mut self, request: Request) -> Self::Future {
        let parts = build(&request).map(|(target, request)| (self.dialler.dial(target), request));
        Box::pin(async move {
            let (stream, request) = parts?;
            let stream = stream.await.map_err(HttpError::Dial)?;
            let (mut sender, mut connection) = http1::handshake(stream).await.map_err(HttpError::Http)?;
            let mut answer = Box::pin(sender.send_request(request));
            let mut running = true;
            let answer = poll_fn(|cx| {
                if running && Pin::new(&mut connection).poll(cx).is_ready() {
                    running = false;
                }
                answer.as_mut().poll(cx)
            });
            let (head, body) = answer.await.map_err(HttpError::Http)?.into_parts();
            let fields = head.headers.iter();
            let headers = fields.map(|(name, value)| (name.as_str(), Bytes::copy_from_slice(value.as_bytes())));
            let head = ResponseHead { status: head.status.as_u16(), headers: headers.collect() };
            Ok(Response { head, body: HttpBody { body, connection: running.then_some(connection) } })
        })
    }

    fn classify(&self, error: &HttpError) -> NetworkError {
        match error {
            // A dialler without TLS, say.
            HttpError::Dial(error) if error.kind() == io::ErrorKind::Unsupported => NetworkError::Futile,
            HttpError::Dial(_) | HttpError::Http(_) => NetworkError::Passing,
            HttpError::Request(_) | HttpError::Scheme(_) => NetworkError::Futile,
        }
    }
}

/// The body of an answer, and the connection that it comes over.
pub struct HttpBody<S>
where
    S: hyper::rt::Read + hyper::rt::Write,
{
    body: Incoming,
    connection: Option<http1::Connection<S, Empty>>,
}

impl<S> Read for HttpBody<S>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    type Error = HttpError;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, HttpError>> {
        loop {
            if let Some(connection) = &mut self.connection
                && Pin::new(connection).poll(cx).is_ready()
            {
                self.connection = None;
            }
            // Nobody has to be woken for the body: only the connection above puts anything there.
            match Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(None) => return Poll::Ready(Ok(None)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(HttpError::Http(error))),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Ok(Some(data))),
                    // An empty frame, or trailers.
                    _ => {}
                },
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<S> fmt::Debug for HttpBody<S>
where
    S: hyper::rt::Read + hyper::rt::Write,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBody").field("body", &self.body).finish_non_exhaustive()
    }
}

/// Why a request got no answer, or why the body of the answer broke off.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection, or no TLS over it.
    Dial(io::Error),
    /// The connection broke, or what came was no HTTP.
    Http(hyper::Error),
    /// The URL or a header field cannot be sent. It fails for good.
    Request(http::Error),
    /// The URL's scheme is neither `http` nor `https`. It fails for good.
    Scheme(Text),
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(error) => write!(f, "cannot connect: {error}"),
            Self::Http(error) => write!(f, "the connection broke: {error}"),
            Self::Request(error) => write!(f, "the request cannot be sent: {error}"),
            Self::Scheme(scheme) => write!(f, "URLs with the scheme {scheme:?} cannot be asked for"),
        }
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Dial(error) => Some(error),
            Self::Http(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Scheme(_) => None,
        }
    }
}

/// The body of a request: there is none.
#[derive(Clone, Copy, Debug)]
pub struct Empty;

impl Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

impl<K: Runtime> Session<K> {
    /// The response to return from a handler: status 200, the header fields of
    /// [`RESPONSE_HEADERS`](server::RESPONSE_HEADERS), and the session as its body.
    pub fn into_response(self) -> http::Response<Self> {
        let mut response = http::Response::new(self);
        for (name, value) in server::RESPONSE_HEADERS {
            if let Ok(name) = header::HeaderName::try_from(name) {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
        }
        response
    }
}

/// The stream is polled where it lies; it is never pinned.
impl<K: Runtime> Unpin for Session<K> {}

impl<K: Runtime> Body for Session<K> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.get_mut().poll_bytes(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The last event ID that a request asks to resume after: `None` if it has none, or none that can be one.
pub fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    server::last_event_id(headers.get("last-event-id")?.as_bytes())
}

fn build(request: &Request) -> Result<(Target, http::Request<Empty>), HttpError> {
    let uri = request.url.parse::<Uri>().map_err(|error| HttpError::Request(error.into()))?;
    let tls = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        scheme => return Err(HttpError::Scheme(Text::from(scheme.unwrap_or_default()))),
    };
    let host = uri.host().unwrap_or_default();
    let target = Target {
        host: String::from(host.trim_start_matches('[').trim_end_matches(']')),
        port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
        tls,
    };
    let authority = match uri.port() {
        Some(port) => [host, port.as_str()].join(":"),
        None => String::from(host),
    };
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut built = match path.strip_prefix('/') {
        Some(_) => http::Request::get(path),
        None => http::Request::get(["/", path].concat()),
    };
    if request.headers.value("host").is_none() {
        built = built.header(header::HOST, authority);
    }
    for (name, value) in request.headers.iter() {
        built = built.header(name, value);
    }
    let built = built.body(Empty).map_err(HttpError::Request)?;
    Ok((target, built))
}
