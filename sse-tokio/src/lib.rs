// Its examples are whole programs, and want all of these features when they are tested.
#![cfg_attr(
    any(not(doctest), all(feature = "axum", feature = "json", feature = "tls")),
    doc = include_str!("../README.md")
)]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
mod dial;
mod io;
mod timer;
#[cfg(feature = "reqwest")]
mod transport;

#[cfg(feature = "reqwest")]
pub use ::reqwest;
use sse_proto::driver;
#[cfg(feature = "axum")]
pub use sse_proto::driver::axum::{LastEventId, LastEventIdOrQuery};
#[cfg(feature = "tls")]
pub use sse_proto::driver::http::rustls;
#[cfg(not(feature = "client"))]
pub use sse_proto::driver::{Change, Failure};
pub use sse_proto::{self, driver::prelude::*};

#[cfg(feature = "client")]
pub use crate::dial::Dialler;
#[cfg(feature = "reqwest")]
pub use crate::transport::{ReqwestBody, ReqwestConnector, ReqwestError};
pub use crate::{io::Io, timer::Timer};

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
pub type EventReader<R> = driver::EventReader<Tokio, R>;

/// A log of events that sessions read from, shared by cloning.
pub type Log = driver::Log<Tokio>;

/// One response with events: the body of an HTTP response, or written to any `AsyncWrite`.
pub type Session = driver::Session<Tokio>;

/// tokio, as [`sse_proto::driver`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct Tokio;

impl driver::Streams for Tokio {
    type Io<S> = Io<S>;

    fn io<S>(stream: S) -> Io<S> {
        Io::new(stream)
    }
}

impl driver::Runtime for Tokio {
    type Timer = Timer;
}

#[cfg(all(doctest, feature = "axum", feature = "client"))]
#[doc = include_str!("../../README.md")]
struct TheExamplesOfTheWorkspace;
