//! tokio's readers and writers.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

#[cfg(any(feature = "client", feature = "server"))]
use hyper_util::rt::TokioIo;
#[cfg(any(feature = "client", feature = "server"))]
use sse_driver::transport::hyper::rt;
use sse_driver::{
    bytes::Bytes,
    transport::{Read, ReceiveBuffer, Write},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

/// Makes any `AsyncRead` or `AsyncWrite` of tokio a reader or writer of [`sse_driver`], and one of hyper's.
#[derive(Debug)]
pub struct Io<S> {
    stream: S,
    buffer: ReceiveBuffer,
}

impl<S> Io<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: ReceiveBuffer::default() }
    }
}

impl<S> From<S> for Io<S> {
    fn from(stream: S) -> Self {
        Self::new(stream)
    }
}

impl<S: AsyncRead + Unpin> Read for Io<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        let count = ready!(pin!(self.stream.read_buf(self.buffer.room())).poll(cx))?;
        Poll::Ready(Ok((count > 0).then(|| self.buffer.take())))
    }
}

impl<S: AsyncWrite + Unpin> Write for Io<S> {
    type Error = io::Error;

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
}

#[cfg(any(feature = "client", feature = "server"))]
impl<S: AsyncRead + Unpin> rt::Read for Io<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut TokioIo::new(&mut self.stream)).poll_read(cx, buffer)
    }
}

#[cfg(any(feature = "client", feature = "server"))]
impl<S: AsyncWrite + Unpin> rt::Write for Io<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}
