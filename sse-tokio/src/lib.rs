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
#[cfg(feature = "reqwest")]
mod reqwest;
mod timer;

#[cfg(feature = "axum")]
pub use sse_driver::axum::LastEventId;
#[cfg(not(feature = "client"))]
pub use sse_driver::{Change, Failure};
pub use sse_driver::{
    ClientConfig, Event, EventId, EventRef, EventType, FieldError, Limits, Message, Publication, ReadError, Retry,
    Sender, SessionConfig, StreamReader, Text, bytes, client, events, report, sse_proto, typed,
};
#[cfg(any(feature = "client", feature = "server"))]
pub use sse_driver::{NoMoreEvents, server::last_event_id};

/// A client over HTTP.
#[cfg(feature = "client")]
pub type EventSource = EventSourceOver<transport::HttpConnector<transport::Dialler>>;

/// A client over a custom transport.
pub type EventSourceOver<C> = sse_driver::EventSource<C, transport::Timer>;

/// Everything that a caller may want to know of an [`EventSource`].
#[cfg(feature = "client")]
pub type Change<E = transport::HttpError> = sse_driver::Change<E>;

/// Why an [`EventSource`] has no more events.
#[cfg(feature = "client")]
pub type Failure<E = transport::HttpError> = sse_driver::Failure<E>;

/// Reads events from any `AsyncRead`.
pub type EventReader<R> = sse_driver::EventReader<transport::Io<R>>;

/// A log of events that sessions read from, shared by cloning.
pub type EventLog = sse_driver::EventLog<transport::Tokio>;

/// One response with events: the body of an HTTP response, or written to any `AsyncWrite`.
pub type Session = sse_driver::Session<transport::Tokio>;

pub mod server {
    //! Logs, subscriptions, heartbeats, drains and what observers see, beside the [`Session`](crate::Session) and the
    //! [`EventLog`](crate::EventLog).

    #[cfg(feature = "axum")]
    pub use sse_driver::axum::LastEventIdOrQuery;
    pub use sse_driver::server::*;
}

pub mod transport {
    //! What connects the client and the server to tokio and to the network: readers, writers, the timer, HTTP, TLS, and
    //! the traits for custom ones.

    pub use sse_driver::transport::*;

    #[cfg(feature = "client")]
    pub use crate::dial::Dialler;
    #[cfg(feature = "reqwest")]
    pub use crate::reqwest::{ReqwestBody, ReqwestConnector, ReqwestError, reqwest};
    pub use crate::{io::Io, timer::Timer};

    /// The runtime tokio.
    #[derive(Clone, Copy, Debug)]
    pub struct Tokio;

    impl Runtime for Tokio {
        type Timer = Timer;
        type Io<S> = Io<S>;

        fn io<S>(stream: S) -> Io<S> {
            Io::new(stream)
        }
    }
}

#[cfg(all(doctest, feature = "axum", feature = "client"))]
#[doc = include_str!("../../README.md")]
struct TheExamplesOfTheWorkspace;
