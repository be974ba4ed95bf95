//! The decoder: bytes in, events out.

mod block;
mod blocks;
mod cut;
mod excess;
mod field;
mod finding;
mod gather;
mod give;
mod item;
mod join;
mod line;
mod lines;
mod lone;
mod read;
mod rest;
mod room;

use alloc::{string::String, vec::Vec};
use core::{fmt, mem};

use bytes::{Buf, Bytes};

use self::{
    block::{Block, Place},
    field::{Field, Line, RetryDigits},
    gather::Gathered,
    give::Home,
    line::Start,
    lines::{Lines, Rules},
    read::Quick,
    rest::Rest,
};
pub use self::{
    finding::{Finding, Malformation},
    item::{Item, Report, StreamEnd},
};
use crate::{
    DecodeError, Event, EventId, EventRef, EventType, Limits, Retry, ends::LineEnds, event::LastId, hidden::Hidden,
};

/// Reads a `text/event-stream`, in chunks of any size (section 9.2.6 of the HTML Standard).
///
/// A decoder takes bytes and gives events; it does no I/O and keeps only what the block it is in has given so far. An
/// event is given at its blank line, as soon as the byte that ends that line is there. The standard knows no parse
/// errors, and neither does the decoder: the only error is a limit that was passed ([`Limits`]).
///
/// Events come in two forms: [`decode`](Self::decode) lends them, without an allocation;
/// [`decode_owned`](Self::decode_owned) gives events that own slices of the received block.
///
/// ```
/// use sse_proto::Decoder;
///
/// let mut decoder = Decoder::new();
/// let mut seen = Vec::new();
/// for chunk in [&b"event: add\ndata: 738"[..], b"57293\n\nda", b"ta: x\r\r"] {
///     let mut input = chunk;
///     while let Some(event) = decoder.decode(&mut input)? {
///         seen.push(format!("{}: {}", event.event_type(), event.data()));
///     }
/// }
/// assert_eq!(seen, ["add: 73857293", "message: x"]);
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
#[derive(Default)]
pub struct Decoder {
    limits: Limits,
    report: Report,

    mode: Mode,
    rules: Rules,
    rest: Rest,
    lines: Lines,
    gathered: Gathered,
    home: Home,
    start: Start,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
    /// Bytes of the stream before the chunk that is being read.
    offset: u64,

    line: Line,
    /// Where the line began.
    line_offset: u64,
    /// The value of an unfinished line that is not data.
    value: Vec<u8>,
    retry_digits: RetryDigits,
    /// Where the unfinished data line begins in the data.
    data_line_start: usize,
    malformed: Option<Malformation>,

    block: Block,
    comment: Place,
    comment_buffer: Vec<u8>,
    /// The event of the block has been given.
    given: bool,
    /// What comes next.
    queued: Option<Step>,

    last_event_id: String,
    /// The last event ID for owned events, where it has been made.
    shared_id: Option<EventId>,
    retry: Option<Retry>,
    skipped: u64,
    failed: Option<DecodeError>,

    lossy_data: String,
    lossy_type: String,
    lossy_id: String,
    lossy_comment: String,
}

/// What a call of [`Decoder::advance`] came to. The enum is exhaustive on purpose: a reader has to deal with all of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// A comment: [`Decoder::comment`] returns it. Only if the [`Report`] asks for comments.
    Comment,
    /// An event: [`Decoder::event`] or [`Decoder::take_event`] returns it.
    Event,
    /// A limit was exceeded that is set to fail. Every call returns this until [`Decoder::reset`].
    Failed(DecodeError),
    /// A malformed line. Only if the [`Report`] asks for findings.
    Finding(Finding),
    /// The last event ID changed: [`Decoder::last_event_id`] returns it. Only if the [`Report`] asks for such changes.
    LastEventId,
    /// The whole chunk is used up.
    More,
    /// A valid reconnection time. Only if the [`Report`] asks for such lines.
    Retry(Retry),
    /// An event was left out because it exceeded a limit that is set to skip. Only if the [`Report`] asks for it.
    Skipped(DecodeError),
}

/// Where the next byte goes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Mode {
    /// It begins a block, and nothing else is to be done before.
    Block,
    /// It belongs to a block that was cut.
    Gather,
    /// It is for the way that all lines can take.
    #[default]
    General,
}

