//! The decoder: bytes in, events out.
//!
//! # Two readers of one grammar
//!
//! A stream is blocks, a block is lines, and a blank line ends the block. No line of a block takes effect before the
//! blank line, except `retry`, which can take effect twice without harm. So a block can be read again from its first
//! byte, and everything rests on that: a reader that cannot go on hands over *bytes*, never its state.
//!
//! ```text
//!              the next byte begins a block
//!                          |
//!                          v                blank line: the next block
//!   chunk -------->  scan the chunk  --------------------------------------------> Home::Chunk
//!                     |          |
//!        cut by the   |          |  not mine: a limit, a NUL in an ID,
//!        chunk's end  |          |  a line to report; or cut and too long to carry
//!                     v          |
//!   chunk -->  carry, scan again |          blank line: the next block
//!                     |   -------|-----------------------------------------------> Home::Carry
//!                     |          |
//!          not mine,  |          |
//!          or full    v          v          blank line: the next block
//!   chunk ---->  plain, from the block's first byte  ----------------------------> Home::Joined
//! ```
//!
//! - **scan** (`scan.rs`) reads whole lines. It is a function over slices: it gets bytes, the ends of their lines and a
//!   [`Block`](scan::Block) of places, and moves the block forward. It never sees the decoder. Called again with more bytes after
//!   the same ones, it goes on where it stopped. At a line that may exceed a limit, at an ID with NUL, and at a line
//!   other than `data` and `event` while the [`Report`] asks for anything, it gives the block up (`NotMine`).
//! - **plain** (`plain.rs`) reads any piece of any line, one byte or a megabyte at a time. It is complete and is the
//!   specification of `scan`; it alone reports comments, findings and exceeded limits. If findings are reported, it
//!   reads everything. It works alone: `tests.rs` compares the whole decoder with it.
//! - **The carry** (`carry.rs`) holds the bytes of a block that a chunk has cut, so that `scan` finds it in one piece.
//!   Before a limit can be exceeded, at 128 KiB, and where `scan` gives up, its bytes go to `plain` (`Replay`).
//!   The hand-over has one direction: scan, carry, plain, and back to scan at the next block.
//! - **Forgotten lines.** Comments, unknown fields and `retry` give an event nothing. Where a chunk ends after lines of
//!   only these kinds, they are dropped, and the next byte counts as the first of the block.
//! - **The chunk** ([`Chunk`]) is the caller's bytes with a cursor: a position, and the line ends that are known
//!   after it ([`LineEnds`](crate::ends::LineEnds)). The decoder keeps nothing about the caller's memory. Between two
//!   chunks, a LF after a CR is passed by `after_cr`, whoever reads on; within one, by `next_line`.
//! - **An event** (`event.rs`) is the places of its [`Parts`] in one [`Home`]: the chunk, the carry, or `joined`, where
//!   the values of several `data` lines are put together, and those that `plain` reads. Data and type are checked to be
//!   UTF-8 when the event is asked for, the ID at the blank line.
//! - **The hand-over** (`modes.rs`) says who reads the next byte.
//! - **The grammar of one line** (names, spaces, digits) is in `field.rs`, once for both readers.
//!
//! For example `data: é` with a cut in the middle of the é: `scan` finds no line end in the first chunk, so that its
//! bytes, half of the é among them, are carried. The next chunk is added to the carry and scanned there. At the blank
//! line the value is whole again, and only then checked to be UTF-8.
//!
//! A new limit is judged in `plain`, which knows each line as soon as its name is there. `scan` gives a block up where
//! the limit may be exceeded, `scan_simple` too; `max_len` in `carry.rs` says how long an unfinished block can become
//! unseen; `Rules` has the number. `tests.rs` finds what was missed, if its limits include the new one.
//!
//! # Special cases for speed
//!
//! Each serves a stream. One that is worth less than 15 % goes, unless it is the last to hold a bar of
//! `conformance/peers`. The speed without the case, in times of the speed with it, borrowed:
//!
//! | case | serves | without it |
//! |---|---|---|
//! | [`scan::scan_simple`]: one `data` line, perhaps after `event` | language models, 16 KiB chunks | 0.69, `event` 0.58, tiny 0.44 |
//! | [`field::split_quickly`]: names by eight bytes at once | many lines, all fields, 16 KiB | 0.68, 0.80 |
//! | [`scan::skip_heartbeats`]: `:` and a blank line | quiet streams; with events between, 16 KiB | 0.16, 0.69 |
//! | [`Carry::take_whole`]: no line ends in a chunk | long lines, language models, 64 bytes | 0.22, 0.55 |
//! | [`Carry::take_byte`]: one byte a chunk | tiny events, heartbeats | 0.65, 0.52 |
//! | `append_line`: short lines are copied without a call | many lines, 16 KiB | 0.88, holds a bar |
//! | `COPIED`: short events are copied out of the carry | owned events, 64 bytes | 0.64 for language models, unsteady |
//! | ASCII first, in `utf8.rs` | language models, tiny, all fields, 16 KiB | 0.88, `event` 0.69, tiny 0.47, all fields 0.73 |

