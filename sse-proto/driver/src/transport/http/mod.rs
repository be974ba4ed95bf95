//! HTTP: hyper as the engine of the client, `http_body::Body` for the server.
//!
//! hyper's connection is polled in the task that reads the events: there is no other task, and no channel between the
//! socket and the consumer.

mod body;
mod client;
mod connection;
mod convert;
mod dial;
mod error;
#[cfg(feature = "http2")]
mod http2;
mod no_more_events;
mod request;
#[cfg(feature = "tls")]
mod tls;

pub use hyper;
#[cfg(feature = "tls")]
pub use rustls;

#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsSession, agreed_on_http2, is_refusal};
pub use self::{
    body::HttpBody,
    client::{Exchange, HttpConnector},
    convert::{BodyReader, http_request, response_head},
    dial::{Dial, Socket, Target},
    error::HttpError,
    no_more_events::NoMoreEvents,
};
