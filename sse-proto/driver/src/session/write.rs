//! Writing a session to a stream of bytes.

use core::{
    error::Error,
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};
use std::io;

use bytes::{Buf, Bytes};

use super::Session;
use crate::{
    lock::hold,
    transport::{Runtime, Write},
};

impl<K: Runtime> Session<K> {
    /// Writes the response to `stream` until it ends, and flushes whenever nothing more is waiting.
    ///
    /// A peer that leaves is noticed when something is written, at the next heartbeat at the latest: the reading half of
    /// the connection, if there is one, is not looked at. `serve` does, and so notices at once.
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
        write(&mut self, &mut io).await?;
        poll_fn(|cx| poll_in_time(&mut self, &mut io, cx, Write::poll_flush)).await
    }
}

/// What a response is written from.
pub(crate) trait ByteSource {
    type Error;

    /// Waits for the next bytes: `None` at the end of the response, an error where it is broken off.
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>>;

    /// Reports that the peer took some of the last bytes.
    fn handle_progress(&mut self);

    /// Waits while the peer takes nothing. Ready when the response should be given up.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

impl<K: Runtime> ByteSource for Session<K> {
    type Error = io::Error;

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.poll_bytes(cx)
    }

    fn handle_progress(&mut self) {
        hold(&self.parts).handle_progress();
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        hold(&self.parts).poll_stalled(cx)
    }
}

/// Writes everything from `source`, and flushes whenever nothing more is waiting, but not at the end.
pub(crate) async fn write<S: ByteSource, W: Write>(source: &mut S, io: &mut W) -> Result<(), WriteError<W::Error>> {
    let mut flushed = true;
    loop {
        let next = poll_fn(|cx| {
            let next = source.poll_bytes(cx);
            if next.is_pending() {
                if !flushed {
                    ready!(poll_in_time(source, io, cx, W::poll_flush))?;
                    flushed = true;
                }
                check_peer(io, cx)?;
            }
            next.map(Ok)
        });
        let Some(bytes) = next.await? else { return Ok(()) };
        let mut bytes = bytes.map_err(|_| WriteError::Aborted)?;
        while !bytes.is_empty() {
            poll_fn(|cx| poll_write(source, io, cx, &mut bytes)).await?;
        }
        flushed = false;
    }
}

fn poll_write<S: ByteSource, W: Write>(
    source: &mut S,
    io: &mut W,
    cx: &mut Context<'_>,
    bytes: &mut Bytes,
) -> Poll<Result<(), WriteError<W::Error>>> {
    match ready!(poll_in_time(source, io, cx, |io, cx| io.poll_write(cx, bytes)))? {
        0 => Poll::Ready(Err(WriteError::Closed)),
        written => {
            bytes.advance(written);
            if !bytes.is_empty() {
                source.handle_progress();
            }
            Poll::Ready(Ok(()))
        }
    }
}

/// Polls an operation that depends on the peer, and ends the response when that takes too long.
fn poll_in_time<S: ByteSource, W: Write, T>(
    source: &mut S,
    io: &mut W,
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut W, &mut Context<'_>) -> Poll<Result<T, W::Error>>,
) -> Poll<Result<T, WriteError<W::Error>>> {
    if let Poll::Ready(done) = poll(io, cx) {
        return Poll::Ready(done.map_err(WriteError::Io));
    }
    check_peer(io, cx)?;
    source.poll_stalled(cx).map(|()| Err(WriteError::TimedOut))
}

/// Has the task woken when the peer goes away.
fn check_peer<W: Write>(io: &mut W, cx: &mut Context<'_>) -> Result<(), WriteError<W::Error>> {
    match io.poll_gone(cx) {
        Poll::Ready(Ok(())) => Err(WriteError::Closed),
        Poll::Ready(Err(error)) => Err(WriteError::Io(error)),
        Poll::Pending => Ok(()),
    }
}

/// Why a response could not be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WriteError<E> {
    /// The application has broken the response off ([`Sender::abort`](super::Sender::abort),
    /// [`disconnect`](crate::EventLog::disconnect)), or a drain has cut it. Drop the connection, or mark the end of the body
    /// as broken.
    Aborted,
    /// The destination accepts no more bytes, or its peer is gone.
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
