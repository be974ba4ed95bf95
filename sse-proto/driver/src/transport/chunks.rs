//! Streams of blocks of bytes as readers.

use alloc::boxed::Box;
use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;

use super::Read;

/// Makes any stream of blocks of bytes a reader: the [body](crate::transport::Response::body) of a transport's response, too.
pub struct ChunkReader<S> {
    stream: Pin<Box<S>>,
}

impl<S> ChunkReader<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self { stream: Box::pin(stream) }
    }
}

impl<S> From<S> for ChunkReader<S> {
    fn from(stream: S) -> Self {
        Self::new(stream)
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
