//! Whole lines of one block, read where they lie: slices in, places out.

use bytes::BytesMut;

use super::{
    Rules,
    carry::Buffer,
    field::{self, Field},
};
use crate::{Retry, chunk::Cursor, ends::LineEnds};

/// A part of some bytes. The value of a line has a name before it, so that it never begins at 0: that is no value.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What the lines of a block have given so far, as places in the bytes that they are read from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    /// Where the next line begins.
    pub(super) at: usize,
    /// The value of the first `data` line.
    pub(super) data: Span,
    /// The length of the data, which is more than this value if there are several lines: they are put together elsewhere.
    pub(super) data_len: usize,
    pub(super) event_type: Span,
    pub(super) id: Span,
}

/// Where the reading of a block stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scan {
    /// The next line has no end yet: to be continued with more bytes after the same ones.
    Cut,
    /// At the blank line of a block without data.
    Empty,
    /// At the blank line of a block with data.
    Event,
    /// At a line that exceeds a limit or must be reported: the block is for [`Plain`](super::plain::Plain).
    NotMine,
}

/// Reads lines from `block.at` on, to which `ends` belong, up to the blank line. Where there are several `data` lines,
/// their values are put together in `joined`, with a LF between two.
#[inline(always)]
pub(super) fn scan(
    bytes: &[u8],
    ends: &mut LineEnds,
    rules: &Rules,
    block: &mut Block,
    joined: &mut Buffer,
    retry: &mut Option<Retry>,
) -> Scan {
    let (mut left, mut found) = (*ends, *block);
    let scan = loop {
        let Some(end) = left.next(bytes) else { break Scan::Cut };
        let next = next_line(bytes, end, &mut left);
        if end == found.at {
            found.at = next;
            break if found.data.is_value() { Scan::Event } else { Scan::Empty };
        }
        let (field, before) = split_at(bytes, found.at, end);
        let value = Span { start: found.at + before, end };
        match field {
            Field::Data if value.len() > rules.data_line => break Scan::NotMine,
            Field::Data if !found.data.is_value() => {
                found.data = value;
                found.data_len = value.len();
            }
            Field::Data => {
                let len = found.data_len + 1 + value.len();
                if len > rules.data {
                    break Scan::NotMine;
                }
                if !found.is_joined() {
                    joined.renew();
                    joined.bytes.extend_from_slice(found.data.of(bytes));
                }
                append_line(&mut joined.bytes, bytes, value);
                found.data_len = len;
            }
            Field::Event if value.len() <= rules.event_type => found.event_type = value,
            Field::Id if rules.quiet && value.len() <= rules.id && !has_nul(value.of(bytes)) => found.id = value,
            Field::Retry if rules.quiet => {
                if let Some(valid) = field::parse_retry(value.of(bytes)) {
                    *retry = Some(valid);
                }
            }
            Field::Comment if rules.quiet => {}
            Field::Unknown => {}
            _ => break Scan::NotMine,
        }
        found.at = next;
    };
    (*ends, *block) = (left, found);
    scan
}

/// Reads the commonest blocks, all or nothing: an `event` line or none, one `data` line, LF at the ends. Serves what
/// language models send: see the table in `mod.rs`.
#[inline(always)]
pub(super) fn scan_simple(bytes: &[u8], cursor: &mut Cursor, rules: &Rules) -> Option<Block> {
    let mut ends = cursor.ends;
    let mut event_type = Span::default();
    let mut line = cursor.at;
    let block = bytes.get(line..)?;
    if !block.starts_with(DATA) {
        if !block.starts_with(EVENT) {
            return None;
        }
        event_type = Span { start: line + EVENT.len(), end: ends.next(bytes)? };
        line = event_type.end + 1;
        let is_plain = bytes.get(event_type.end) == Some(&b'\n') && bytes.get(line..)?.starts_with(DATA);
        if !is_plain || event_type.len() > rules.event_type {
            return None;
        }
    }
    let Some(end) = ends.next(bytes) else {
        if line == cursor.at {
            // Keeps the result of the search: no line ends in this chunk.
            cursor.ends = ends;
        }
        return None;
    };
    let data = Span { start: line + DATA.len(), end };
    let [b'\n', b'\n', ..] = bytes.get(end..)? else { return None };
    if data.len() > rules.data_line {
        return None;
    }
    ends.take(end + 1);
    *cursor = Cursor { at: end + 2, ends };
    Some(Block { at: end + 2, data, data_len: data.len(), event_type, ..Block::default() })
}

