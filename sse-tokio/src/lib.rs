//! Server-Sent Events on tokio: a client that reconnects by itself and resumes where it was, a server that replays what a
//! client has missed, and a reader for any `AsyncRead`.
//!
//! On smol use [`sse-smol`](https://docs.rs/sse-smol), on async-std [`sse-asyncstd`](https://docs.rs/sse-asyncstd).
//! The names are the same in all three. The protocol itself, without any I/O, is
//! [`sse-proto`](https://docs.rs/sse-proto).
//!
//! ```no_run
//! # async fn read() -> Result<(), Box<dyn std::error::Error>> {
//! use sse_tokio::EventSource;
//!
//! let mut source = EventSource::get("https://example.com/events")?;
//! while let Some(event) = source.next().await {
//!     let event = event?; // the server refused permanently
//!     println!("{}: {}", event.event_type(), event.data());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! ```
//! use sse_tokio::{EventLog, Session, last_event_id};
//!
//! /// A handler of hyper, or of any framework whose responses are those of the crate `http`.
//! fn events(log: &EventLog, headers: &http::HeaderMap) -> http::Response<Session> {
//!     Session::resume(log, last_event_id(headers).as_ref()).into_http_response()
//! }
//!
//! /// Encoded once, for everybody who listens and everybody who reconnects.
//! fn publish(log: &EventLog) -> Result<(), sse_tokio::server::PublishError> {
//!     log.publish("hello")?;
//!     Ok(())
//! }
//! # let log = EventLog::default();
//! # publish(&log).unwrap();
//! # assert_eq!(events(&log, &http::HeaderMap::new()).status(), 200);
//! ```
//!
//! # The types to know
//!
//! | type | what it is |
//! |---|---|
//! | [`EventSource`] | a client over HTTP: connects, reconnects, resumes; [`EventSourceOver`] is one over a custom transport |
//! | [`ClientConfig`] | what a client asks for, and how it reconnects |
//! | [`Event`] | a received event; [`EventRef`] is one that borrows |
//! | [`Change`] | all that a client can report: opened, lost and why, an event, the end |
//! | [`Failure`] | why a client has no more events |
//! | [`EventReader`] | reads the events of any stream of bytes, once |
//! | [`serve`](serve()) | serves an application, sessions without hyper |
//! | [`Session`] | one response with events |
//! | [`EventLog`] | what is published, once for all sessions, and replayed to those that reconnect |
//! | [`Message`] | an event to send, or a comment, an ID, a reconnection time |
//! | [`Sender`] | sends messages to one session |
//!
//! | module | what is in it |
//! |---|---|
//! | [`client`] | requests, timeouts, waits, policies, and the parts of a failure |
//! | [`server`] | settings of sessions and logs, subscriptions, drains, observers |
//! | [`transport`] | custom transports, TLS, and what stands for tokio |
//! | [`typed`] | events as values: JSON, enums by the event's type, conventions |
//! | [`report`] | limits, malformed lines, how a stream ended |
//! | [`guide`] | how to do what: the long read, with the features of the crate |
//!
//! Examples of types that all crates share name `sse_proto` and `sse_driver`: from here these are
//! `sse_tokio::sse_proto` and `sse_tokio::sse_driver`. Numbers such as R-055 and D-08 are those of the requirements and decisions in
//! [`REQUIREMENTS.md`](https://github.com/sse-rs/sse/blob/main/conformance/REQUIREMENTS.md).

// Without these features, some of the types above are missing.
#![cfg_attr(not(all(feature = "client", feature = "server")), allow(rustdoc::broken_intra_doc_links))]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
mod dial;
mod io;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "server")]
mod serve;
mod timer;
mod write_timeout;

