//! How much a peer may make the reader keep.

use core::{error::Error, fmt};

/// The most that a decoder keeps for a stream. The defaults are finite; see each setting.
///
/// Limits hold for unfinished lines as well, so that a line or an event without end is noticed when it exceeds the
/// limit and not when it ends. What is dropped (comments that are not reported, unknown fields, `retry`) is not kept
/// and not limited.
///
/// ```
/// use sse_proto::{Decoder, Limit, Limits};
///
/// let decoder = Decoder::new().with_limits(Limits::new().data(Limit::skip(64 * 1024)));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    pub(crate) line: Limit,
    pub(crate) data: Limit,
    pub(crate) id: Limit,
    pub(crate) event_type: Limit,
}

impl Limits {
    /// No limits at all. For trusted input only: a peer can then make the reader keep whatever it sends.
    pub const UNLIMITED: Self = Self {
        line: Limit::fail(usize::MAX),
        data: Limit::fail(usize::MAX),
        id: Limit::fail(usize::MAX),
        event_type: Limit::fail(usize::MAX),
    };

    /// The default limits.
    pub const fn new() -> Self {
        Self {
            line: Limit::fail(4 * 1024 * 1024),
            data: Limit::fail(4 * 1024 * 1024),
            id: Limit::fail(1024),
            event_type: Limit::fail(256),
        }
    }

    /// Limits the value of one kept line: to 4 MiB by default, as much as an event may have in all.
    #[must_use]
    pub const fn line(mut self, limit: Limit) -> Self {
        self.line = limit;
        self
    }

    /// Limits one event's data as received, the LF between two lines counted: to 4 MiB by default.
    #[must_use]
    pub const fn data(mut self, limit: Limit) -> Self {
        self.data = limit;
        self
    }

    /// Limits one event ID: to 1 KiB by default.
    #[must_use]
    pub const fn id(mut self, limit: Limit) -> Self {
        self.id = limit;
        self
    }

    /// Limits one event type: to 256 bytes by default.
    #[must_use]
    pub const fn event_type(mut self, limit: Limit) -> Self {
        self.event_type = limit;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// One limit: a number of bytes, and what happens when there are more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limit {
    /// The greatest number of bytes that is allowed.
    pub(crate) max: usize,
    pub(crate) on_excess: OnExcess,
}

impl Limit {
    /// More than `max` bytes is an error that ends the stream.
    pub const fn fail(max: usize) -> Self {
        Self { max, on_excess: OnExcess::Fail }
    }

    /// An event with more than `max` bytes is left out, and the one after it is read normally.
    pub const fn skip(max: usize) -> Self {
        Self { max, on_excess: OnExcess::SkipEvent }
    }
}

/// What happens when a limit is exceeded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnExcess {
    /// The decoder returns an error and stays there until it is reset.
    Fail,
    /// The event is left out, counted and reported; the decoder stays in step with the stream. The ID of the event
    /// counts as seen, so that a resumed stream continues after it; unless it is the ID that was too long.
    SkipEvent,
}

/// A limit was exceeded: the only error of a decoder, as the standard has none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DecodeError {
    /// Which limit.
    pub limit: LimitKind,
    /// The greatest number of bytes that is allowed.
    pub max: usize,
    /// How many bytes had been seen when the excess was noticed; there may have been more to come.
    pub size: usize,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, max, size } = self;
        write!(f, "{limit} of {size} bytes or more exceeds the limit of {max} bytes")
    }
}

impl Error for DecodeError {}

/// The kinds of limits.
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
