//! Readers and writers of the `futures_io` traits, as smol and async-std have them.

#[cfg(feature = "http")]
mod dial;
mod write_timeout;

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io;

use bytes::Bytes;
use futures_io::{AsyncRead, AsyncWrite};

#[cfg(feature = "http")]
pub use self::dial::{ConnectTcp, Dialler};
pub use self::write_timeout::WriteTimeout;
use crate::transport::{Read, ReceiveBuffer, Write};

/// Makes any reader or writer of `futures_io` one of [`transport`](crate::transport), and one of hyper.
#[derive(Debug)]
pub struct FuturesIo<S> {
    stream: S,
    buffer: ReceiveBuffer,
}

impl<S> FuturesIo<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: ReceiveBuffer::default() }
    }
}

impl<S> From<S> for FuturesIo<S> {
    fn from(stream: S) -> Self {
        Self::new(stream)
    }
}

impl<S: AsyncRead + Unpin> Read for FuturesIo<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        let count = ready!(Pin::new(&mut self.stream).poll_read(cx, self.buffer.space()))?;
        Poll::Ready(Ok((count > 0).then(|| self.buffer.take_front(count))))
    }
}

impl<S: AsyncWrite + Unpin> Write for FuturesIo<S> {
    type Error = io::Error;

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
}

/// The most bytes that are read for hyper without a block of memory.
#[cfg(feature = "http")]
const SMALL_READ: usize = 1024;

#[cfg(feature = "http")]
impl<S: AsyncRead + Unpin> hyper::rt::Read for FuturesIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // Through an own slice, because hyper's may not be initialised.
        let Self { stream, buffer } = &mut *self;
        if cursor.remaining() <= SMALL_READ {
            // Nothing much is expected, perhaps for long: no block of memory is kept for it.
            *buffer = ReceiveBuffer::default();
            let mut space = [0; SMALL_READ];
            let space = &mut space[..cursor.remaining()];
            let count = ready!(Pin::new(stream).poll_read(cx, space))?;
            cursor.put_slice(&space[..count]);
            return Poll::Ready(Ok(()));
        }
        let space = buffer.space();
        let most = space.len().min(cursor.remaining());
        let count = ready!(Pin::new(stream).poll_read(cx, &mut space[..most]))?;
        cursor.put_slice(&space[..count]);
        buffer.filled(count);
        Poll::Ready(Ok(()))
    }
}

#[cfg(feature = "http")]
impl<S: AsyncWrite + Unpin> hyper::rt::Write for FuturesIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}
