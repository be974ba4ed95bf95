//! A stream that holds everything back until it is flushed, for all runtimes.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io;

use hyper::rt;
use sse_conformance::runtimes::{Duplex, Stream};

/// A stream whose bytes go out only when it is flushed. What is held back when it is dropped is lost.
pub(crate) struct Held<S> {
    stream: S,
    bytes: Vec<u8>,
}

impl<S> Held<S> {
    /// Holds back what is written to this stream.
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, bytes: Vec::new() }
    }
}

impl<S: Stream> Duplex for Held<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, room: usize, put: &mut dyn FnMut(&[u8])) -> Poll<io::Result<()>> {
        let mut bytes = vec![0; room];
        let mut buffer = rt::ReadBuf::new(&mut bytes);
        ready!(rt::Read::poll_read(Pin::new(&mut self.stream), cx, buffer.unfilled()))?;
        put(buffer.filled());
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.bytes.is_empty() {
            let written = ready!(rt::Write::poll_write(Pin::new(&mut self.stream), cx, &self.bytes))?;
            self.bytes.drain(..written);
        }
        rt::Write::poll_flush(Pin::new(&mut self.stream), cx)
    }
}
