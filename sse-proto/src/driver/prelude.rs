//! The names that every adapter crate has, beside its own types: they are the same in all of them.

#[cfg(feature = "http")]
pub use super::http::{HttpConnector, HttpError, last_event_id};
#[cfg(feature = "std")]
pub use super::{Log, Sender, WriteError};
pub use super::{ReadError, Response};
pub use crate::{
    DecodeError, Event, EventId, EventRef, EventType, FieldError, Limit, Limits, Message, OnExcess, Report, Retry,
    StreamEnd, Text, bytes,
    client::{Backoff, Config, FailReason, InvalidUrl, Loss, ReadyState, Request, ResponseHead},
    server::{Cursor, LogConfig, PublishError, Resumed, SendError, SessionConfig, StartAt},
};
