//! Streams of blocks of bytes as readers.

use alloc::boxed::Box;
use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;

use super::{EventReader, Read, Streams};

/// Reads events from a stream of blocks of bytes: what HTTP clients give as the body of a response (reqwest's
/// `bytes_stream`, say).
///
/// ```
/// # use core::{pin::Pin, task::{Context, Poll}};
/// # use sse_proto::{bytes::Bytes, driver::StreamReader};
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
pub type StreamReader<S> = EventReader<Chunks, S>;

/// Streams of blocks of bytes, as [`EventReader`] sees them.
#[derive(Clone, Copy, Debug)]
pub struct Chunks;

impl Streams for Chunks {
    type Io<S> = ChunkReader<S>;

    fn io<S>(stream: S) -> ChunkReader<S> {
        ChunkReader::new(stream)
    }
}

/// Makes any stream of blocks of bytes a reader: the [body](super::Response::body) of a transport's answer, too.
pub struct ChunkReader<S> {
    stream: Pin<Box<S>>,
}

impl<S> ChunkReader<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self { stream: Box::pin(stream) }
    }
}

impl<S, B, E> Read for ChunkReader<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
{
    type Error = E;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, E>> {
        Poll::Ready(ready!(self.stream.as_mut().poll_next(cx)).map(|block| block.map(Into::into)).transpose())
    }
}

impl<S> fmt::Debug for ChunkReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkReader").finish_non_exhaustive()
    }
}
