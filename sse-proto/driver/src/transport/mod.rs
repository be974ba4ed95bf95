//! What connects the loops to a runtime and a network: four small traits, HTTP over hyper, and wrappers.
//!
//! A runtime comes in through [`Runtime`] and [`Timer`], a stream of bytes through [`Read`] and [`Write`], and a way to send
//! requests through [`Connect`].

#[cfg(feature = "stream")]
mod chunks;
#[cfg(feature = "http")]
mod http;
mod receive;

use core::{
    fmt,
    future::Future,
    task::{Context, Poll},
};

use bytes::Bytes;
use sse_proto::{
    Timestamp,
    client::{NetworkError, Request, ResponseHead},
};

#[cfg(feature = "stream")]
pub use self::chunks::ChunkReader;
#[cfg(feature = "http")]
pub use self::http::*;
pub use self::receive::ReceiveBuffer;

/// A source of received bytes.
pub trait Read {
    /// Why the stream broke off.
    type Error;

    /// Polls for the next bytes: at least one, or `None` at the orderly end.
    ///
    /// # Errors
    ///
    /// The stream broke off.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Self::Error>>;
}

/// A destination of bytes.
pub trait Write {
    /// Why the bytes cannot be written.
    type Error;

    /// Writes some of `bytes` and returns their number; 0 means that the destination takes no more.
    ///
    /// # Errors
    ///
    /// The peer is gone.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Self::Error>>;

    /// Sends what is buffered.
    ///
    /// # Errors
    ///
    /// The peer is gone.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;

    /// Is ready when the peer is gone, for a destination that notices without a write. By default it never is.
    ///
    /// # Errors
    ///
    /// Why the peer is gone, unless it closed the connection in order.
    fn poll_gone(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Pending
    }
}

/// A clock, one alarm, and a seed.
pub trait Timer {
    /// Returns the time since an epoch that the timer has chosen.
    fn now(&self) -> Timestamp;

    /// Is ready when it is `deadline` or later, and wakes the task then. A later call with another deadline replaces
    /// the earlier one. Dropping the timer cancels it.
    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()>;

    /// Returns a number that differs from timer to timer. It seeds the random part of waits, so that clients which lost the
    /// same server do not reconnect all at once.
    fn seed(&self) -> u64;
}

/// A transport: sends a request and returns the response.
///
/// Implemented for closures that return a future, so that another HTTP client, a Unix socket or a test double fits in
/// a few lines. Their errors are reported to `tracing` as they display themselves.
pub trait Connect {
    /// The body of the response.
    type Body: Read<Error = Self::Error>;
    /// Why there is no response, or why the body broke off.
    type Error;
    /// The future of the response. Dropping it cancels the request.
    type Future: Future<Output = Result<Response<Self::Body>, Self::Error>>;

    /// Sends a request.
    fn connect(&mut self, request: Request) -> Self::Future;

    /// Returns whether a request that is under way has its connection, so that only the response is awaited; `None`, the
    /// default, if the transport does not know. It is called when the request was sent, and each time after the future was
    /// polled; a change needs no wake-up.
    ///
    /// A transport that knows gets [`Timeouts::connect`](sse_proto::client::Timeouts::connect) and
    /// [`Timeouts::head`](sse_proto::client::Timeouts::head) separately, and a request that was never sent is tried
    /// again whatever its method is.
    fn is_connected(&self, _answer: &Self::Future) -> Option<bool> {
        None
    }

    /// Returns whether another attempt may help. By default it may.
    fn classify(&self, _error: &Self::Error) -> NetworkError {
        NetworkError::Transient
    }

    /// Returns the error as text for `tracing`. It must hold no credentials, and of the URL only the origin. `None`, the
    /// default, leaves it out.
    fn display_error<'a>(&self, _error: &'a Self::Error) -> Option<&'a dyn fmt::Display> {
        None
    }
}

impl<F, Fut, B, E> Connect for F
where
    F: FnMut(Request) -> Fut,
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Read<Error = E>,
    E: fmt::Display,
{
    type Body = B;
    type Error = E;
    type Future = Fut;

    fn connect(&mut self, request: Request) -> Fut {
        self(request)
    }

    fn display_error<'a>(&self, error: &'a E) -> Option<&'a dyn fmt::Display> {
        Some(error)
    }
}

/// A response: its head, and a body that has not been read. A redirect is a response, too: the state machine follows it.
#[derive(Clone, Debug)]
pub struct Response<B> {
    /// Status and header fields.
    pub head: ResponseHead,
    /// The body.
    pub body: B,
}

/// A runtime: its timer, and how its readers and writers become [`Read`] and [`Write`].
pub trait Runtime {
    /// The runtime's timer.
    type Timer: Timer + Default;
    /// The wrapper around a reader, a writer, or both in one.
    type Io<S>;

    /// Wraps a reader, a writer, or both in one.
    fn io<S>(stream: S) -> Self::Io<S>;
}

/// A runtime that runs tasks in the background.
pub trait Spawn: Runtime {
    /// Runs a task to its end, whatever becomes of the task that started it.
    fn spawn(task: impl Future<Output = ()> + Send + 'static);
}
