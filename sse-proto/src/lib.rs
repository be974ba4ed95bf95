//! Server-Sent Events without I/O.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod decode;
mod event;
mod field;
mod limits;
mod message;
mod text;
mod time;

pub use crate::{
    decode::{Decoder, Finding, Item, Malformation, Report, StreamEnd},
    event::{Event, EventRef},
    field::{EventId, EventType, FieldError, Retry},
    limits::{DecodeError, Limit, LimitKind, Limits, OnExcess},
    message::{BufferTooSmall, Message},
    text::Text,
    time::Timestamp,
};
