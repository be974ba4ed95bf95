//! The names that every adapter crate has, beside its own types: they are the same in all of them.

#[cfg(feature = "http")]
pub use super::http::{Dial, HttpBody, HttpConnector, HttpError, NoMoreEvents, Socket, Target, last_event_id};
#[cfg(feature = "stream")]
pub use super::{ChunkReader, StreamReader};
pub use super::{Connect, Read, ReadError, Response, Source, TypedSource, Write};
#[cfg(feature = "std")]
pub use super::{Handle, SendValueError, Sender, Serializing, Subscribe, WriteError};
#[cfg(feature = "json")]
pub use crate::json::JsonError;
pub use crate::{
    DataWriter, DecodeError, Event, EventId, EventRef, EventType, FieldError, Finding, Limit, LimitKind, Limits,
    Malformation, Message, OnExcess, Report, Retry, StreamEnd, Text, Timestamp, bytes,
    client::{
        Backoff, Config, FailReason, HeaderError, Headers, InvalidMethod, InvalidUrl, Loss, NetworkError, Policy,
        ReadyState, Refusal, RememberRedirects, Request, Resilient, ResponseHead, Ruling, Standard, Timeouts, UrlFault,
    },
    events,
    server::{
        CloseReason, Cursor, DrainConfig, Drained, Entry, Heartbeat, Interest, LogConfig, LogRead, Observer, OnLag,
        PassedOver, Publication, PublishError, RESPONSE_HEADERS, Resumed, SendError, SessionConfig, SessionInfo,
        SessionTotals, StartAt, Store, TooManySessions, UnusableId, check_id, last_event_id_in_query, priming,
        silent_priming,
    },
    typed::{Convention, FromEvent, Mark, Typed, TypedError},
};
