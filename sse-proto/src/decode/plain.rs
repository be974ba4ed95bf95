//! The reader that takes lines in any pieces, one byte or a megabyte at a time: the grammar in full, and the one judge
//! of limits.

use core::mem;

use memchr::memchr;

use super::{
    Rules,
    carry::Buffer,
    field::{self, Field, RetryDigits},
    scan::next_line,
};
use crate::{DecodeError, LimitKind, Limits, Malformation, OnExcess, Retry, chunk::Cursor};

/// What the lines of a block have given so far: the values of all but data, which the caller keeps.
#[derive(Debug, Default)]
pub(super) struct Plain {
    line: Line,
    /// What is kept of the unfinished line: its first bytes while they do not decide what it is, then its value.
    text: Buffer,
    /// The value of the unfinished line, if it is `retry`.
    retry: RetryDigits,
    /// Where the value of the unfinished line begins in the data, if it is `data`.
    data_line: usize,
    /// What is wrong with the unfinished line, if it is ignored.
    fault: Option<Malformation>,
    /// The comment that was read last.
    pub(super) comment: Buffer,
    /// A line that belongs to an event was seen.
    is_open: bool,
    pub(super) has_data: bool,
    pub(super) event_type: Buffer,
    pub(super) id: Option<Buffer>,
    /// The limit that was exceeded, if the block is left out.
    pub(super) excess: Option<DecodeError>,
    /// The number of bytes of the stream so far, if all of them were read here.
    pub(super) offset: u64,
    /// Where the line began.
    pub(super) line_offset: u64,
}

/// The line whose end has not been seen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Line {
    /// Its bytes so far, if any, do not decide what it is.
    #[default]
    Begun,
    /// Its value is kept.
    Value(Field),
    Ignored,
}

/// Why the reading stopped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// At the blank line of a block.
    Blank,
    /// After a comment that must be reported.
    Comment { ill_formed: bool },
    /// A limit was exceeded by a value of an event.
    Excess(DecodeError, OnExcess),
    /// After a line with this fault.
    Fault(Malformation),
    /// All bytes are read.
    More,
    /// After a valid `retry` line.
    Retry(Retry),
    /// A comment was left out because it exceeded a limit that is set to skip.
    SkippedComment(DecodeError),
}

impl Plain {
    /// Reads the bytes from the cursor on. The values of `data` lines are put into `data`.
    pub(super) fn read(&mut self, bytes: &[u8], cursor: &mut Cursor, rules: &Rules, data: &mut Buffer) -> Read {
        while let Some(rest) = bytes.get(cursor.at..).filter(|rest| !rest.is_empty()) {
            let begins = self.begins_line();
            if begins {
                self.line_offset = self.offset;
            }
            let end = cursor.ends.next(bytes);
            let piece = end.map_or(rest, |end| bytes.get(cursor.at..end).unwrap_or_default());
            let next = end.map_or(bytes.len(), |end| next_line(bytes, end, &mut cursor.ends));
            self.offset += (next - cursor.at) as u64;
            cursor.at = next;
            if begins && piece.is_empty() {
                return Read::Blank;
            }
            let mut stop = self.extend(piece, rules, data);
            if end.is_some() {
                stop = stop.or_else(|| self.end_line(rules, data));
                self.line = Line::Begun;
                self.text.renew();
            }
            if let Some(stop) = stop {
                return stop;
            }
        }
        Read::More
    }

    /// Whether the next byte begins a line.
    fn begins_line(&self) -> bool {
        self.line == Line::Begun && self.text.bytes.is_empty()
    }

    /// Whether the next byte begins a line of a block that has given nothing.
    pub(super) fn begins_block(&self) -> bool {
        self.begins_line() && !self.is_open && self.excess.is_none()
    }

    /// Whether the end of the stream would cut an event off, or a line that may belong to one.
    pub(super) fn is_in_event(&self) -> bool {
        let in_line = match self.line {
            Line::Begun => !self.text.bytes.is_empty() && !field::is_comment(&self.text.bytes),
            Line::Value(field) => field != Field::Comment,
            Line::Ignored => false,
        };
        self.is_open || in_line
    }

    /// Leaves the block out, but for its ID.
    pub(super) fn skip(&mut self, excess: DecodeError, data: &mut Buffer) {
        self.excess.get_or_insert(excess);
        self.has_data = false;
        *data = Buffer::default();
        self.event_type.bytes.clear();
    }

    /// Forgets the block, after its blank line.
    pub(super) fn end_block(&mut self) {
        self.is_open = false;
        self.has_data = false;
        self.event_type.bytes.clear();
        self.id = None;
        self.excess = None;
    }

    /// Frees large buffers.
    pub(super) fn let_go(&mut self) {
        for buffer in [&mut self.text, &mut self.comment, &mut self.event_type] {
            buffer.let_go();
        }
    }

    /// Reads a piece of a line.
    fn extend(&mut self, mut piece: &[u8], rules: &Rules, data: &mut Buffer) -> Option<Read> {
        if self.line == Line::Begun {
            let whole = if self.text.bytes.is_empty() { field::begun(piece) } else { None };
            if let Some((field, before)) = whole {
                self.begin_value(field, rules, data);
                piece = &piece[before..];
            } else {
                loop {
                    let (byte, rest) = piece.split_first()?;
                    self.text.bytes.extend_from_slice(&[*byte]);
                    if let Some((field, before)) = field::begun(&self.text.bytes) {
                        // The byte that decides is a space before the value, or the value's first byte.
                        piece = if before < self.text.bytes.len() { piece } else { rest };
                        self.begin_value(field, rules, data);
                        break;
                    }
                    piece = rest;
                }
            }
        }
        match self.line {
            Line::Value(field) if !piece.is_empty() => self.extend_value(field, piece, rules, data),
            _ => None,
        }
    }

