//! hyper's connections, driven in the task of whoever reads the events.

use alloc::boxed::Box;
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use hyper::{body::Incoming, client::conn::http1};

#[cfg(feature = "http2")]
use super::http2;
use super::{
    HttpError, Socket,
    request::{Outgoing, RequestBody},
};

/// A connection with one request on it.
pub(super) enum Connection {
    Http1(http1::Connection<Socket, RequestBody>),
    #[cfg(feature = "http2")]
    Http2(http2::Connection),
}

/// The answer to be. It comes only if the connection is polled, too.
pub(super) type Answer = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

/// Sends the request over this socket, in the version of HTTP that was agreed on.
pub(super) async fn open(socket: Socket, request: Outgoing) -> Result<(Answer, Connection), HttpError> {
    if socket.is_http2() {
        #[cfg(feature = "http2")]
        return http2::open(socket, request).await;
        #[cfg(not(feature = "http2"))]
        return Err(HttpError::Dial(std::io::Error::new(
            std::io::ErrorKind::Unsupported,
            "HTTP/2 was agreed on, which needs the feature `http2`",
        )));
    }
    let (mut sender, connection) = http1::handshake(socket).await.map_err(HttpError::Http)?;
    let answer = async move { sender.send_request(request.into_http1()).await };
    Ok((Box::pin(answer), Connection::Http1(connection)))
}

impl Connection {
    /// Does what can be done now. It is ready when the connection is at its end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            // What went wrong, the answer and its body say, too.
            Self::Http1(connection) => Pin::new(connection).poll(cx).map(drop),
            #[cfg(feature = "http2")]
            Self::Http2(connection) => connection.poll(cx),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