impl Decoder {
    /// A decoder with the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.rules = Rules::new(&self.limits, &self.report);
        self
    }

    /// Sets what [`decode_item`](Self::decode_item) gives beside events.
    #[must_use]
    pub fn with_report(mut self, report: Report) -> Self {
        self.report = report;
        self.rules = Rules::new(&self.limits, &self.report);
        self
    }

    /// Sets the last event ID to start with, as after an earlier connection.
    #[must_use]
    pub fn with_last_event_id(mut self, id: &EventId) -> Self {
        self.last_event_id = String::from(id.as_str());
        self.shared_id = None;
        self
    }

    /// Takes bytes from the front of `input` until an event is complete, and lends it; `None` when `input` is used up.
    ///
    /// The event lies in `input` or, if it was cut or its lines had to be joined, in the decoder. What is left in
    /// `input` comes next in the stream and is to be given again first, from the same place or a copy: the decoder
    /// remembers where lines end in what it left, by its address and length.
    ///
    /// # Errors
    ///
    /// A limit was passed that is set to fail. `input` then stands somewhere in the event that was too large, and the
    /// decoder gives the same error until it is [reset](Self::reset), which is for a new stream: the rest of this one
    /// would be read from the middle of a line. To go on in step with the stream, use [`Limit::skip`](crate::Limit::skip).
    #[inline(always)] // A call costs as much as a short event.
    pub fn decode<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Result<Option<EventRef<'a>>, DecodeError> {
        let chunk = *input;
        let mut gathered = None;
        if self.mode == Mode::Block {
            if let Some((data, used)) = self.short(chunk) {
                *input = &chunk[used..];
                let event_type = EventType::MESSAGE;
                let last_event_id = &self.last_event_id;
                return Ok(Some(EventRef { event_type, data, last_event_id, own_id: false }));
            }
            if let Some(b'd' | b'e') = chunk.first()
                && let Some((event_type, data, used)) = self.lone(chunk)
            {
                *input = &chunk[used..];
                let last_event_id = &self.last_event_id;
                return Ok(Some(EventRef { event_type, data, last_event_id, own_id: false }));
            }
        } else if self.mode == Mode::Gather {
            let ends = LineEnds::first_of(chunk);
            if ends.is_empty() && self.gather_whole(chunk) {
                *input = &[];
                return Ok(None);
            }
            let (used, came_to) = self.gather_on(chunk, 0, ends);
            if came_to == Quick::More {
                self.offset += chunk.len() as u64;
                *input = &[];
                return Ok(None);
            }
            gathered = Some((used, came_to));
        }
        // A copy, so that what the caller has may stay in registers.
        let mut rest = chunk;
        let given = self.decode_further(&mut rest, gathered);
        *input = rest;
        given
    }

    /// Goes on where more is to be done than fits into its caller.
    #[inline(never)]
    fn decode_further<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        gathered: Option<(usize, Quick)>,
    ) -> Result<Option<EventRef<'a>>, DecodeError> {
        let chunk = *input;
        let (used, came_to) = match (gathered, self.mode) {
            (None, Mode::Block) => {
                let ends = self.rest.resume(chunk);
                if self.begin_data(chunk, ends) {
                    *input = &[];
                    return Ok(None);
                }
                self.read_blocks(chunk, 0, ends)
            }
            (None, _) => return self.decode_slowly(input),
            (Some((used, Quick::Stop)), Mode::Block) => self.read_more_blocks(chunk, used),
            (Some(gathered), _) => gathered,
        };
        if came_to == Quick::Stop {
            return self.decode_from(input, used);
        }
        self.offset += used as u64;
        *input = &chunk[used..];
        Ok(if came_to == Quick::Event { Some(self.completed_event(chunk)) } else { None })
    }

    /// Goes on in any way.
    #[inline(never)]
    fn decode_slowly<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Result<Option<EventRef<'a>>, DecodeError> {
        loop {
            let chunk = *input;
            let (used, step) = self.advance_further(chunk);
            *input = &chunk[used..];
            match step {
                Step::Event => return Ok(Some(self.completed_event(chunk))),
                Step::Failed(error) => return Err(error),
                Step::More => return Ok(None),
                _ => {}
            }
        }
    }

    /// Goes on where a quick way has stopped.
    #[inline(never)]
    fn decode_from<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        at: usize,
    ) -> Result<Option<EventRef<'a>>, DecodeError> {
        let chunk = *input;
        let (used, step) = self.advance_from(chunk, at);
        *input = &chunk[used..];
        match step {
            Step::Event => Ok(Some(self.completed_event(chunk))),
            Step::Failed(error) => Err(error),
            Step::More => Ok(None),
            _ => self.decode_slowly(input),
        }
    }

    /// Like [`decode`](Self::decode), but gives everything that [`Report`] names.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_item<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Result<Option<Item<'a>>, DecodeError> {
        let chunk = *input;
        let (used, step) = self.advance(chunk);
        *input = &chunk[used..];
        Ok(Some(match step {
            Step::Comment => Item::Comment(self.comment(chunk)),
            Step::Event => Item::Event(self.completed_event(chunk)),
            Step::Failed(error) => return Err(error),
            Step::Finding(finding) => Item::Finding(finding),
            Step::LastEventId => Item::LastEventId(&self.last_event_id),
            Step::More => return Ok(None),
            Step::Retry(retry) => Item::Retry(retry),
            Step::Skipped(excess) => Item::Skipped(excess),
        }))
    }

    /// Like [`decode`](Self::decode), but gives an event that owns its parts, as slices of `input` where they lie
    /// there in one piece. Such a slice keeps the whole of the received block alive.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_owned(&mut self, input: &mut Bytes) -> Result<Option<Event>, DecodeError> {
        if self.mode == Mode::Block
            && let Some(lone) = self.lone_block(input, self.rest.resume(input))
            && let Some(text) = lone.text(input)
        {
            self.pass(input, &lone);
            input.advance(lone.end());
            let (data, event_type) = lone.parts();
            return Ok(Some(Event { text, data, event_type, id: LastId::Kept(self.kept_id(), false) }));
        }
        loop {
            let (used, step) = self.advance_further(input);
            match step {
                Step::Event => {
                    let given = Ok(Some(self.take_completed_event(input)));
                    input.advance(used);
                    return given;
                }
                Step::Failed(error) => {
                    input.advance(used);
                    return Err(error);
                }
                Step::More => {
                    input.clear();
                    return Ok(None);
                }
                _ => input.advance(used),
            }
        }
    }

    /// Tells the decoder that the stream has ended, and makes it ready for the next one.
    ///
    /// An unfinished block is dropped (R-070). The last event ID and the reconnection time stay (D-01, R-039).
    pub fn finish(&mut self) -> StreamEnd {
        if self.mode == Mode::Gather {
            self.hand_over(usize::MAX);
        }
        let in_mid_line = match self.line {
            Line::Start => matches!(self.start, Start::Undecided(1..)),
            Line::Ignored => false,
            Line::Colon(field) | Line::Name(field, _) | Line::Value(field) => field != Field::Comment,
        };
        let end = if self.block.open || in_mid_line { StreamEnd::InMidEvent } else { StreamEnd::Complete };
        self.reset();
        end
    }

    /// Forgets the stream and any error, as if the next byte were the first. The last event ID and the reconnection
    /// time stay.
    pub fn reset(&mut self) {
        *self = Self {
            limits: self.limits,
            rules: self.rules,
            report: self.report,
            last_event_id: mem::take(&mut self.last_event_id),
            retry: self.retry,
            skipped: self.skipped,
            ..Self::default()
        };
    }

    /// The last event ID string: the ID that a blank line has confirmed last, empty if there is none (R-090).
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The last valid reconnection time that any stream asked for.
    pub fn retry(&self) -> Option<Retry> {
        self.retry
    }

    /// How many events were left out because they passed a limit.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Lengths in place of what was received.
impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Decoder");
        shown.field("limits", &self.limits).field("report", &self.report);
        shown.field("last_event_id", &Hidden(self.last_event_id.len())).field("retry", &self.retry);
        shown.field("skipped", &self.skipped).field("failed", &self.failed).finish_non_exhaustive()
    }
}