mod carry;
mod event;
mod field;
mod modes;
mod plain;
mod scan;
#[cfg(test)]
mod tests;

use core::{fmt, mem};

use self::{
    carry::{Buffer, Carry},
    event::{Home, Parts, Texts},
    modes::Mode,
    plain::{Plain, Read},
};
use crate::{
    Chunk, ChunkBytes, DecodeError, Event, EventId, EventRef, Item, Limits, Report, Retry, Step, StreamEnd,
    hidden::Hidden,
};

/// Reads a `text/event-stream`, in chunks of any size (section 9.2.6 of the HTML Standard).
///
/// A decoder takes bytes and returns events; it does no I/O and keeps only what the unfinished block has given so far. An
/// event is returned at its blank line, as soon as the byte that ends that line is there. The standard knows no parse
/// errors, and neither does the decoder: the only error is an exceeded limit ([`Limits`]).
///
/// Events come in two forms: [`decode`](Self::decode) borrows them from the chunk, without an allocation;
/// [`decode_owned`](Self::decode_owned) returns events that own slices of the received chunk. Both are short loops over
/// [`advance`](Self::advance), for a loop of your own.
///
/// ```
/// use sse_proto::{Chunk, Decoder};
///
/// let mut decoder = Decoder::new();
/// let mut seen = Vec::new();
/// for bytes in [&b"event: add\ndata: 738"[..], b"57293\n\nda", b"ta: x\r\r"] {
///     let mut chunk = Chunk::new(bytes);
///     while let Some(event) = decoder.decode(&mut chunk)? {
///         seen.push(format!("{}: {}", event.event_type(), event.data()));
///     }
/// }
/// assert_eq!(seen, ["add: 73857293", "message: x"]);
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
#[derive(Default)]
pub struct Decoder {
    rules: Rules,
    mode: Mode,
    /// The last chunk ended with CR: a LF that begins the next one belongs to it.
    after_cr: bool,
    carry: Carry,
    plain: Plain,
    /// Data that was put together: of several lines, or by `plain`.
    joined: Buffer,
    /// The event that was completed last.
    event: Parts,
    texts: Texts,
    /// What comes next; the mode is `Plain` until then.
    queued: Option<Step>,
    retry: Option<Retry>,
    skipped: u64,
}

/// What is asked for, and what follows from it for `scan`: what is not allowed here is for `plain`.
#[derive(Clone, Copy, Debug)]
struct Rules {
    limits: Limits,
    report: Report,
    /// The most bytes of an event's data.
    data: usize,
    /// Of the value of one line of it.
    data_line: usize,
    /// Of an event type.
    event_type: usize,
    /// Of an ID.
    id: usize,
    /// Of a line that is not data, or is not known to be.
    undecided: usize,
    /// Of a first line before any of it was scanned.
    first_line: usize,
    /// Whether nothing but events is reported.
    quiet: bool,
    /// Whether blocks are scanned before they are for `plain`. A block that is scanned has no findings.
    scans: bool,
}

impl Rules {
    fn new(limits: Limits, report: Report) -> Self {
        let line = limits.line.max;
        let (data_line, event_type, id) =
            (line.min(limits.data.max), line.min(limits.event_type.max), line.min(limits.id.max));
        let undecided = event_type.min(id).min(carry::UNDECIDED);
        Self {
            limits,
            report,
            data: limits.data.max,
            data_line,
            event_type,
            id,
            undecided,
            first_line: data_line.min(undecided),
            quiet: report == Report::new(),
            scans: !report.findings,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(Limits::default(), Report::default())
    }
}

impl Decoder {
    /// Creates a decoder with the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.rules = Rules::new(limits, self.rules.report);
        self
    }

