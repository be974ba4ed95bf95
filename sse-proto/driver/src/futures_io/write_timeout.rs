//! A deadline for the writes of a socket.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::io;

use futures_io::{AsyncRead, AsyncWrite};

use crate::{transport::Timer, write_deadline::WriteDeadline};

/// Fails the writes of a socket when its peer has taken nothing for too long: for servers that do not use
/// [`serve`](crate::serve), whose HTTP engine would wait for ever.
///
/// For hyper: `FuturesIo::new(WriteTimeout::new(socket, timeout))`.
pub struct WriteTimeout<S, T> {
    socket: S,
    deadline: WriteDeadline<T>,
}

impl<S, T: Timer + Default> WriteTimeout<S, T> {
    /// Lets a write of this socket wait for this long.
    pub fn new(socket: S, timeout: Duration) -> Self {
        Self { socket, deadline: WriteDeadline::new(timeout) }
    }
}

/// Nothing in it is pinned but the socket, where that can be moved.
impl<S: Unpin, T> Unpin for WriteTimeout<S, T> {}

impl<S: AsyncRead + Unpin, T> AsyncRead for WriteTimeout<S, T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_read(cx, space)
    }
}

impl<S: AsyncWrite + Unpin, T: Timer> AsyncWrite for WriteTimeout<S, T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.deadline.check(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.deadline.check(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.deadline.check(cx, flushed)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.socket).poll_close(cx);
        self.deadline.check(cx, closed)
    }
}

impl<S, T> fmt::Debug for WriteTimeout<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteTimeout").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
