//! A deadline for the writes of a socket.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use sse_driver::server::WriteDeadline;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Timer;

/// Fails the writes of a socket when its peer has taken nothing for too long: for servers that do not use
/// [`serve`](crate::serve), whose HTTP engine would wait for ever.
///
/// For hyper, wrap the socket: `Io::new(WriteTimeout::new(socket, timeout))`. For `axum::serve`, wrap the listener (feature
/// `axum-serve`): `axum::serve(WriteTimeout::new(listener, timeout), app)`.
pub struct WriteTimeout<S> {
    inner: S,
    timeout: Duration,
    deadline: WriteDeadline<Timer>,
}

impl<S> WriteTimeout<S> {
    /// Lets a write of this socket, or of each socket of this listener, wait for this long.
    pub fn new(inner: S, timeout: Duration) -> Self {
        Self { inner, timeout, deadline: WriteDeadline::new(timeout) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.deadline.check(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.deadline.check(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.deadline.check(cx, closed)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.deadline.check(cx, written)
    }
}

#[cfg(feature = "axum-serve")]
impl<L: axum::serve::Listener> axum::serve::Listener for WriteTimeout<L> {
    type Io = WriteTimeout<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (socket, address) = self.inner.accept().await;
        (WriteTimeout::new(socket, self.timeout), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl<S> fmt::Debug for WriteTimeout<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteTimeout").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
