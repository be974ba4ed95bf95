//! The transport over HTTP.

use alloc::boxed::Box;
use core::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use sse_proto::client::{NetworkError, Request};

use super::{
    Dial, HttpBody, HttpError, Socket,
    connection::{open, poll_connection},
    convert::response_head,
    request::Outgoing,
};
use crate::transport::{Connect, Response};

/// The transport over HTTP/1.1, and over HTTP/2 where the dialler has agreed on it and the feature `http2` is on.
#[derive(Clone, Debug, Default)]
pub struct HttpConnector<D> {
    dialler: D,
}

impl<D: Dial> HttpConnector<D> {
    /// Sends requests over the connections that this dialler opens.
    pub const fn new(dialler: D) -> Self {
        Self { dialler }
    }
}

impl<D: Dial> Connect for HttpConnector<D> {
    type Body = HttpBody;
    type Error = HttpError;
    type Future = Exchange;

    fn connect(&mut self, request: Request) -> Exchange {
        let parts = Outgoing::new(&request).map(|(target, request)| (self.dialler.dial(target), request));
        Exchange(Stage::Dialling(Box::pin(async move {
            let (socket, request) = parts?;
            Ok((socket.await.map_err(HttpError::Dial)?, request))
        })))
    }

    fn is_connected(&self, exchange: &Exchange) -> Option<bool> {
        Some(matches!(exchange.0, Stage::Connected(_)))
    }

    fn classify(&self, error: &HttpError) -> NetworkError {
        error.classify()
    }

    fn display_error<'a>(&self, error: &'a HttpError) -> Option<&'a dyn fmt::Display> {
        Some(error)
    }
}

/// A request that is under way, as the future of its response.
pub struct Exchange(Stage);

enum Stage {
    /// There is no connection yet.
    Dialling(Step<(Socket, Outgoing)>),
    /// The request is being sent, or the response is awaited.
    Connected(Step<Response<HttpBody>>),
}

type Step<T> = Pin<Box<dyn Future<Output = Result<T, HttpError>> + Send>>;

impl Future for Exchange {
    type Output = Result<Response<HttpBody>, HttpError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.0 {
                Stage::Dialling(dialling) => {
                    let (socket, request) = ready!(dialling.as_mut().poll(cx))?;
                    self.0 = Stage::Connected(Box::pin(exchange(socket, request)));
                }
                Stage::Connected(answer) => return answer.as_mut().poll(cx),
            }
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("connected", &matches!(self.0, Stage::Connected(_))).finish()
    }
}

async fn exchange(socket: Socket, request: Outgoing) -> Result<Response<HttpBody>, HttpError> {
    let (mut answer, connection) = open(socket, request).await?;
    let mut connection = Some(connection);
    let answer = poll_fn(|cx| {
        poll_connection(&mut connection, cx);
        answer.as_mut().poll(cx)
    });
    let (head, body) = answer.await.map_err(HttpError::Http)?.into_parts();
    let head = response_head(&head);
    Ok(Response { head, body: HttpBody::new(body, connection) })
}
