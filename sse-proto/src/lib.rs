#![doc = include_str!("../README.md")]
#![no_std]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core, clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

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
#[cfg(feature = "serde")]
mod serde;
pub mod server;
mod text;
mod time;
pub mod typed;
mod utf8;

pub use bytes;

pub use crate::{
    data::DataWriter,
    decode::{Decoder, Finding, Item, Malformation, Report, Step, StreamEnd},
    event::{Event, EventRef},
    field::{EventId, EventType, FieldError, Retry},
    limits::{DecodeError, Limit, LimitKind, Limits, OnExcess},
    message::{BufferTooSmall, Message},
    text::Text,
    time::Timestamp,
};
