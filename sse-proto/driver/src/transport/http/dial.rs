//! Connections for the HTTP client.

use alloc::{boxed::Box, string::String};
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};
use std::io::{self, IoSlice};

use hyper::rt::ReadBufCursor;

use crate::turn::Turn;

/// Opens the connection that a request goes over. This is all that the HTTP client needs of a runtime.
///
/// Implemented for closures that return a future, so that a proxy, a Unix socket or a tunnel fits in a few lines.
pub trait Dial {
    /// The future of the connection. Dropping it cancels the attempt.
    type Future: Future<Output = io::Result<Socket>> + Send + 'static;

    /// Connects to a host. An error of the kind [`Unsupported`](io::ErrorKind::Unsupported) is permanent: the
    /// dialler has no TLS, for example.
    fn dial(&self, target: Target) -> Self::Future;
}

impl<F, Fut> Dial for F
where
    F: Fn(Target) -> Fut,
    Fut: Future<Output = io::Result<Socket>> + Send + 'static,
{
    type Future = Fut;

    fn dial(&self, target: Target) -> Fut {
        self(target)
    }
}

/// The host and port to connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS is wanted.
    pub tls: bool,
}

impl Target {
    /// Refuses a target that wants TLS: for diallers without it.
    ///
    /// # Errors
    ///
    /// TLS is wanted.
    pub fn without_tls(&self) -> io::Result<()> {
        if self.tls {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "https needs the feature `tls`"));
        }
        Ok(())
    }
}

/// A connection for HTTP: TCP, TLS over it, or any other stream of bytes.
///
/// HTTP keeps reading while nothing of it is for the consumer, as with interim responses or `PING` frames. After 64
/// reads, or 256 KiB, without a wait in between, the task yields once, so that no peer occupies a thread on any
/// runtime.
pub struct Socket {
    stream: Box<dyn Stream>,
    http2: bool,
    /// Counts the reads since the task last waited.
    turn: Turn,
}

/// The stream in a [`Socket`].
trait Stream: hyper::rt::Read + hyper::rt::Write + Send + Unpin {}

impl<S: hyper::rt::Read + hyper::rt::Write + Send + Unpin> Stream for S {}

impl Socket {
    /// Creates a connection over this stream.
    pub fn new(stream: impl hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static) -> Self {
        Self { stream: Box::new(stream), http2: false, turn: Turn::default() }
    }

    /// Sets whether HTTP/2 was negotiated for this connection (ALPN). HTTP/1.1 is the default.
    #[must_use]
    pub fn http2(mut self, agreed: bool) -> Self {
        self.http2 = agreed;
        self
    }

    pub(super) fn is_http2(&self) -> bool {
        self.http2
    }
}

impl hyper::rt::Read for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        // A task that only looks whether something is there asks again before it waits: its turn goes on.
        let only_looks = cx.waker().will_wake(Waker::noop());
        if self.turn.is_over() && only_looks {
            return Poll::Pending;
        }
        ready!(self.turn.poll(cx));
        // What is read does not show from here: the room for it is the most that it can be.
        let room = buffer.remaining();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        match polled {
            Poll::Pending if only_looks => {}
            Poll::Pending => return self.turn.end(),
            Poll::Ready(_) => self.turn.count(room),
        }
        polled
    }
}

impl hyper::rt::Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("http2", &self.http2).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::{sync::Arc, task::Wake};
    use core::sync::atomic::{AtomicUsize, Ordering};

    use hyper::rt::{Read, ReadBuf, Write};

    use super::{Context, IoSlice, Pin, Poll, ReadBufCursor, Socket, Waker, io};

    /// A stream that never ends, and waits at each poll whose number is a multiple of this.
    struct Endless {
        waits_at: usize,
        polls: usize,
    }

    impl Read for Endless {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            mut buffer: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            self.polls += 1;
            if self.polls.is_multiple_of(self.waits_at) {
                return Poll::Pending;
            }
            buffer.put_slice(b"x");
            Poll::Ready(Ok(()))
        }
    }

    impl Write for Endless {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
        }
    }

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn read(socket: &mut Socket, waker: &Waker) -> bool {
        let mut bytes = [0];
        let mut buffer = ReadBuf::new(&mut bytes);
        Pin::new(socket).poll_read(&mut Context::from_waker(waker), buffer.unfilled()).is_ready()
    }

    #[test]
    fn a_task_that_only_looks_is_still_to_yield() {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        for waits_at in [usize::MAX, 10] {
            let mut socket = Socket::new(Endless { waits_at, polls: 0 });
            assert_eq!((0..1000).filter(|_| read(&mut socket, Waker::noop())).count(), 64, "waits at {waits_at}");
            let woken = count.0.load(Ordering::SeqCst);
            assert!(!read(&mut socket, &waker));
            assert_eq!(count.0.load(Ordering::SeqCst), woken + 1, "woken to go on");
            assert!(read(&mut socket, &waker));
        }
    }

    #[test]
    fn a_turn_ends_where_the_task_waits() {
        let waker = Waker::from(Arc::new(Count::default()));
        let mut socket = Socket::new(Endless { waits_at: 10, polls: 0 });
        assert_eq!((0..1000).filter(|_| read(&mut socket, &waker)).count(), 900);
    }
}
