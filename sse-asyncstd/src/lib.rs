// Its examples are whole programs, and want these features when they are tested.
#![cfg_attr(any(not(doctest), all(feature = "server", feature = "tls")), doc = include_str!("../README.md"))]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
mod dial;
mod timer;

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
pub type EventLog = sse_driver::EventLog<transport::AsyncStd>;

/// One response with events: the body of an HTTP response, or written to any `AsyncWrite`.
pub type Session = sse_driver::Session<transport::AsyncStd>;

pub mod server {
    //! Logs, subscriptions, heartbeats, drains and what observers see, beside the [`Session`](crate::Session) and the
    //! [`EventLog`](crate::EventLog).

    pub use sse_driver::server::*;
}

pub mod transport {
    //! What connects the client and the server to async-std and to the network: readers, writers, the timer, HTTP, TLS, and
    //! the traits for custom ones.

    pub use sse_driver::{futures_io::FuturesIo as Io, transport::*};

    #[cfg(feature = "client")]
    pub use crate::dial::Tcp;
    pub use crate::timer::Timer;

    /// Opens TCP connections, and TLS over them for `https`.
    #[cfg(feature = "client")]
    pub type Dialler = sse_driver::futures_io::Dialler<Tcp>;

    /// The runtime async-std.
    #[derive(Clone, Copy, Debug)]
    pub struct AsyncStd;

    impl Runtime for AsyncStd {
        type Timer = Timer;
        type Io<S> = Io<S>;

        fn io<S>(stream: S) -> Io<S> {
            Io::new(stream)
        }
    }
}
