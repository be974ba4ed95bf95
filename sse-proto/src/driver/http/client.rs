//! The client's half: a transport over HTTP.

use alloc::boxed::Box;
use core::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::Uri;
use http_body::Body;
use hyper::{body::Incoming, client::conn::http1};

use super::{
    Dial, HttpError, Socket,
    request::{RequestBody, build},
};
use crate::{
    Text,
    client::{Config, InvalidUrl, NetworkError, Request, ResponseHead, UrlFault},
    driver::{Connect, EventSource, Read, Response, Timer},
};

/// The transport over HTTP/1.1.
#[derive(Clone, Debug, Default)]
pub struct HttpConnector<D> {
    dialler: D,
}

impl<D: Dial> HttpConnector<D> {
    /// HTTP over the connections that this dialler opens.
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
    type Body = HttpBody;
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<HttpBody>, HttpError>> + Send>>;

    fn connect(&mut self, request: Request) -> Self::Future {
        let parts = build(&request).map(|(target, request)| (self.dialler.dial(target), request));
        Box::pin(async move {
            let (socket, request) = parts?;
            let socket = socket.await.map_err(HttpError::Dial)?;
            let (mut sender, mut connection) = http1::handshake(socket).await.map_err(HttpError::Http)?;
            let mut answer = Box::pin(sender.send_request(request));
            let mut running = true;
            let answer = poll_fn(|cx| {
                if running && Pin::new(&mut connection).poll(cx).is_ready() {
                    running = false;
                }
                answer.as_mut().poll(cx)
            });
            let (head, body) = answer.await.map_err(HttpError::Http)?.into_parts();
            let head = ResponseHead::from(&head);
            Ok(Response { head, body: HttpBody { body, connection: running.then_some(connection) } })
        })
    }

    fn classify(&self, error: &HttpError) -> NetworkError {
        error.classify()
    }
}

/// The body of an answer, and the connection that it comes over.
#[derive(Debug)]
pub struct HttpBody {
    body: Incoming,
    connection: Option<http1::Connection<Socket, RequestBody>>,
}

impl Read for HttpBody {
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
