//! What a decoder reports besides events, and how a stream ended.

use core::fmt;

use crate::{DecodeError, EventRef, Retry};

/// What [`Decoder::decode_item`](crate::Decoder::decode_item) and a client report besides events. Nothing by default.
///
/// ```
/// use sse_proto::{Chunk, Decoder, Item, Report};
///
/// let mut decoder = Decoder::new().with_report(Report::new().comments(true));
/// let mut chunk = Chunk::new(&b": still here\n\ndata: x\n\n"[..]);
/// assert_eq!(decoder.decode_item(&mut chunk)?, Some(Item::Comment("still here")));
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Report {
    pub(crate) comments: bool,
    pub(crate) findings: bool,
    pub(crate) last_event_ids: bool,
    pub(crate) retries: bool,
}

impl Report {
    /// Reports everything.
    pub const ALL: Self = Self { comments: true, findings: true, last_event_ids: true, retries: true };

    /// Reports nothing.
    pub const fn new() -> Self {
        Self { comments: false, findings: false, last_event_ids: false, retries: false }
    }

    /// Whether to report comment lines, without the one space after the colon. They are then kept until their end, and
    /// the line limit holds for them.
    #[must_use]
    pub const fn comments(mut self, report: bool) -> Self {
        self.comments = report;
        self
    }

    /// Whether to report malformed lines, with their place.
    #[must_use]
    pub const fn findings(mut self, report: bool) -> Self {
        self.findings = report;
        self
    }

    /// Whether to report changes of the last event ID, at the blank line that makes them: after the event of the block,
    /// or alone if it has none.
    #[must_use]
    pub const fn last_event_ids(mut self, report: bool) -> Self {
        self.last_event_ids = report;
        self
    }

    /// Whether to report valid `retry` lines, at the end of the line.
    #[must_use]
    pub const fn retries(mut self, report: bool) -> Self {
        self.retries = report;
        self
    }
}

/// What a call of [`Decoder::advance`](crate::Decoder::advance) came to. The enum is exhaustive on purpose: a reader has to deal with all of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// A comment: [`Decoder::comment`](crate::Decoder::comment) returns it. Only if the [`Report`] asks for comments.
    Comment,
    /// An event: [`Decoder::event`](crate::Decoder::event) or [`Decoder::take_event`](crate::Decoder::take_event) returns it.
    Event,
    /// A limit was exceeded that is set to fail. Every call returns this until [`Decoder::reset`](crate::Decoder::reset).
    Failed(DecodeError),
    /// A malformed line. Only if the [`Report`] asks for findings.
    Finding(Finding),
    /// The last event ID changed: [`Decoder::last_event_id`](crate::Decoder::last_event_id) returns it. Only if the [`Report`] asks for such changes.
    LastEventId,
    /// The whole chunk is used up.
    More,
    /// A valid reconnection time. Only if the [`Report`] asks for such lines.
    Retry(Retry),
    /// An event was left out because it exceeded a limit that is set to skip. Only if the [`Report`] asks for it.
    Skipped(DecodeError),
}

/// An event, or something else that a decoder reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// A comment line, if [`Report::comments`] is set.
    Comment(&'a str),
    /// An event.
    Event(EventRef<'a>),
    /// A malformed line, if [`Report::findings`] is set.
    Finding(Finding),
    /// The new last event ID, if [`Report::last_event_ids`] is set. The event that came with it was returned before.
    LastEventId(&'a str),
    /// The reconnection time that the stream asks for, if [`Report::retries`] is set.
    Retry(Retry),
    /// An event was left out because it exceeded a limit with [`OnExcess::SkipEvent`](crate::OnExcess::SkipEvent); or a
    /// comment was, which does not affect the event around it.
    Skipped(DecodeError),
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StreamEnd {
    /// Nothing was lost.
    Complete,
    /// The end came in the middle of an event, or of a line that may have belonged to one. It has been dropped, as the
    /// standard asks (R-070).
    InMidEvent,
}
/// A line that the standard tells readers to take as it is, or to ignore, but that no writer should send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Where the line begins: bytes from the start of the stream.
    pub offset: u64,
    /// What is wrong with it.
    pub malformation: Malformation,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line at byte {}: {}", self.offset, self.malformation)
    }
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Malformation {
    /// The line was taken, with U+FFFD for each ill-formed part (R-057). Lines that are ignored are not looked at.
    IllFormedUtf8,
    /// A `retry` line whose value is not digits only; it was ignored (R-071).
    InvalidRetry,
    /// An `id` line with U+0000; it was ignored (R-068).
    NulInId,
    /// A line whose name is none of `data`, `event`, `id` and `retry`, to the letter; it was ignored (R-069).
    UnknownField,
}

impl fmt::Display for Malformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IllFormedUtf8 => "the value is not well-formed UTF-8",
            Self::InvalidRetry => "the value of `retry` is not digits only",
            Self::NulInId => "the value of `id` holds U+0000",
            Self::UnknownField => "the field name is not known",
        })
    }
}