/// Passes the commonest heartbeats, a comment without text and a blank line, and returns whether there was one. Serves quiet
/// streams: see the table in `mod.rs`.
#[inline(always)]
pub(super) fn skip_heartbeats(bytes: &[u8], cursor: &mut Cursor) -> bool {
    let mut at = cursor.at;
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(b":\n\n")) {
        at += 3;
    }
    let found = at > cursor.at;
    if found {
        *cursor = Cursor::new(at);
    }
    found
}

const DATA: &[u8] = b"data: ";
const EVENT: &[u8] = b"event: ";

/// Adds a LF and a value. Short values are copied with what follows them, which needs no call. Serves events of many
/// lines: see the table in `mod.rs`.
#[inline(always)]
fn append_line(joined: &mut BytesMut, bytes: &[u8], value: Span) {
    let len = joined.len();
    // The LF takes the place of the byte before the value.
    let Some(line) = bytes.get(value.start - 1..) else { return };
    match line.first_chunk::<SHORT_LINE>() {
        Some(line) if value.len() < SHORT_LINE => {
            joined.extend_from_slice(line);
            joined.truncate(len + 1 + value.len());
        }
        _ => joined.extend_from_slice(&line[..1 + value.len()]),
    }
    joined[len] = b'\n';
}

const SHORT_LINE: usize = 96;

/// The field of the line at this place, which ends there, and the number of bytes before its value.
#[inline(always)]
fn split_at(bytes: &[u8], at: usize, end: usize) -> (Field, usize) {
    let head = bytes.get(at..).and_then(<[u8]>::first_chunk);
    head.and_then(field::split_quickly).unwrap_or_else(|| field::split(bytes.get(at..end).unwrap_or_default()))
}

/// Whether there is a NUL; faster than `contains` in so few bytes.
#[inline]
fn has_nul(value: &[u8]) -> bool {
    value.iter().fold(false, |found, byte| found | (*byte == 0))
}

/// Where the line after this end begins: CR and LF end one line together.
#[inline(always)]
pub(super) fn next_line(bytes: &[u8], end: usize, ends: &mut LineEnds) -> usize {
    if bytes.get(end) == Some(&b'\r') && bytes.get(end + 1) == Some(&b'\n') {
        ends.take(end + 1);
        end + 2
    } else {
        end + 1
    }
}

impl Span {
    #[inline]
    pub(super) const fn is_value(self) -> bool {
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
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// The same part of the bytes without their first ones.
    const fn after(self, first: usize) -> Self {
        if self.is_value() { Self { start: self.start - first, end: self.end - first } } else { self }
    }
}

impl Block {
    /// Whether a line was read that belongs to an event. Without one, the lines so far can be forgotten.
    pub(super) const fn is_open(&self) -> bool {
        self.data.is_value() || self.event_type.is_value() || self.id.is_value()
    }

    /// Whether there are several `data` lines.
    pub(super) const fn is_joined(&self) -> bool {
        self.data_len > self.data.len()
    }

    /// What is present of the ID.
    pub(super) fn id_in<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        if self.id.is_value() { Some(self.id.of(bytes)) } else { None }
    }

    /// The same block in the bytes without their first ones.
    pub(super) const fn after(self, first: usize) -> Self {
        Self {
            at: self.at - first,
            data: self.data.after(first),
            event_type: self.event_type.after(first),
            id: self.id.after(first),
            ..self
        }
    }
}
