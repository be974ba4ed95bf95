//! The decoder: bytes in, events out.

mod block;
mod cut;
mod data;
mod excess;
mod field;
mod finding;
mod give;
mod line;
mod lone;
mod plain;
mod read;
mod rest;
mod whole;

use alloc::{string::String, vec::Vec};
use core::mem;

use bytes::{Buf, Bytes};

pub use self::finding::{Finding, Malformation};
use self::{
    block::{Block, Place},
    data::Cut,
    field::{Field, Line, RetryDigits},
    line::Start,
    plain::Longest,
    rest::Rest,
};
use crate::{DecodeError, Event, EventId, EventRef, Limits, Retry, utf8};

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
#[derive(Debug, Default)]
pub struct Decoder {
    limits: Limits,
    report: Report,

    mode: Mode,
    rest: Rest,
    longest: Longest,
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
    ready: Ready,
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

/// What the opt-in methods of a [`Decoder`] give beside events. Nothing by default.
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
    /// Changes of the last event ID, at the blank line that makes them; with or without an event.
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
    /// The new last event ID, if [`Report::last_event_ids`] is set.
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

/// What [`Decoder::advance`] came to. Values are read from the decoder until the next call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    Comment,
    Event,
    Failed(DecodeError),
    Finding(Finding),
    LastEventId,
    /// The chunk is used up.
    More,
    Retry(Retry),
    Skipped(DecodeError),
}

/// Where the next byte goes, in the cases to be quick in. Only what reads lines in the general way has to know more.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Mode {
    /// It begins a block, and nothing else is to be done before.
    Block,
    /// It belongs to the value of a data line that was cut.
    Data,
    /// Any place, those here included.
    #[default]
    General,
    /// It belongs to a comment that was cut, which nobody wants to have.
    Ignored,
    /// It begins a line of a block that has been begun, and nothing else is to be done before.
    Line,
    /// It goes on with the name of a field that may be `data`.
    Name,
}

/// What has to happen before the next line is read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Ready {
    #[default]
    Nothing,
    /// The event of the block is to be given.
    Dispatch,
    /// The event of the block has been given.
    Dispatched,
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
        self.longest = Longest::from(&limits);
        self
    }

    /// Sets what [`decode_item`](Self::decode_item) gives beside events.
    #[must_use]
    pub fn with_report(mut self, report: Report) -> Self {
        self.report = report;
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
    #[inline]
    pub fn decode<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Result<Option<EventRef<'a>>, DecodeError> {
        let chunk = *input;
        if let Some(lone) = self.lone(chunk)
            && let Some(data) = utf8::checked(lone.data)
            && let Some(event_type) = lone.checked_type()
        {
            self.pass(chunk, &lone);
            *input = lone.next;
            return Ok(Some(EventRef { event_type, data, last_event_id: &self.last_event_id }));
        }
        let chunk = if self.mode == Mode::Name { self.after_name(chunk) } else { chunk };
        match self.mode {
            Mode::Data => {
                let (used, quick) = self.cut_data(chunk);
                *input = &chunk[used..];
                match quick {
                    Cut::Event => return Ok(Some(self.event(chunk))),
                    Cut::More => return Ok(None),
                    Cut::Stop => {}
                }
            }
            Mode::Block => {
                if self.begins_cut(chunk) {
                    *input = &[];
                    return Ok(None);
                }
            }
            Mode::General | Mode::Ignored | Mode::Line | Mode::Name => {}
        }
        self.decode_any(input)
    }

    #[inline(never)]
    fn decode_any<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Result<Option<EventRef<'a>>, DecodeError> {
        if let Some(used) = self.whole(input) {
            let chunk = *input;
            *input = &chunk[used..];
            return Ok(Some(self.event(chunk)));
        }
        loop {
            let chunk = *input;
            let (used, step) = self.advance(chunk);
            *input = &chunk[used..];
            match step {
                Step::Event => return Ok(Some(self.event(chunk))),
                Step::Failed(error) => return Err(error),
                Step::More => return Ok(None),
                _ => {}
            }
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
            Step::Event => Item::Event(self.event(chunk)),
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
        loop {
            if let Some(lone) = self.lone(input)
                && let Some((text, data, event_type)) = lone.shared(input)
            {
                let used = input.len() - lone.next.len();
                self.pass(input, &lone);
                input.advance(used);
                return Ok(Some(Event { text, data, event_type, id: 0..0, kept_id: self.kept_id() }));
            }
            if let Some(used) = self.whole(input) {
                let event = self.take_event(input);
                input.advance(used);
                return Ok(Some(event));
            }
            let (used, step) = self.advance(input);
            let event = match step {
                Step::Event => Some(self.take_event(input)),
                Step::Failed(error) => {
                    input.advance(used);
                    return Err(error);
                }
                Step::More => {
                    input.clear();
                    return Ok(None);
                }
                _ => None,
            };
            input.advance(used);
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// Tells the decoder that the stream has ended, and makes it ready for the next one.
    ///
    /// An unfinished block is dropped (R-070). The last event ID and the reconnection time stay (D-01, R-039).
    pub fn finish(&mut self) -> StreamEnd {
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
            longest: self.longest,
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
