//! Writing a session to a stream of bytes.

use core::{
    error::Error,
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use sse_proto::server::Output;

use super::{Parts, Session};
use crate::transport::{Runtime, Write};

impl<K: Runtime> Session<K> {
    /// Writes the response to `stream` until it ends, and flushes whenever nothing more is waiting.
    ///
    /// # Errors
    ///
    /// The application has broken the response off, the peer is gone, or it took nothing within the
    /// [write timeout](sse_proto::server::SessionConfig::write_timeout). The session has ended then.
    pub async fn write_to<S>(mut self, stream: S) -> Result<(), WriteError<<K::Io<S> as Write>::Error>>
    where
        K::Io<S>: Write,
    {
        let mut io = K::io(stream);
        let mut flushed = true;
        loop {
            let next = poll_fn(|cx| {
                let next = self.poll_bytes(cx);
                if next.is_pending() && !flushed {
                    ready!(self.poll_in_time(cx, |cx| io.poll_flush(cx)))?;
                    flushed = true;
                }
                next.map(Ok)
            });
            let Some(bytes) = next.await? else { break };
            let mut bytes = bytes.map_err(|_| WriteError::Aborted)?;
            while !bytes.is_empty() {
                poll_fn(|cx| self.poll_write(cx, &mut io, &mut bytes)).await?;
            }
            flushed = false;
        }
        poll_fn(|cx| self.poll_in_time(cx, |cx| io.poll_flush(cx))).await
    }

    fn poll_write<W: Write>(
        &mut self,
        cx: &mut Context<'_>,
        io: &mut W,
        bytes: &mut Bytes,
    ) -> Poll<Result<(), WriteError<W::Error>>> {
        match ready!(self.poll_in_time(cx, |cx| io.poll_write(cx, bytes)))? {
            0 => Poll::Ready(Err(WriteError::Closed)),
            written => {
                bytes.advance(written);
                if !bytes.is_empty() {
                    let Parts { alarm, feed, .. } = self.parts.get_mut();
                    let now = alarm.now();
                    feed.with_machine(|machine| machine.handle_progress(now));
                }
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Polls an operation that depends on the peer, and ends the session when that takes too long.
    fn poll_in_time<T, E>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<Result<T, E>>,
    ) -> Poll<Result<T, WriteError<E>>> {
        if let Poll::Ready(done) = poll(cx) {
            return Poll::Ready(done.map_err(WriteError::Io));
        }
        let Parts { alarm, feed, .. } = self.parts.get_mut();
        loop {
            let now = alarm.now();
            match feed.handle_write_pending(cx.waker(), now) {
                Output::Wait { until: Some(deadline) } => ready!(alarm.poll_from(cx, now, deadline)),
                Output::Wait { until: None } => return Poll::Pending,
                _ => return Poll::Ready(Err(WriteError::TimedOut)),
            }
        }
    }
}

/// Why a response could not be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WriteError<E> {
    /// The application has broken the response off ([`Sender::abort`](super::Sender::abort)). Drop the connection, or mark
    /// the end of the body as broken.
    Aborted,
    /// The destination accepts no more bytes.
    Closed,
    /// The destination failed.
    Io(E),
    /// The destination took nothing for too long, or the session was ended meanwhile.
    TimedOut,
}

impl<E: fmt::Display> fmt::Display for WriteError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aborted => f.write_str("the application has broken the response off"),
            Self::Closed => f.write_str("the destination accepts no more bytes"),
            Self::Io(error) => write!(f, "the destination failed: {error}"),
            Self::TimedOut => f.write_str("the destination took nothing for too long"),
        }
    }
}

impl<E: Error + 'static> Error for WriteError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Aborted | Self::Closed | Self::TimedOut => None,
        }
    }
}