    /// The line is known to be such a field.
    fn begin_value(&mut self, field: Field, rules: &Rules, data: &mut Buffer) {
        let is_skipped = self.excess.is_some();
        self.is_open |= matches!(field, Field::Data | Field::Event | Field::Id);
        self.line = match field {
            Field::Unknown => return self.ignore(Malformation::UnknownField),
            Field::Comment if !rules.report.comments => Line::Ignored,
            Field::Data | Field::Event if is_skipped => Line::Ignored,
            _ => Line::Value(field),
        };
        self.text.bytes.clear();
        self.retry = RetryDigits::default();
        if self.line == Line::Value(Field::Data) {
            if self.has_data {
                data.bytes.extend_from_slice(b"\n");
            } else {
                data.renew();
            }
            self.has_data = true;
            self.data_line = data.bytes.len();
        }
    }

    fn ignore(&mut self, fault: Malformation) {
        self.line = Line::Ignored;
        self.fault = Some(fault);
    }

    /// Keeps a piece of a value.
    fn extend_value(&mut self, field: Field, piece: &[u8], rules: &Rules, data: &mut Buffer) -> Option<Read> {
        let (in_line, kept) = match field {
            Field::Data => (data.bytes.len() - self.data_line, data.bytes.len()),
            Field::Retry => {
                self.retry.push(piece);
                return None;
            }
            _ => (self.text.bytes.len(), self.text.bytes.len()),
        };
        let excess = Excess::check(&rules.limits, field, in_line, kept, piece.len());
        let within = excess.as_ref().map_or(piece.len(), |excess| excess.at);
        if field == Field::Id && memchr(0, &piece[..within]).is_some() {
            self.ignore(Malformation::NulInId);
            return None;
        }
        if let Some(excess) = excess {
            self.line = Line::Ignored;
            return Some(excess.into_read(field));
        }
        let value = if field == Field::Data { data } else { &mut self.text };
        value.bytes.extend_from_slice(piece);
        None
    }

    /// Ends the line.
    fn end_line(&mut self, rules: &Rules, data: &mut Buffer) -> Option<Read> {
        if self.line == Line::Begun {
            let (field, _) = field::split(&self.text.bytes);
            self.begin_value(field, rules, data);
        }
        let Line::Value(field) = self.line else { return self.fault.take().map(Read::Fault) };
        let value = if field == Field::Data { &data.bytes[self.data_line..] } else { &self.text.bytes };
        let ill_formed = rules.report.findings && field != Field::Retry && core::str::from_utf8(value).is_err();
        match field {
            Field::Comment => {
                mem::swap(&mut self.comment, &mut self.text);
                return Some(Read::Comment { ill_formed });
            }
            Field::Data => {
                // The LF before this line counts once the line has a value, which may be empty: at the same byte,
                // however the stream was cut.
                if let Some(excess) = Excess::check(&rules.limits, field, 0, data.bytes.len(), 0) {
                    return Some(excess.into_read(field));
                }
            }
            Field::Event => mem::swap(&mut self.event_type, &mut self.text),
            Field::Id => self.id = Some(mem::take(&mut self.text)),
            Field::Retry => {
                let retry = mem::take(&mut self.retry).finish();
                return Some(retry.map_or(Read::Fault(Malformation::InvalidRetry), Read::Retry));
            }
            Field::Unknown => {}
        }
        ill_formed.then_some(Read::Fault(Malformation::IllFormedUtf8))
    }
}

/// The limit that a value exceeds first. Which one it is, and where, does not depend on how the stream was cut.
struct Excess {
    /// How many of the bytes at hand are within the limit.
    at: usize,
    error: DecodeError,
    on_excess: OnExcess,
}

impl Excess {
    /// Looks whether `more` bytes exceed a limit, where the line has given `in_line` of the `kept` bytes so far.
    fn check(limits: &Limits, field: Field, in_line: usize, kept: usize, more: usize) -> Option<Self> {
        let (kind, of_value) = match field {
            Field::Data => (LimitKind::Data, limits.data),
            Field::Event => (LimitKind::EventType, limits.event_type),
            Field::Id => (LimitKind::Id, limits.id),
            Field::Comment | Field::Retry | Field::Unknown => (LimitKind::Line, limits.line),
        };
        let of_line = limits.line;
        let (value_room, line_room) = (of_value.max.saturating_sub(kept), of_line.max.saturating_sub(in_line));
        if kept + more > of_value.max && value_room <= line_room {
            let error = DecodeError { limit: kind, max: of_value.max, size: kept + more };
            Some(Self { at: value_room, error, on_excess: of_value.on_excess })
        } else if more > line_room {
            let error = DecodeError { limit: LimitKind::Line, max: of_line.max, size: in_line + more };
            Some(Self { at: line_room, error, on_excess: of_line.on_excess })
        } else {
            None
        }
    }

    fn into_read(self, field: Field) -> Read {
        match self.on_excess {
            OnExcess::SkipEvent if field == Field::Comment => Read::SkippedComment(self.error),
            on_excess => Read::Excess(self.error, on_excess),
        }
    }
}
