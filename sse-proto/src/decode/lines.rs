//! The lines of a block, read as almost all are written.

use core::ops::Range;

use super::field::{self, Field};
use crate::{Limits, Report, Retry, ends::LineEnds};

/// What the lines of a block have given, as places in the bytes that they are read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    /// Where the next line begins; or the value of the data line that is being read.
    pub(super) at: usize,
    /// The ends of lines from there on.
    pub(super) ends: LineEnds,
    pub(super) data: Value,
    pub(super) event_type: Value,
    pub(super) id: Value,
    /// The line is a data line, and the data is in one piece with its value.
    pub(super) in_data: bool,
    /// At [`Stop::Join`], the value of the next line, and where the one after it begins.
    pub(super) more: Value,
    pub(super) next: usize,
}

/// Where a value lies. A name is before each, so that none begins at 0.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Why the reading of lines has come to a stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    /// The next line has no end yet.
    Cut,
    /// The block has ended and gives nothing but its ID.
    Empty,
    /// The block has ended and is an event.
    Event,
    /// The next line is a data line that adds to the data.
    Join,
    /// The next line is not plain, or passes a limit.
    Other,
}

/// What a plain line may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The most bytes of a data line's value.
    pub(super) data: usize,
    /// Of the data of an event.
    pub(super) joined: usize,
    /// Of another value.
    pub(super) short: usize,
    /// Of a line without an end, whatever it is.
    pub(super) unfinished: usize,
    /// Nothing is to be said of anything but events.
    pub(super) quiet: bool,
}

impl Rules {
    /// The longest line that is kept before it is known what it is.
    const UNFINISHED: usize = 256;

    pub(super) fn new(limits: &Limits, report: &Report) -> Self {
        let data = limits.line.max.min(limits.data.max);
        let short = limits.line.max.min(limits.event_type.max).min(limits.id.max);
        Self {
            data,
            joined: limits.data.max,
            short,
            unfinished: data.min(short).min(Self::UNFINISHED),
            quiet: !(report.comments || report.last_event_ids || report.retries),
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(&Limits::default(), &Report::default())
    }
}

/// The first eight bytes of a line, as a number.
#[derive(Clone, Copy)]
struct Head(u64);

impl Head {
    #[inline]
    fn of(line: &[u8]) -> Self {
        match line.first_chunk() {
            Some(head) => Self(u64::from_le_bytes(*head)),
            None => Self(line.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte))),
        }
    }

    /// The field that the line names, and how many bytes come before its value: the name, the colon, and a space.
    #[inline]
    const fn field(self) -> (Field, usize) {
        if self.begins_with(b"data: ") {
            (Field::Data, 6)
        } else if self.begins_with(b"event: ") {
            (Field::Event, 7)
        } else if self.begins_with(b"id: ") {
            (Field::Id, 4)
        } else if self.begins_with(b"retry: ") {
            (Field::Retry, 7)
        } else if self.begins_with(b":") {
            (Field::Comment, 1)
        } else if self.begins_with(b"data:") {
            (Field::Data, 5)
        } else if self.begins_with(b"event:") {
            (Field::Event, 6)
        } else if self.begins_with(b"id:") {
            (Field::Id, 3)
        } else if self.begins_with(b"retry:") {
            (Field::Retry, 6)
        } else {
            (Field::Unknown, 0)
        }
    }

    #[inline(always)]
    const fn begins_with<const N: usize>(self, name: &[u8; N]) -> bool {
        let mut expected = [0; 8];
        let mut at = 0;
        while at < N {
            expected[8 - N + at] = name[at];
            at += 1;
        }
        self.0 << (64 - N * 8) == u64::from_le_bytes(expected)
    }

    /// It may be the name of a field, which has no colon in that case.
    const fn may_be_name(self) -> bool {
        matches!(self.0 as u8, b'd' | b'e' | b'i' | b'r')
    }
}

/// How many bytes come before the value of the line that the bytes begin with, if that is known to be a data line, and
/// its value to begin there.
#[inline]
pub(super) fn data_value(bytes: &[u8]) -> Option<usize> {
    match Head::of(bytes).field() {
        (Field::Data, before) if bytes.len() > b"data:".len() => Some(before),
        _ => None,
    }
}

/// The value of the data line that begins at `at`, and where the next line begins.
#[inline]
pub(super) fn whole_data(bytes: &[u8], at: usize, ends: &mut LineEnds) -> Option<(Value, usize)> {
    let before = data_value(bytes.get(at..)?)?;
    let end = ends.next(bytes)?;
    let next = next_line(bytes, end, ends)?;
    Some((Value { start: at + before, end }, next))
}

impl Value {
    #[inline]
    pub(super) const fn is_present(self) -> bool {
        self.start > 0
    }

    #[inline]
    pub(super) const fn is_empty(self) -> bool {
        self.start == self.end
    }

    #[inline]
    pub(super) const fn len(self) -> usize {
        self.end.wrapping_sub(self.start)
    }

