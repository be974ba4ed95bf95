//! The loop that reads events from a stream of bytes.

use core::{
    error::Error,
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use sse_proto::{
    Chunk, DecodeError, Decoder, Event, EventId, EventRef, Limits, Retry, Step, StreamEnd, typed::SourceError,
};

#[cfg(feature = "stream")]
use crate::transport::ChunkReader;
use crate::{transport::Read, turn::Turn};

/// Reads events from a stream of bytes, whatever it comes from: a file, a pipe, a socket, the body of a response.
///
/// It does not reconnect; [`EventSource`](super::EventSource) does. All methods are **cancel safe**: a
/// future that is dropped before it is ready has taken nothing from the stream.
pub struct EventReader<R> {
    reader: R,
    decoder: Decoder,
    chunk: Chunk<Bytes>,
    /// Whether there is nothing more to read, after the end or an error.
    is_over: bool,
    end: Option<StreamEnd>,
    turn: Turn,
}

/// Reads events from a stream of blocks of bytes: what HTTP clients return as the body of a response, for example
/// reqwest's `bytes_stream`.
///
/// ```
/// # use core::{pin::Pin, task::{Context, Poll}};
/// # use sse_proto::bytes::Bytes;
/// # use sse_driver::StreamReader;
/// # struct Body(Vec<&'static str>);
/// # impl futures_core::Stream for Body {
/// #     type Item = Result<Bytes, core::convert::Infallible>;
/// #     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
/// #         Poll::Ready(self.0.pop().map(|block| Ok(Bytes::from(block))))
/// #     }
/// # }
/// # async fn read(body: Body) -> Result<(), Box<dyn std::error::Error>> {
/// let mut events = StreamReader::new(body);
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// # let mut future = core::pin::pin!(read(Body(vec!["ta: 1\n\n", "da"])));
/// # assert!(future.as_mut().poll(&mut Context::from_waker(core::task::Waker::noop())).is_ready());
/// ```
#[cfg(feature = "stream")]
pub type StreamReader<S> = EventReader<ChunkReader<S>>;

/// Why there are no more events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// A limit was exceeded.
    Decode(DecodeError),
    /// The stream broke off.
    Io(E),
}

impl<R: Read> EventReader<R> {
    /// Reads with the default limits.
    pub fn new<S>(stream: S) -> Self
    where
        R: From<S>,
    {
        Self::with_decoder(stream.into(), Decoder::new())
    }

    /// Reads with these limits.
    pub fn with_limits<S>(stream: S, limits: Limits) -> Self
    where
        R: From<S>,
    {
        Self::with_decoder(stream.into(), Decoder::new().with_limits(limits))
    }

    /// Reads a stream that resumes after this event, so that events without their own ID inherit this one.
    pub fn resumed<S>(stream: S, last_event_id: &EventId) -> Self
    where
        R: From<S>,
    {
        Self::with_decoder(stream.into(), Decoder::new().with_last_event_id(last_event_id))
    }

    fn with_decoder(reader: R, decoder: Decoder) -> Self {
        Self { reader, decoder, chunk: Chunk::default(), is_over: false, end: None, turn: Turn::default() }
    }

    /// Waits for the next event: `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// The stream broke off, or a limit was exceeded.
    pub async fn next(&mut self) -> Option<Result<Event, ReadError<R::Error>>> {
        poll_fn(|cx| self.poll_next_event(cx)).await
    }

    /// Waits for the next event, as [`next`](Self::next) does, and borrows it: nothing is allocated for it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_ref(&mut self) -> Option<Result<EventRef<'_>, ReadError<R::Error>>> {
        match poll_fn(|cx| self.poll_event(cx)).await? {
            Err(error) => Some(Err(error)),
            Ok(()) => Some(Ok(self.decoder.event(&self.chunk))),
        }
    }

    /// Polls for the next event, as [`next`](Self::next) does.
    pub fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, ReadError<R::Error>>>> {
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

    /// How the stream ended; `None` before its end, and after an error.
    pub fn end(&self) -> Option<StreamEnd> {
        self.end
    }

    /// Reads no more, and returns what the end of the stream means if it came in order.
    fn finish(&mut self) -> StreamEnd {
        self.is_over = true;
        self.decoder.finish()
    }

    /// Polls for the next event and leaves it in the decoder.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(), ReadError<R::Error>>>> {
        loop {
            match self.decoder.advance(&mut self.chunk) {
                Step::Event => return Poll::Ready(Some(Ok(()))),
                Step::Failed(error) => {
                    self.finish();
                    self.chunk = Chunk::default();
                    return Poll::Ready(Some(Err(ReadError::Decode(error))));
                }
                Step::More => {}
                _ => continue,
            }
            self.chunk = Chunk::default();
            if self.is_over {
                return Poll::Ready(None);
            }
            ready!(self.turn.poll(cx));
            match self.reader.poll_read(cx) {
                Poll::Pending => return self.turn.end(),
                Poll::Ready(Ok(Some(data))) => {
                    self.turn.count(data.len());
                    self.chunk = Chunk::new(data);
                }
                Poll::Ready(Ok(None)) => self.end = Some(self.finish()),
                Poll::Ready(Err(error)) => {
                    self.finish();
                    return Poll::Ready(Some(Err(ReadError::Io(error))));
                }
            }
        }
    }
}

/// The stream is never pinned.
impl<R> Unpin for EventReader<R> {}

impl<R> fmt::Debug for EventReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReader").field("decoder", &self.decoder).finish_non_exhaustive()
    }
}

impl<E> ReadError<E> {
    /// Whether the stream was cut off: it broke off, so that some of it may be missing.
    pub const fn is_cut_off(&self) -> bool {
        matches!(self, Self::Io(_))
    }
}

impl<E> SourceError for ReadError<E> {
    fn is_cut_off(&self) -> bool {
        self.is_cut_off()
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
