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
    /// Why bytes cannot be had.
    type Error;

    /// Asks for the next bytes: some, as soon as there are any, or `None` at the orderly end.
    ///
    /// # Errors
    ///
    /// The stream broke off.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Self::Error>>;
}

/// A destination of bytes.
pub trait Write {
    /// Why bytes cannot be taken.
    type Error;

    /// Writes some of `bytes` and returns how many; 0 means that the destination takes no more.
    ///
    /// # Errors
    ///
    /// The peer is gone.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Self::Error>>;

    /// Passes on whatever is held back.
    ///
    /// # Errors
    ///
    /// The peer is gone.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;
}

/// A clock, one alarm, and a seed: what a runtime has and this crate has not.
pub trait Timer {
    /// The time since an epoch of the timer's own.
    fn now(&self) -> Timestamp;

    /// Is ready when it is `deadline` or later, and wakes the task then. A later call with another deadline replaces
    /// the earlier one. Dropping the timer cancels it.
    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()>;

    /// A number that is another one for each timer: it seeds the random part of waits, so that clients which lost the
    /// same server do not come back all at once.
    fn seed(&self) -> u64;
}

/// A transport: sends a request and brings the answer.
///
/// Implemented for closures that return a future, so that another HTTP client, a Unix socket or a test double fits in
/// a few lines. Their errors are shown to `tracing` as they are.
pub trait Connect {
    /// The body of the answer.
    type Body: Read<Error = Self::Error>;
    /// Why there is no answer, or why the body broke off.
    type Error;
    /// The answer to be. Dropping it gives the attempt up.
    type Future: Future<Output = Result<Response<Self::Body>, Self::Error>>;

    /// Sends a request.
    fn connect(&mut self, request: Request) -> Self::Future;

    /// Whether a request that is under way has its connection, so that only the answer is waited for; `None` if the
    /// transport cannot tell, which is the default. It is asked when the request was sent, and after each time that the
    /// future was polled; a change needs no waking.
    ///
    /// A transport that can tell gets [`Timeouts::connect`](sse_proto::client::Timeouts::connect) and
    /// [`Timeouts::head`](sse_proto::client::Timeouts::head) apart, and a request that never left is sent again whatever its
    /// method is.
    fn is_connected(&self, _answer: &Self::Future) -> Option<bool> {
        None
    }

    /// Whether trying again may help. It may, unless the transport knows better.
    fn classify(&self, _error: &Self::Error) -> NetworkError {
        NetworkError::Transient
    }

    /// The error as text for `tracing`, which must hold no credentials and nothing of the URL but its origin; `None`, the
    /// default, keeps it out.
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

/// An answer: its head, and a body that is still to be read. Redirects are answers, too: the state machine follows
/// them.
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