    #[inline]
    pub(super) const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    #[inline]
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }

    #[inline]
    pub(super) fn find(self, bytes: &[u8]) -> Option<&[u8]> {
        self.is_present().then(|| self.of(bytes))
    }

    /// The same value in the bytes without their first ones.
    pub(super) const fn after(self, used: usize) -> Self {
        if self.is_present() {
            Self { start: self.start.wrapping_sub(used), end: self.end.wrapping_sub(used) }
        } else {
            self
        }
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            at: 0,
            ends: LineEnds::from(0),
            data: Value::default(),
            event_type: Value::default(),
            id: Value::default(),
            in_data: false,
            more: Value::default(),
            next: 0,
        }
    }
}

impl Lines {
    /// A block begins here.
    #[inline]
    pub(super) fn begin(&mut self, at: usize, ends: LineEnds) {
        self.at = at;
        self.ends = ends;
        self.data = Value::default();
        self.event_type = Value::default();
        self.id = Value::default();
        self.in_data = false;
    }

    /// The block has these two values, and no others.
    #[inline]
    pub(super) fn set_lone(&mut self, data: Range<usize>, event_type: Range<usize>) {
        self.data = Value { start: data.start, end: data.end };
        self.event_type = Value { start: event_type.start, end: event_type.end };
        self.id = Value::default();
    }

    /// The bytes are without their first ones from now on, which come before the block.
    pub(super) fn shift(&mut self, used: usize) {
        self.at = self.at.wrapping_sub(used);
        for value in [&mut self.data, &mut self.event_type, &mut self.id] {
            *value = value.after(used);
        }
    }

    /// Reads whole lines.
    #[inline(always)]
    pub(super) fn read(&mut self, bytes: &[u8], rules: &Rules, retry: &mut Option<Retry>) -> Stop {
        let mut ends = self.ends;
        let mut at = self.at;
        let stop = loop {
            let Some(end) = ends.next(bytes) else { break Stop::Cut };
            let Some(next) = next_line(bytes, end, &mut ends) else { break Stop::Other };
            if end == at {
                at = next;
                break if self.data.is_present() { Stop::Event } else { Stop::Empty };
            }
            let Some(line) = bytes.get(at..) else { break Stop::Other };
            let head = Head::of(line);
            let (field, name) = head.field();
            let value = Value { start: at + name, end };
            match field {
                Field::Data if value.len() > rules.data => break Stop::Other,
                Field::Data if self.data.is_present() => {
                    self.more = value;
                    self.next = next;
                    break Stop::Join;
                }
                Field::Data => self.data = value,
                Field::Event if value.len() <= rules.short => self.event_type = value,
                Field::Id if value.len() <= rules.short && rules.quiet && !has_nul(value.of(bytes)) => self.id = value,
                Field::Retry if rules.quiet => *retry = field::parse_retry(value.of(bytes)).or(*retry),
                Field::Comment if rules.quiet => {}
                Field::Unknown if !head.may_be_name() => {}
                _ => break Stop::Other,
            }
            at = next;
        };
        self.at = at;
        self.ends = ends;
        stop
    }

    /// Reads the rest of the data line that is being read, if its end is there.
    pub(super) fn read_data(&mut self, bytes: &[u8], rules: &Rules) -> Result<(), Stop> {
        let end = self.ends.next(bytes).ok_or(Stop::Cut)?;
        let data = Value { end, ..self.data };
        if data.len() > rules.joined || end.wrapping_sub(self.at) > rules.data {
            return Err(Stop::Other);
        }
        self.at = next_line(bytes, end, &mut self.ends).ok_or(Stop::Other)?;
        self.data = data;
        self.in_data = false;
        Ok(())
    }

    /// After [`Stop::Join`], whether the next line may be added to the data where that lies.
    pub(super) fn may_join(&self, rules: &Rules) -> bool {
        self.ends_with_data() && (self.data.len() + 1).saturating_add(self.more.len()) <= rules.joined
    }

    /// A line that belongs to an event has been seen.
    pub(super) const fn is_open(&self) -> bool {
        self.data.is_present() || self.event_type.is_present() || self.id.is_present()
    }

    /// Whether what follows the data is of no interest, so that more may be put there.
    pub(super) fn ends_with_data(&self) -> bool {
        self.data.start > self.event_type.start && self.data.start > self.id.start
    }
}

/// Where the line after this end begins; `None` if no line ends here. Behind a CR that ends the bytes, a LF may follow.
#[inline]
pub(super) fn next_line(bytes: &[u8], end: usize, ends: &mut LineEnds) -> Option<usize> {
    match bytes.get(end)? {
        b'\n' => Some(end + 1),
        b'\r' if bytes.get(end + 1) == Some(&b'\n') => {
            ends.take(end + 1);
            Some(end + 2)
        }
        b'\r' => Some(end + 1),
        _ => None,
    }
}

/// Whether a value has a NUL.
#[inline]
fn has_nul(value: &[u8]) -> bool {
    let zeros = |word: u64| word.wrapping_sub(u64::from_le_bytes([1; 8])) & !word & u64::from_le_bytes([0x80; 8]);
    let found = if let Some(last) = value.last_chunk() {
        let (words, _) = value.as_chunks();
        words.iter().fold(zeros(u64::from_le_bytes(*last)), |found, word| found | zeros(u64::from_le_bytes(*word)))
    } else if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        zeros(u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32)
    } else {
        return value.contains(&0);
    };
    found != 0
}
