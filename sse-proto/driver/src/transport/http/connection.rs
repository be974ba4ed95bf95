//! hyper's connections, driven in the task of whoever reads the events.

use alloc::boxed::Box;
use core::{future::Future, pin::Pin, task::Context};

use http::Response;
use hyper::{body::Incoming, client::conn::http1};

use super::{HttpError, Socket, request::Outgoing};

/// A connection with one request on it. It is ready when it has ended; errors come from the response or its body.
pub(super) type Connection = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The future of the response. It makes progress only while the connection is polled.
pub(super) type Answer = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

/// The most bytes that hyper receives at once, and the longest head of a response.
pub(super) const READ_BUFFER: usize = 64 * 1024;

/// Sends the request over this socket, in the version of HTTP that was agreed on.
pub(super) async fn open(socket: Socket, request: Outgoing) -> Result<(Answer, Connection), HttpError> {
    if socket.is_http2() {
        #[cfg(feature = "http2")]
        return super::http2::open(socket, request).await;
        #[cfg(not(feature = "http2"))]
        return Err(HttpError::Dial(std::io::Error::new(
            std::io::ErrorKind::Unsupported,
            "HTTP/2 was agreed on, which needs the feature `http2`",
        )));
    }
    let handshake = http1::Builder::new().max_buf_size(READ_BUFFER).handshake(socket);
    let (mut sender, connection) = handshake.await.map_err(HttpError::Http)?;
    let answer = async move { sender.send_request(request.into_http1()).await };
    Ok((Box::pin(answer), Box::pin(async move { drop(connection.await) })))
}

/// Polls a connection, and drops it when it has ended.
pub(super) fn poll_connection(connection: &mut Option<Connection>, cx: &mut Context<'_>) {
    if connection.as_mut().is_some_and(|connection| connection.as_mut().poll(cx).is_ready()) {
        *connection = None;
    }
}
