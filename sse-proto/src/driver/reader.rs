//! The loop that reads events from a stream of bytes.

use core::{
    error::Error,
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};

use super::{Read, Streams, turn::Turn};
use crate::{DecodeError, Decoder, Event, EventId, EventRef, Limits, Retry, StreamEnd, decode::Step};

/// Reads events from a stream of bytes, whatever it comes from: a file, a pipe, a socket, the body of a response.
///
/// Nothing is reconnected; that is the [`EventSource`](super::EventSource)'s part. All methods are **cancel safe**: a
/// future that is dropped before it is ready has taken nothing from the stream.
pub struct EventReader<K: Streams, R> {
    io: K::Io<R>,
    decoder: Decoder,
    chunk: Bytes,
    used: usize,
    end: Option<StreamEnd>,
    turn: Turn,
}

/// Why there are no more events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// A limit was passed.
    Decode(DecodeError),
    /// The stream broke off.
    Io(E),
}

/// What can go wrong while events are read from an `R`.
type Failure<K, R> = ReadError<<<K as Streams>::Io<R> as Read>::Error>;

impl<K: Streams, R> EventReader<K, R>
where
    K::Io<R>: Read,
{
    /// Reads with the default limits.
    pub fn new(stream: R) -> Self {
        Self::with_decoder(stream, Decoder::new())
    }

    /// Reads with these limits.
    pub fn with_limits(stream: R, limits: Limits) -> Self {
        Self::with_decoder(stream, Decoder::new().with_limits(limits))
    }

    /// Reads a stream that goes on after this event, so that events without an ID of their own have this one.
    pub fn resumed(stream: R, last_event_id: &EventId) -> Self {
        Self::with_decoder(stream, Decoder::new().with_last_event_id(last_event_id))
    }

    fn with_decoder(stream: R, decoder: Decoder) -> Self {
        Self { io: K::io(stream), decoder, chunk: Bytes::new(), used: 0, end: None, turn: Turn::default() }
    }

    /// Waits for the next event: `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// The stream broke off, or a limit was passed.
    pub async fn next(&mut self) -> Option<Result<Event, Failure<K, R>>> {
        poll_fn(|cx| self.poll_next_event(cx)).await
    }

    /// Like [`next`](Self::next), but lends the event: nothing is allocated for it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_ref(&mut self) -> Option<Result<EventRef<'_>, Failure<K, R>>> {
        match poll_fn(|cx| self.poll_event(cx)).await? {
            Err(error) => Some(Err(error)),
            Ok(()) => Some(Ok(self.decoder.event(&self.chunk))),
        }
    }

    /// [`next`](Self::next), to be polled.
    pub fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, Failure<K, R>>>> {
        Poll::Ready(match ready!(self.poll_event(cx)) {
            None => None,
            Some(Err(error)) => Some(Err(error)),
            Some(Ok(())) => Some(Ok(self.decoder.take_event(&self.chunk))),
        })
    }

    /// The ID of the last event that had one; empty if none had.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// The last reconnection time that the stream asked for.
    pub fn retry(&self) -> Option<Retry> {
        self.decoder.retry()
    }

    /// How the stream ended, once it has: in the middle of an event, perhaps.
    pub fn end(&self) -> Option<StreamEnd> {
        self.end
    }

    /// Goes on to the next event and leaves it in the decoder.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(), Failure<K, R>>>> {
        loop {
            self.chunk.advance(core::mem::take(&mut self.used));
            let (used, step) = self.decoder.advance(&self.chunk);
            self.used = used;
            match step {
                Step::Event => return Poll::Ready(Some(Ok(()))),
                Step::Failed(error) => {
                    self.end = Some(self.decoder.finish());
                    self.chunk = Bytes::new();
                    self.used = 0;
                    return Poll::Ready(Some(Err(ReadError::Decode(error))));
                }
                Step::More => {}
                _ => continue,
            }
            self.chunk = Bytes::new();
            self.used = 0;
            if self.end.is_some() {
                return Poll::Ready(None);
            }
            ready!(self.turn.poll(cx));
            match self.io.poll_read(cx) {
                Poll::Pending => return self.turn.end(),
                Poll::Ready(Ok(Some(data))) => {
                    self.turn.count(data.len());
                    self.chunk = data;
                }
                Poll::Ready(Ok(None)) => self.end = Some(self.decoder.finish()),
                Poll::Ready(Err(error)) => {
                    self.end = Some(self.decoder.finish());
                    return Poll::Ready(Some(Err(ReadError::Io(error))));
                }
            }
        }
    }
}

/// The stream is polled where it lies; it is never pinned.
impl<K: Streams, R> Unpin for EventReader<K, R> {}

impl<K: Streams, R> fmt::Debug for EventReader<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReader").field("decoder", &self.decoder).finish_non_exhaustive()
    }
}

impl<E: fmt::Display> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Io(error) => write!(f, "the stream broke off: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for ReadError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            Self::Io(error) => Some(error),
        }
    }
}
