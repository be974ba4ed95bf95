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
//!   [`Block`] of places, and moves the block forward. It never sees the decoder. Called again with more bytes after
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
mod plain;
mod scan;
#[cfg(test)]
mod tests;

use core::{fmt, mem};

use self::{
    carry::{Buffer, Carry},
    event::{Home, Parts, Texts},
    plain::{Plain, Read},
    scan::{Block, Scan},
};
use crate::{
    Chunk, ChunkBytes, DecodeError, Event, EventId, EventRef, Finding, Item, Limits, Malformation, OnExcess, Report,
    Retry, Step, StreamEnd, chunk::Cursor, hidden::Hidden,
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

/// Who reads the next byte.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Mode {
    /// It begins a block, or follows lines that were forgotten.
    Block,
    /// It belongs to a block that is carried.
    Carry,
    /// Nobody: a limit was exceeded.
    Failed(DecodeError),
    /// It is for `plain`.
    Plain,
    /// As `Plain`, after the bytes in the carry.
    Replay,
    /// It is one of the first bytes of the stream, where a BOM may be; those so far are in the carry.
    #[default]
    Start,
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

/// U+FEFF in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

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

    /// Reads a block of the commonest kind, if one begins here.
    #[inline(always)]
    fn simple(&self, bytes: &[u8], cursor: &mut Cursor) -> Option<Parts> {
        if self.mode != Mode::Block {
            return None;
        }
        scan::scan_simple(bytes, cursor, &self.rules).map(|block| Parts::of(Home::Chunk, &block))
    }

    /// Takes a short chunk that ends no block, or reads on in the general way.
    #[inline(always)]
    fn advance_short(&mut self, bytes: &[u8], cursor: &mut Cursor) -> Step {
        if cursor.at == 0 && !self.after_cr {
            let is_taken = self.mode == Mode::Carry && self.carry.take_whole(bytes)
                || bytes.len() == 1 && self.take_byte(bytes[0]);
            if is_taken {
                cursor.at = bytes.len();
                return Step::More;
            }
        }
        self.advance_slow(bytes, cursor)
    }

    /// Takes a chunk of one byte.
    #[inline(never)]
    fn take_byte(&mut self, byte: u8) -> bool {
        let begins = self.mode == Mode::Block;
        if byte == b'\n' && self.mode == Mode::Carry && self.carry.is_heartbeat() {
            self.mode = Mode::Block;
            return true;
        }
        if !begins && self.mode != Mode::Carry || !self.carry.take_byte(byte, begins, &self.rules) {
            return false;
        }
        self.mode = Mode::Carry;
        true
    }

    /// Reads on in the general way.
    #[inline(never)]
    fn advance_slow(&mut self, bytes: &[u8], cursor: &mut Cursor) -> Step {
        self.event.home = Home::Nowhere;
        if self.queued.is_some() {
            return self.take_queued();
        }
        if cursor.at == 0
            && let Some(first) = bytes.first()
            && mem::take(&mut self.after_cr)
            && *first == b'\n'
        {
            *cursor = Cursor::new(1);
            self.plain.offset += 1;
        }
        let step = loop {
            if cursor.at >= bytes.len() && !matches!(self.mode, Mode::Failed(_) | Mode::Replay) {
                // Not worth its price after each of many short chunks.
                if self.mode != Mode::Carry || bytes.len() > 1024 {
                    self.let_go();
                }
                break Step::More;
            }
            let has_event = match self.mode {
                Mode::Block => self.scan_chunk(bytes, cursor),
                Mode::Carry => self.scan_carry(bytes, cursor),
                Mode::Start => self.begin_stream(bytes, cursor),
                Mode::Failed(error) => return Step::Failed(error),
                Mode::Plain | Mode::Replay => match self.read_plain(bytes, cursor) {
                    Some(step) => break step,
                    None => false,
                },
            };
            if has_event {
                break Step::Event;
            }
        };
        if cursor.at == bytes.len() && !bytes.is_empty() {
            self.after_cr = bytes.ends_with(b"\r");
        }
        step
    }

    /// Returns what was queued after the step before. An ID that is reported after its event ends the block.
    #[cold]
    fn take_queued(&mut self) -> Step {
        if self.queued == Some(Step::LastEventId) {
            self.mode = self.between_blocks();
        }
        self.queued.take().unwrap_or(Step::More)
    }

    /// Reads the first bytes of the stream, up to where it is known whether they are a BOM (R-058).
    fn begin_stream(&mut self, bytes: &[u8], cursor: &mut Cursor) -> bool {
        let (held, rest) = (self.carry.buffer.bytes.len(), &bytes[cursor.at..]);
        let wanted = BOM.get(held..).unwrap_or_default();
        let matched = wanted.iter().zip(rest).take_while(|(wanted, byte)| wanted == byte).count();
        if matched == wanted.len() {
            self.carry.buffer.bytes.clear();
            self.plain.offset += BOM.len() as u64;
            self.mode = self.between_blocks();
            cursor.at += matched;
        } else if matched == rest.len() {
            self.carry.buffer.bytes.extend_from_slice(rest);
            cursor.at += matched;
        } else if held == 0 {
            self.mode = self.between_blocks();
        } else {
            self.begin_replay();
        }
        false
    }

    /// Reads a block that begins in the chunk, and returns whether it gives an event.
    #[inline(never)]
    fn scan_chunk(&mut self, bytes: &[u8], cursor: &mut Cursor) -> bool {
        if self.rules.quiet && scan::skip_heartbeats(bytes, cursor) {
            if let Some(event) = self.simple(bytes, cursor) {
                self.event = event;
                return true;
            }
            if cursor.at == bytes.len() {
                return false;
            }
        }
        let mut block = Block { at: cursor.at, ..Block::default() };
        match scan::scan(bytes, &mut cursor.ends, &self.rules, &mut block, &mut self.joined, &mut self.retry) {
            Scan::Cut => {
                // Lines that are ignored need not be kept.
                let from = if block.is_open() { cursor.at } else { block.at };
                cursor.at = bytes.len();
                if from < bytes.len() {
                    if self.carry.begin(&bytes[from..], block.after(from), &self.rules) {
                        self.mode = Mode::Carry;
                    } else {
                        self.mode = Mode::Plain;
                        *cursor = Cursor::new(from);
                    }
                }
                false
            }
            Scan::Empty | Scan::Event => {
                cursor.at = block.at;
                self.event.dispatch(Home::Chunk, bytes, &block, &mut self.joined, &mut self.texts)
            }
            Scan::NotMine => {
                self.mode = Mode::Plain;
                *cursor = Cursor::new(cursor.at);
                false
            }
        }
    }

    /// Reads on in a block that a chunk has cut, and returns whether it gives an event.
    #[inline(never)]
    fn scan_carry(&mut self, bytes: &[u8], cursor: &mut Cursor) -> bool {
        match self.carry.scan(bytes, cursor, &self.rules, &mut self.joined, &mut self.retry) {
            Scan::Cut => false,
            Scan::Empty | Scan::Event => {
                self.mode = Mode::Block;
                let Carry { buffer, block, .. } = &self.carry;
                self.event.dispatch(Home::Carry, &buffer.bytes, block, &mut self.joined, &mut self.texts)
            }
            Scan::NotMine => {
                self.begin_replay();
                *cursor = Cursor::new(cursor.at);
                false
            }
        }
    }

    /// Reads on with `plain`.
    fn read_plain(&mut self, bytes: &[u8], cursor: &mut Cursor) -> Option<Step> {
        let read = if self.mode == Mode::Replay {
            self.replay()
        } else {
            self.plain.read(bytes, cursor, &self.rules, &mut self.joined)
        };
        match read {
            Read::Blank => self.end_plain_block(),
            Read::Comment { ill_formed: false } => Some(Step::Comment),
            Read::Comment { ill_formed: true } => {
                self.queued = Some(Step::Comment);
                self.finding(Malformation::IllFormedUtf8)
            }
            Read::Excess(error, OnExcess::Fail) => {
                self.mode = Mode::Failed(error);
                None
            }
            Read::Excess(error, OnExcess::SkipEvent) => {
                self.plain.skip(error, &mut self.joined);
                None
            }
            Read::Fault(malformation) => self.finding(malformation),
            Read::More => {
                self.mode = Mode::Plain;
                None
            }
            Read::Retry(retry) => {
                self.retry = Some(retry);
                self.rules.report.retries.then_some(Step::Retry(retry))
            }
            Read::SkippedComment(error) => {
                self.skipped += 1;
                Some(Step::Skipped(error))
            }
        }
    }

    fn begin_replay(&mut self) {
        self.mode = Mode::Replay;
        self.carry.replayed = Cursor::default();
    }

    /// Lets `plain` read what is carried.
    fn replay(&mut self) -> Read {
        let Carry { buffer, replayed, .. } = &mut self.carry;
        self.plain.read(&buffer.bytes, replayed, &self.rules, &mut self.joined)
    }

    /// Dispatches a block that `plain` has read (R-090 to R-097).
    fn end_plain_block(&mut self) -> Option<Step> {
        self.mode = self.between_blocks();
        let plain = &mut self.plain;
        let id = plain.id.as_ref().map(|id| &*id.bytes);
        let changed = id.is_some_and(|id| self.texts.set_id(id));
        let step = if let Some(excess) = plain.excess {
            self.skipped += 1;
            Some(Step::Skipped(excess))
        } else if plain.has_data {
            self.event = Parts::joined(&mut self.joined, &plain.event_type.bytes, id);
            Some(Step::Event)
        } else {
            None
        };
        plain.end_block();
        if !changed || !self.rules.report.last_event_ids {
            return step;
        }
        if step.is_some() {
            // The event comes first: whoever stores the ID has got it then. In this mode, no block is read before the ID.
            self.queued = Some(Step::LastEventId);
            self.mode = Mode::Plain;
        }
        step.or(Some(Step::LastEventId))
    }

    /// Who reads the first byte of a block.
    const fn between_blocks(&self) -> Mode {
        if self.rules.scans { Mode::Block } else { Mode::Plain }
    }

    /// Frees large buffers that are not in use at the end of a chunk: it may be long until the next one.
    fn let_go(&mut self) {
        let is_plain = matches!(self.mode, Mode::Plain | Mode::Replay) && !self.plain.begins_block();
        let is_carried = matches!(self.mode, Mode::Carry | Mode::Replay);
        if !is_carried {
            self.carry.buffer.let_go();
        }
        if !(is_plain || is_carried && self.carry.block.is_joined()) {
            self.joined.let_go();
        }
        if !is_plain {
            self.plain.let_go();
        }
        self.texts.let_go();
    }

    fn finding(&self, malformation: Malformation) -> Option<Step> {
        let finding = Finding { offset: self.plain.line_offset, malformation };
        self.rules.report.findings.then_some(Step::Finding(finding))
    }

    #[inline(always)]
    fn event_in<'a>(&'a mut self, chunk: &'a [u8]) -> EventRef<'a> {
        let bytes = match self.event.home {
            Home::Carry => &self.carry.buffer.bytes,
            Home::Chunk => chunk,
            Home::Joined => &self.joined.bytes,
            Home::Nowhere => &[][..],
        };
        self.event.borrow(bytes, &mut self.texts)
    }

    /// Takes an event that does not lie in the chunk.
    #[inline(never)]
    fn take_kept(&mut self, parts: Parts) -> Event {
        let buffer = match parts.home {
            Home::Carry => &mut self.carry.buffer,
            Home::Joined => &mut self.joined,
            Home::Chunk | Home::Nowhere => return Event::default(),
        };
        if parts.home == Home::Carry && buffer.bytes.len() <= COPIED {
            return parts.take(&&*buffer.bytes, &mut self.texts);
        }
        parts.take(&buffer.take(), &mut self.texts)
    }
}

/// An owned event that was carried or joined is copied up to this length, in bytes: the buffer of a longer one is
/// handed over, which costs more than a short copy.
const COPIED: usize = 1024;

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
