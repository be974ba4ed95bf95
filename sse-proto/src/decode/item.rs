//! What a decoder gives beside events, and the end of a stream.

use super::Finding;
use crate::{DecodeError, EventRef, Retry};

/// What the opt-in methods of a [`Decoder`](crate::Decoder) give beside events. Nothing by default.
///
/// ```
/// use sse_proto::{Decoder, Item, Report};
///
/// let mut decoder = Decoder::new().with_report(Report { comments: true, ..Report::default() });
/// let mut input = &b": still here\n\ndata: x\n\n"[..];
/// assert_eq!(decoder.decode_item(&mut input)?, Some(Item::Comment("still here")));
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// Comment lines, one space after the colon left out. They are kept until their end then, and the line limit
    /// holds for them.
    pub comments: bool,
    /// Lines that are malformed, with their place.
    pub findings: bool,
    /// Changes of the last event ID, at the blank line that makes them: after the event of the block, or alone if it has
    /// none.
    pub last_event_ids: bool,
    /// Valid `retry` lines, at the end of the line.
    pub retries: bool,
}

/// Something that a stream gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// A comment line, if [`Report::comments`] is set.
    Comment(&'a str),
    /// An event.
    Event(EventRef<'a>),
    /// A malformed line, if [`Report::findings`] is set.
    Finding(Finding),
    /// The new last event ID, if [`Report::last_event_ids`] is set. The event that came with it was given before.
    LastEventId(&'a str),
    /// The reconnection time that the stream asks for, if [`Report::retries`] is set.
    Retry(Retry),
    /// An event was left out because it passed a limit with [`OnExcess::SkipEvent`](crate::OnExcess::SkipEvent); or a
    /// comment was, which is of no consequence for the event around it.
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
