#![doc = include_str!("../README.md")]
//!
//! # The types to know
//!
//! | type | what it is |
//! |---|---|
//! | [`Decoder`] | bytes in, events out, wherever the bytes were cut |
//! | [`EventRef`], [`Event`] | a received event: borrowed from the chunk, or owned |
//! | [`Limits`] | what the sender of a stream can make a reader hold |
//! | [`Message`] | an event to send, or a comment, an ID, a reconnection time |
//! | [`EventId`], [`EventType`] | checked values of fields |
//! | [`client::EventSource`] | the client: when to connect, what a response means, when to reconnect |
//! | [`client::ClientConfig`] | what the client asks for, and how it reconnects |
//! | [`server::Session`] | one response: what to send, when a heartbeat is due, when it ends |
//! | [`server::EventLog`] | what was published, with a cursor for each session |
//! | [`Timestamp`] | a moment: no machine reads a clock |
//!
//! The [`manual`] has the whole story.
#![no_std]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core, clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod chunk;
pub mod client;
mod data;
mod decode;
mod ends;
mod event;
mod field;
mod hidden;
#[cfg(feature = "json")]
pub mod json;
mod limits;
pub mod manual;
mod message;
mod random;
mod report;
#[cfg(feature = "serde")]
mod serde;
pub mod server;
mod text;
mod time;
pub mod typed;
mod utf8;

pub use bytes;

pub use crate::{
    chunk::{Chunk, ChunkBytes},
    data::DataWriter,
    decode::Decoder,
    event::{Event, EventRef},
    field::{EventId, EventType, FieldError, Retry},
    limits::{DecodeError, Limit, LimitKind, Limits, OnExcess},
    message::{BufferTooSmall, Message},
    report::{Finding, Item, Malformation, Report, Step, StreamEnd},
    text::Text,
    time::Timestamp,
};
