//! Readers and writers of the `futures_io` traits, as smol and async-std have them.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io;

use bytes::Bytes;
use futures_io::{AsyncRead, AsyncWrite};

use super::{Read, ReceiveBuffer, Write};

/// Makes any `futures_io` reader or writer one of ours.
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

impl<S: AsyncRead + Unpin> Read for FuturesIo<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        let room = self.buffer.room();
        room.resize(room.capacity(), 0);
        let read = Pin::new(&mut self.stream).poll_read(cx, room);
        room.truncate(match read {
            Poll::Ready(Ok(count)) => count,
            _ => 0,
        });
        let count = ready!(read)?;
        Poll::Ready(Ok((count > 0).then(|| self.buffer.take())))
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