    /// Sets what [`decode_item`](Self::decode_item) and [`advance`](Self::advance) report besides events.
    #[must_use]
    pub fn with_report(mut self, report: Report) -> Self {
        self.rules = Rules::new(self.rules.limits, report);
        self
    }

    /// Sets the last event ID to start with, as after an earlier connection.
    #[must_use]
    pub fn with_last_event_id(mut self, id: &EventId) -> Self {
        self.texts.set_id(id.as_bytes());
        self
    }

    /// Lets `plain` read everything, so that tests can compare it with the whole decoder. For a decoder whose limits and
    /// report are set.
    #[cfg(any(test, fuzzing))]
    #[doc(hidden)]
    #[must_use]
    pub fn by_plain_alone(mut self) -> Self {
        self.rules.scans = false;
        self
    }

    /// Reads the chunk until an event is complete, and borrows it; `None` when all of the chunk is read.
    ///
    /// The event lies in the chunk or, if it was cut or its lines had to be joined, in the decoder.
    ///
    /// # Errors
    ///
    /// A limit was exceeded that is set to fail. The decoder returns the same error until it is [reset](Self::reset),
    /// which is for a new stream: the rest of this one would be read from the middle of a line. To stay in step with the
    /// stream, use [`Limit::skip`](crate::Limit::skip).
    #[inline(always)] // A call costs as much as a short event.
    pub fn decode<'a, 'i: 'a>(&'a mut self, chunk: &mut Chunk<&'i [u8]>) -> Result<Option<EventRef<'a>>, DecodeError> {
        if let Some(event) = self.simple(chunk.bytes, &mut chunk.cursor) {
            return Ok(Some(event.borrow(chunk.bytes, &mut self.texts)));
        }
        loop {
            match self.advance_short(chunk.bytes, &mut chunk.cursor) {
                Step::Event => return Ok(Some(self.event_in(chunk.bytes))),
                Step::Failed(error) => return Err(error),
                Step::More => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads as [`decode`](Self::decode) does, and returns everything that the [`Report`] asks for.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_item<'a, 'i: 'a>(&'a mut self, chunk: &mut Chunk<&'i [u8]>) -> Result<Option<Item<'a>>, DecodeError> {
        Ok(Some(match self.advance(chunk) {
            Step::Comment => Item::Comment(self.comment()),
            Step::Event => Item::Event(self.event_in(chunk.bytes)),
            Step::Failed(error) => return Err(error),
            Step::Finding(finding) => Item::Finding(finding),
            Step::LastEventId => Item::LastEventId(self.last_event_id()),
            Step::More => return Ok(None),
            Step::Retry(retry) => Item::Retry(retry),
            Step::Skipped(excess) => Item::Skipped(excess),
        }))
    }

    /// Reads as [`decode`](Self::decode) does, and returns an event that owns its parts, as slices of the chunk where
    /// they lie there in one piece. Such a slice keeps all bytes of the chunk alive.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    #[inline]
    pub fn decode_owned<B: ChunkBytes>(&mut self, chunk: &mut Chunk<B>) -> Result<Option<Event>, DecodeError> {
        if let Some(event) = self.simple(chunk.bytes.as_ref(), &mut chunk.cursor) {
            return Ok(Some(event.take(&chunk.bytes, &mut self.texts)));
        }
        loop {
            match self.advance_short(chunk.bytes.as_ref(), &mut chunk.cursor) {
                Step::Event => return Ok(Some(self.take_event(chunk))),
                Step::Failed(error) => return Err(error),
                Step::More => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads the chunk up to the next [`Step`].
    ///
    /// This is what readers, drivers and the methods [`decode`](Self::decode), [`decode_owned`](Self::decode_owned) and
    /// [`decode_item`](Self::decode_item) are made of. It borrows `chunk` for the call only, so that a loop can hold both
    /// the chunk and the decoder, and hand out events that borrow from them. After [`Step::Event`],
    /// [`event`](Self::event) or [`take_event`](Self::take_event) returns the event, from the same chunk.
    ///
    /// ```
    /// use sse_proto::{Chunk, Decoder, Step};
    ///
    /// let mut decoder = Decoder::new();
    /// let mut chunk = Chunk::new(&b"data: a\n\ndata: b\n\n"[..]);
    /// let mut data = Vec::new();
    /// loop {
    ///     match decoder.advance(&mut chunk) {
    ///         Step::Event => data.push(decoder.event(&chunk).data().to_owned()),
    ///         Step::More => break, // time to receive the next chunk
    ///         Step::Failed(error) => return Err(error),
    ///         _ => {}
    ///     }
    /// }
    /// assert_eq!(data, ["a", "b"]);
    /// # Ok::<(), sse_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn advance<B: AsRef<[u8]>>(&mut self, chunk: &mut Chunk<B>) -> Step {
        let bytes = chunk.bytes.as_ref();
        if let Some(event) = self.simple(bytes, &mut chunk.cursor) {
            self.event = event;
            return Step::Event;
        }
        self.advance_short(bytes, &mut chunk.cursor)
    }

    /// Returns the event that [`advance`](Self::advance) has just completed, borrowed from the same `chunk` and the
    /// decoder. Without such an event it is empty, with another chunk its values are arbitrary.
    #[inline]
    pub fn event<'a, B: AsRef<[u8]>>(&'a mut self, chunk: &'a Chunk<B>) -> EventRef<'a> {
        self.event_in(chunk.bytes.as_ref())
    }

    /// Returns the event that [`advance`](Self::advance) has just completed, as slices of the same `chunk` where its
    /// parts lie there in one piece. Without such an event, and at a second call, it is empty; with another chunk its
    /// values are arbitrary.
    #[inline(always)] // An event is larger than what is moved well: it is made where it goes.
    pub fn take_event<B: ChunkBytes>(&mut self, chunk: &Chunk<B>) -> Event {
        let parts = mem::take(&mut self.event);
        if parts.home == Home::Chunk {
            return parts.take(&chunk.bytes, &mut self.texts);
        }
        self.take_kept(parts)
    }

    /// Returns the comment that [`advance`](Self::advance) has just reported.
    pub fn comment(&mut self) -> &str {
        self.texts.comment(&self.plain.comment.bytes)
    }

    /// Ends the stream, and makes the decoder ready for the next one.
    ///
    /// An unfinished block is dropped (R-070). The last event ID and the reconnection time stay (D-01, R-039).
    pub fn finish(&mut self) -> StreamEnd {
        if self.mode == Mode::Carry {
            self.begin_replay();
        }
        if self.mode == Mode::Replay {
            while !matches!(self.replay(), Read::More) {}
        }
        let in_bom = self.mode == Mode::Start && !self.carry.buffer.bytes.is_empty();
        let in_event = in_bom || self.plain.is_in_event();
        let end = if in_event { StreamEnd::InMidEvent } else { StreamEnd::Complete };
        self.reset();
        end
    }

    /// Forgets the stream and any error, as if the next byte were the first. The last event ID and the reconnection
    /// time stay.
    pub fn reset(&mut self) {
        *self = Self {
            rules: self.rules,
            texts: mem::take(&mut self.texts),
            retry: self.retry,
            skipped: self.skipped,
            ..Self::default()
        };
        self.texts.let_go();
    }

    /// The last event ID string: the ID that a blank line has confirmed last, empty if there is none (R-090).
    pub fn last_event_id(&self) -> &str {
        &self.texts.last_event_id
    }

    /// The last valid reconnection time that any stream asked for.
    pub fn retry(&self) -> Option<Retry> {
        self.retry
    }

    /// The number of events, and of comments, that were left out because they exceeded a limit.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Lengths in place of what was received.
impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Decoder");
        shown.field("limits", &self.rules.limits).field("report", &self.rules.report);
        shown.field("last_event_id", &Hidden(self.last_event_id().len())).field("retry", &self.retry);
        let failed = if let Mode::Failed(error) = self.mode { Some(error) } else { None };
        shown.field("skipped", &self.skipped).field("failed", &failed).finish_non_exhaustive()
    }
}