#[cfg(feature = "server")]
pub use crate::serve::serve;
#[cfg(feature = "axum")]
pub use sse_driver::axum::LastEventId;
pub use sse_driver::{
    self, ClientConfig, Event, EventId, EventRef, EventType, FieldError, Limits, Message, Publication, ReadError,
    Retry, Sender, SessionConfig, StreamReader, Text, bytes, client, events, report, sse_proto, typed,
};
#[cfg(not(feature = "client"))]
pub use sse_driver::{Change, Failure};
#[cfg(any(feature = "client", feature = "server"))]
pub use sse_driver::{NoMoreEvents, server::last_event_id};

/// A client over HTTP: it connects, reconnects, and resumes where it was.
///
#[doc = sse_driver::methods!(EventSource)]
#[cfg(feature = "client")]
pub type EventSource = EventSourceOver<transport::HttpConnector<transport::Dialler>>;

/// A client over a custom transport.
pub type EventSourceOver<C> = sse_driver::EventSource<C, transport::Timer>;

/// Everything that a caller may want to know of an [`EventSource`].
#[cfg(feature = "client")]
pub type Change<E = transport::HttpError> = sse_driver::Change<E>;

/// Why an [`EventSource`] has no more events.
///
#[doc = sse_driver::methods!(Failure)]
#[cfg(feature = "client")]
pub type Failure<E = transport::HttpError> = sse_driver::Failure<E>;

/// Reads events from any `AsyncRead`.
///
#[doc = sse_driver::methods!(EventReader)]
pub type EventReader<R> = sse_driver::EventReader<transport::Io<R>>;

/// A log of events that sessions read from, shared by cloning.
///
#[doc = sse_driver::methods!(EventLog)]
pub type EventLog = sse_driver::EventLog<transport::Tokio>;

/// One response with events: the body of an HTTP response, or written to any `AsyncWrite`.
///
#[doc = sse_driver::methods!(Session)]
pub type Session = sse_driver::Session<transport::Tokio>;

// Its examples are tested in `sse-tokio-frameworks`: they are programs that use axum and reqwest.
#[cfg_attr(not(doctest), doc = include_str!("../README.md"))]
pub mod guide {}

pub mod server {
    //! Logs, subscriptions, heartbeats, drains and what observers see, beside the [`Session`](crate::Session) and the
    //! [`EventLog`](crate::EventLog).

    #[cfg(feature = "axum")]
    pub use sse_driver::axum::{EventRequest, LastEventIdOrQuery, NoEvents};
    pub use sse_driver::server::*;

    /// The sessions of a server, of every kind: its methods are on the page of [`sse_driver::server::Sessions`].
    pub type Sessions = sse_driver::server::Sessions<crate::transport::Tokio>;

    /// A session whose handler is not `Send`: its methods are on the page of [`sse_driver::server::LocalSession`].
    pub type LocalSession = sse_driver::server::LocalSession<crate::transport::Tokio>;

    /// Ends one session from elsewhere: its methods are on the page of [`sse_driver::server::SessionHandle`].
    pub type SessionHandle = sse_driver::server::SessionHandle<crate::transport::Tokio>;

    /// A server with its settings, to be awaited: made by [`serve`](crate::serve()).
    #[cfg(feature = "server")]
    pub type Serve<L, S> = sse_driver::server::Serve<crate::transport::Tokio, L, S>;
}

pub mod transport {
    //! What connects the client and the server to tokio and to the network: readers, writers, the timer, HTTP, TLS, and
    //! the traits for custom ones.

    #[cfg(any(feature = "client", feature = "server"))]
    #[doc(no_inline)]
    pub use sse_driver::transport::hyper;
    #[cfg(feature = "tls")]
    #[doc(no_inline)]
    pub use sse_driver::transport::rustls;
    pub use sse_driver::transport::*;

    #[cfg(feature = "client")]
    pub use crate::dial::Dialler;
    #[cfg(feature = "reqwest")]
    pub use crate::reqwest::{ReqwestBody, ReqwestConnector, ReqwestError};
    pub use crate::{io::Io, timer::Timer, write_timeout::WriteTimeout};
    #[cfg(feature = "reqwest")]
    #[doc(no_inline)]
    pub use ::reqwest;

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
