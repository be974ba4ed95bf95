//! How much a peer may make the reader keep.

use core::{error::Error, fmt};

/// The most that a decoder keeps for a stream. The defaults are finite; see each field.
///
/// Limits hold for unfinished lines as well, so that a line or an event without end is noticed when it passes the
/// limit and not when it ends. What is thrown away (comments nobody asked for, unknown fields, `retry`) is not kept
/// and not limited.
///
/// ```
/// use sse_proto::{Limit, Limits};
///
/// let limits = Limits { data: Limit::skip(64 * 1024), ..Limits::default() };
/// assert_eq!(limits.line, Limit::fail(4 * 1024 * 1024));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of the value of one kept line: 4 MiB, as many as an event may have in all.
    pub line: Limit,
    /// Bytes of one event's data as received, the LF between two lines counted: 4 MiB.
    pub data: Limit,
    /// Bytes of one event ID: 1 KiB.
    pub id: Limit,
    /// Bytes of one event type: 256.
    pub event_type: Limit,
}

impl Limits {
    /// No limits at all. For trusted input only: a peer can then make the reader keep whatever it sends.
    pub const UNLIMITED: Self = Self {
        line: Limit::fail(usize::MAX),
        data: Limit::fail(usize::MAX),
        id: Limit::fail(usize::MAX),
        event_type: Limit::fail(usize::MAX),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: Limit::fail(4 * 1024 * 1024),
            data: Limit::fail(4 * 1024 * 1024),
            id: Limit::fail(1024),
            event_type: Limit::fail(256),
        }
    }
}

/// One limit: how many bytes, and what happens when there are more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limit {
    /// The greatest number of bytes that passes.
    pub max: usize,
    /// What happens with more.
    pub on_excess: OnExcess,
}

impl Limit {
    /// More than `max` bytes is an error that ends the stream.
    pub const fn fail(max: usize) -> Self {
        Self { max, on_excess: OnExcess::Fail }
    }

    /// An event with more than `max` bytes is left out, and the one after it is read as if nothing had happened.
    pub const fn skip(max: usize) -> Self {
        Self { max, on_excess: OnExcess::SkipEvent }
    }
}

/// What happens when a limit is passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnExcess {
    /// The decoder returns an error and stays there until it is reset.
    Fail,
    /// The event is left out, counted and reported; the decoder stays in step with the stream. The ID of the event
    /// counts as seen, so that a resumed stream goes on after it; unless it is the ID that was too long.
    SkipEvent,
}

/// A limit was passed: the only error that a decoder knows, as the standard knows none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DecodeError {
    /// Which limit.
    pub limit: LimitKind,
    /// The greatest number of bytes that passes.
    pub max: usize,
    /// How many bytes had been seen when the excess was noticed; there may have been more to come.
    pub size: usize,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, max, size } = self;
        write!(f, "{limit} of {size} bytes or more passes the limit of {max} bytes")
    }
}

impl Error for DecodeError {}

/// The limits there are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum LimitKind {
    /// [`Limits::data`].
    Data,
    /// [`Limits::event_type`].
    EventType,
    /// [`Limits::id`].
    Id,
    /// [`Limits::line`].
    Line,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "event data",
            Self::EventType => "an event type",
            Self::Id => "an event ID",
            Self::Line => "a line",
        })
    }
}
