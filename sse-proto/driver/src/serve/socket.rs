//! The socket that hyper gets.

use alloc::sync::Arc;
use core::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};
use hyper::rt;

use super::handover::Handover;
use crate::{transport::Timer, write_deadline::WriteDeadline};

/// A socket that fails writes which take too long, and that notes when hyper has flushed the head of a session's response.
pub(super) struct Socket<I, T, B> {
    io: I,
    /// What was read before hyper got the socket.
    read: Bytes,
    deadline: WriteDeadline<T>,
    /// `None` where no response is taken over.
    handover: Option<Arc<Handover<B>>>,
}

impl<I, T: Timer + Default, B> Socket<I, T, B> {
    pub(super) fn new(io: I, read: Bytes, write_timeout: Option<Duration>) -> Self {
        Self { io, read, deadline: WriteDeadline::new(write_timeout), handover: None }
    }

    pub(super) fn with_handover(self, handover: Arc<Handover<B>>) -> Self {
        Self { handover: Some(handover), ..self }
    }

    pub(super) fn into_inner(self) -> I {
        self.io
    }
}

/// Nothing in it is pinned but the socket, where that can be moved.
impl<I: Unpin, T, B> Unpin for Socket<I, T, B> {}

impl<I: rt::Read + Unpin, T, B> rt::Read for Socket<I, T, B> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, cursor);
        }
        let count = self.read.len().min(cursor.remaining());
        cursor.put_slice(&self.read[..count]);
        self.read.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<I: rt::Write + Unpin, T: Timer, B> rt::Write for Socket<I, T, B> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.deadline.check(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if let (Poll::Ready(Ok(())), Some(handover)) = (&flushed, &self.handover) {
            handover.handle_flushed();
        }
        self.deadline.check(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.io).poll_shutdown(cx);
        self.deadline.check(cx, closed)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.deadline.check(cx, written)
    }
}
