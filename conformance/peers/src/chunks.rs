//! A stream in chunks, in the forms in which the contenders take them.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_core::Stream;

/// How a stream is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Chunking(usize);

impl Chunking {
    pub(crate) const WHOLE: Self = Self(usize::MAX);
    pub(crate) const BLOCK: Self = Self(16 * 1024);
    /// What the readers of the runtimes take at once.
    pub(crate) const RECEIVED: Self = Self(64 * 1024);
    pub(crate) const PACKET: Self = Self(1460);
    pub(crate) const SMALL: Self = Self(64);
    pub(crate) const BYTE: Self = Self(1);
    pub(crate) const ALL: [Self; 5] = [Self::WHOLE, Self::BLOCK, Self::PACKET, Self::SMALL, Self::BYTE];

    /// Reads `whole` or a number of bytes.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "whole" => Ok(Self::WHOLE),
            number => match number.parse() {
                Ok(0) | Err(_) => Err("`whole` or a number of bytes greater than 0".to_owned()),
                Ok(len) => Ok(Self(len)),
            },
        }
    }

    pub(crate) fn name(self) -> String {
        if self == Self::WHOLE { "whole".to_owned() } else { format!("{} B", self.0) }
    }

    /// Whether a chunk is too small for events to share it.
    pub(crate) fn is_small(self) -> bool {
        self.0 <= Self::SMALL.0
    }

    /// Slices that borrow.
    pub(crate) fn slices(self, bytes: &Bytes) -> impl Iterator<Item = &[u8]> {
        bytes.chunks(self.0.min(bytes.len().max(1)))
    }

    /// Slices that share the one received block, as a reader hands them over.
    pub(crate) fn shared(self, bytes: &Bytes) -> impl Iterator<Item = Bytes> {
        let len = self.0.min(bytes.len().max(1));
        (0..bytes.len()).step_by(len).map(move |at| bytes.slice(at..bytes.len().min(at + len)))
    }
}

/// A stream that is always ready.
pub(crate) struct Ready<I>(pub(crate) I);

impl<I: Iterator + Unpin> Stream for Ready<I> {
    type Item = Result<I::Item, Infallible>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

/// Takes everything from a stream over one that is always ready, until it gives an error.
#[inline]
pub(crate) fn drain<T, E: std::fmt::Display>(
    stream: impl Stream<Item = Result<T, E>>,
    mut each: impl FnMut(T),
) -> Result<(), String> {
    let mut stream = pin!(stream);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match stream.as_mut().poll_next(&mut context) {
            Poll::Ready(Some(Ok(item))) => each(item),
            Poll::Ready(Some(Err(error))) => return Err(error.to_string()),
            Poll::Ready(None) => return Ok(()),
            Poll::Pending => return Err("pending over a stream that is always ready".to_owned()),
        }
    }
}
