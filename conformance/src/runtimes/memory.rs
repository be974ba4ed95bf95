//! Streams in memory, which each runtime takes for streams of its own kind.

use core::{
    fmt, mem,
    task::{Context, Poll},
};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a stream in memory does when it is polled.
pub trait Duplex: Send {
    /// Hands up to `room` bytes to `put`, in one or more pieces; none at all is the end of the stream.
    ///
    /// # Errors
    ///
    /// The stream broke off, or it cannot be read from, which is the default.
    fn poll_read(&mut self, _cx: &mut Context<'_>, _room: usize, _put: &mut dyn FnMut(&[u8])) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    /// Takes some of `bytes`, and returns how many.
    ///
    /// # Errors
    ///
    /// The stream broke off, or it cannot be written to, which is the default.
    fn poll_write(&mut self, _cx: &mut Context<'_>, _bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    /// Passes on what is held back: nothing, by default.
    ///
    /// # Errors
    ///
    /// The stream broke off.
    fn poll_flush(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A stream in memory. Each runtime implements its traits of readers and writers for it.
pub struct Memory(pub Box<dyn Duplex>);

impl Memory {
    /// A stream that does this.
    pub fn new(stream: impl Duplex + 'static) -> Self {
        Self(Box::new(stream))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

/// A writer that keeps what it gets. It takes no more than 1000 bytes at a time, as a socket may.
#[derive(Clone, Debug, Default)]
pub struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    const MOST: usize = 1000;

    /// Removes and returns what was written since the last call.
    pub fn take(&self) -> Vec<u8> {
        mem::take(&mut self.bytes())
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Duplex for Sink {
    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = bytes.len().min(Self::MOST);
        self.bytes().extend_from_slice(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }
}
