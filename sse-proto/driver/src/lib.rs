#![doc = include_str!("../README.md")]
//!
//! # The types to know
//!
//! | type | what it is |
//! |---|---|
//! | [`EventSource`] | the client's loop over a [`Connect`](transport::Connect) and a [`Timer`](transport::Timer) |
//! | [`EventReader`] | the loop that reads the events of a [`Read`](transport::Read) |
//! | [`Session`] | the loop of one response |
//! | [`EventLog`] | the log that sessions share |
//! | [`Sender`] | sends messages to one session |
//! | [`serve`](serve()) | serves an application, sessions without hyper |
//! | [`transport::Runtime`] | what stands for a runtime: its timer, and the wrapper of its readers and writers |
//! | [`transport::Connect`] | sends a request and returns the response |
//! | [`transport::Read`], [`transport::Write`] | where bytes come from and go to |
//! | [`transport::Timer`] | a clock, an alarm, and a seed |
//! | [`transport::HttpConnector`] | HTTP by hyper over the sockets of a [`transport::Dial`] |
// Without these features, some of the types above are missing.
#![cfg_attr(not(feature = "serve"), allow(rustdoc::broken_intra_doc_links))]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core, clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod alarm;
#[cfg(feature = "axum")]
pub mod axum;
pub mod client;
#[cfg(feature = "std")]
mod event_log;
mod event_source;
#[cfg(feature = "futures-io")]
pub mod futures_io;
#[cfg(feature = "std")]
mod lock;
mod methods;
#[cfg(all(test, loom))]
mod models;
mod reader;
pub mod report;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "std")]
pub mod server;
#[cfg(feature = "std")]
mod session;
#[cfg(feature = "stream")]
mod stream;
#[cfg(feature = "std")]
mod sync;
mod trace;
pub mod transport;
mod turn;
pub mod typed;
#[cfg(feature = "std")]
mod unwind;
#[cfg(feature = "std")]
mod write_deadline;

pub use sse_proto::{
    self, Event, EventId, EventRef, EventType, FieldError, Limits, Message, Retry, Text, Timestamp, bytes, events,
};

pub use sse_proto::client::{Change, ClientConfig, Failure};
#[cfg(feature = "std")]
pub use sse_proto::server::{Publication, SessionConfig};

use self::alarm::Alarm;
#[cfg(feature = "stream")]
pub use self::reader::StreamReader;
#[cfg(feature = "serve")]
pub use self::serve::serve;
#[cfg(feature = "http")]
pub use self::transport::NoMoreEvents;
#[cfg(feature = "std")]
pub use self::{
    event_log::EventLog,
    session::{Sender, Session},
};
pub use self::{
    event_source::EventSource,
    reader::{EventReader, ReadError},
};
