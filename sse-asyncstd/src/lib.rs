// Its examples are whole programs, and want these features when they are tested.
#![cfg_attr(any(not(doctest), all(feature = "server", feature = "tls")), doc = include_str!("../README.md"))]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
mod dial;
mod timer;

use sse_proto::driver;
#[cfg(feature = "tls")]
pub use sse_proto::driver::http::rustls;
#[cfg(not(feature = "client"))]
pub use sse_proto::driver::{Change, Failure};
pub use sse_proto::{
    self,
    driver::{futures_io::FuturesIo as Io, prelude::*},
};

#[cfg(feature = "client")]
pub use crate::dial::Tcp;
pub use crate::timer::Timer;

/// Opens TCP connections, and TLS over them for `https`.
#[cfg(feature = "client")]
pub type Dialler = driver::futures_io::Dialler<Tcp>;

/// A client over HTTP.
#[cfg(feature = "client")]
pub type EventSource = driver::EventSource<HttpConnector<Dialler>, Timer>;

/// A client over a transport of your own.
pub type EventSourceOver<C> = driver::EventSource<C, Timer>;

/// Everything that a caller may want to know of an [`EventSource`].
#[cfg(feature = "client")]
pub type Change<E = HttpError> = driver::Change<E>;

/// Why an [`EventSource`] has no more events.
#[cfg(feature = "client")]
pub type Failure<E = HttpError> = driver::Failure<E>;

/// Reads events from any `AsyncRead`.
pub type EventReader<R> = driver::EventReader<AsyncStd, R>;

/// A log of events that sessions read from, shared by cloning.
pub type Log = driver::Log<AsyncStd>;

/// One response with events: the body of an HTTP response, or written to any `AsyncWrite`.
pub type Session = driver::Session<AsyncStd>;

/// async-std, as [`sse_proto::driver`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct AsyncStd;

impl driver::Streams for AsyncStd {
    type Io<S> = Io<S>;

    fn io<S>(stream: S) -> Io<S> {
        Io::new(stream)
    }
}

impl driver::Runtime for AsyncStd {
    type Timer = Timer;
}
