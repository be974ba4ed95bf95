//! The way that almost every block takes: it lies in one chunk from its first byte to its blank line.

use super::{
    Decoder, Mode,
    block::Place,
    data::NAME,
    field::{self, Field},
    line,
};
use crate::{Limits, ends::LineEnds};

/// Where the reading of plain blocks has come to.
pub(super) enum Plain {
    /// An event.
    Event(Found),
    /// The chunk is used up, and what is unfinished is kept.
    More,
    /// The line that begins here is to be read in the way that all lines can take.
    Stop(usize),
}

/// A plain block that is an event.
pub(super) struct Found {
    pub(super) data: Place,
    pub(super) event_type: Place,
    pub(super) id: Place,
    /// Where the next block begins.
    pub(super) end: usize,
}

/// How long a value of a plain line may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Longest {
    pub(super) data: usize,
    pub(super) event_type: usize,
    pub(super) id: usize,
}

impl Default for Longest {
    fn default() -> Self {
        Self::from(&Limits::default())
    }
}

impl From<&Limits> for Longest {
    fn from(limits: &Limits) -> Self {
        let line = limits.line.max;
        Self {
            data: line.min(limits.data.max),
            event_type: line.min(limits.event_type.max),
            id: line.min(limits.id.max),
        }
    }
}

/// The beginning of a data line as almost all are written, and of the others.
pub(super) const DATA: &[u8] = b"data: ";
pub(super) const EVENT: &[u8] = b"event: ";
pub(super) const ID: &[u8] = b"id: ";
pub(super) const RETRY: &[u8] = b"retry: ";

impl Decoder {
    /// Reads lines from where one begins, up to the end of a block that gives an event.
    ///
    /// What their lines give stays in local variables until the block has come to its end. A line that is not at hand
    /// as a whole, or that has anything else to say, is left to the general way: it finds all as if it had read the
    /// lines before it.
    pub(super) fn plain_blocks(&mut self, chunk: &[u8], mut at: usize, mut ends: LineEnds) -> Plain {
        let block = &self.block;
        let mut open = block.open;
        // Of a closed block, nothing is of interest any more.
        let given = |place: &Place| if open { Span::from(place) } else { Span::ABSENT };
        let (mut data, mut event_type, mut id) = (given(&block.data), given(&block.event_type), given(&block.id));
        if !open {
            let heartbeats = self.heartbeats_at(chunk, at);
            if heartbeats > 0 {
                at += heartbeats;
                ends = ends.skipped_to(at);
            }
        }
        let mut cut = false;
        let complete = loop {
            let mut before = ends;
            let Some(end) = ends.next(chunk) else {
                cut = true;
                break false;
            };
            let Some(next) = after_end(chunk, end, &mut ends) else { break false };
            let line = chunk.get(at..).unwrap_or_default();
            if end == at {
                if id.is_present() && self.report.last_event_ids {
                    break false;
                }
                at = next;
                if open {
                    match id.bytes(chunk) {
                        Some(id) => {
                            self.confirm_id(id);
                        }
                        None if id.is_present() => {
                            self.confirm_id_at(&Place::Buffer, chunk);
                        }
                        None => {}
                    }
                    open = false;
                    if data.is_present() {
                        break true;
                    }
                    (event_type, id) = (Span::ABSENT, Span::ABSENT);
                }
                let heartbeats = self.heartbeats_at(chunk, at);
                if heartbeats > 0 {
                    at += heartbeats;
                    ends = ends.skipped_to(at);
                }
                continue;
            }
            match line {
                [b'd', ..] if line.starts_with(DATA) => {
                    if data.is_present() {
                        if let Some(first) = data.bytes(chunk) {
                            self.block.data_buffer.clear();
                            self.block.data_buffer.extend_from_slice(first);
                            data = Span::BUFFER;
                        }
                        let joined_to = self.join_lines(chunk, at, &mut before);
                        if joined_to == at {
                            break false;
                        }
                        (at, ends) = (joined_to, before);
                        continue;
                    }
                    data = Span { start: at + DATA.len(), end };
                    if data.len() > self.longest.data {
                        data = Span::ABSENT;
                        break false;
                    }
                    open = true;
                }
                [b'e', ..] if line.starts_with(EVENT) => {
                    let value = Span { start: at + EVENT.len(), end };
                    if value.len() > self.longest.event_type {
                        break false;
                    }
                    event_type = if value.len() == 0 { Span::ABSENT } else { value };
                    open = true;
                }
                [b'i', ..] if line.starts_with(ID) && !self.report.last_event_ids => {
                    let value = Span { start: at + ID.len(), end };
                    if value.len() > self.longest.id || value.bytes(chunk).is_none_or(|value| value.contains(&0)) {
                        break false;
                    }
                    id = value;
                    open = true;
                }
                [b'r', ..] if line.starts_with(RETRY) && !self.report.retries => {
                    let value = chunk.get(at + RETRY.len()..end).unwrap_or_default();
                    self.retry = field::parse_retry(value).or(self.retry);
                }
                [b':', ..] if !self.report.comments => {}
                _ => break false,
            }
            at = next;
        };
        self.block.open = open;
        if complete {
            self.mode = Mode::Block;
            self.rest.keep(ends.after(at), &chunk[at..]);
            return Plain::Event(Found { data: data.into(), event_type: event_type.into(), id: id.into(), end: at });
        }
        self.block.data = data.into();
        self.block.event_type = event_type.into();
        self.block.id = id.into();
        if cut { self.unfinished(chunk, at) } else { Plain::Stop(at) }
    }

    /// The length of the heartbeats that begin here, where a block may begin: they are passed before the ends of their
    /// lines are looked for.
    #[inline]
    fn heartbeats_at(&self, chunk: &[u8], at: usize) -> usize {
        if chunk.get(at) == Some(&b':') && !self.report.comments { line::heartbeats(&chunk[at..]) } else { 0 }
    }

    /// Keeps what the block has so far, and goes into the data line or the comment without an end that begins here.
    fn unfinished(&mut self, chunk: &[u8], at: usize) -> Plain {
        self.rest.forget();
        let rest = chunk.get(at..).unwrap_or_default();
        if rest.is_empty() {
            self.mode = if self.block.open { Mode::Line } else { Mode::Block };
            self.block.spill(chunk);
            return Plain::More;
        }
        if rest.starts_with(b":") && !self.report.comments {
            self.block.spill(chunk);
            self.line = field::Line::Ignored;
            self.mode = Mode::Ignored;
            return Plain::More;
        }
        if NAME.starts_with(rest) {
            self.block.spill(chunk);
            self.begin_name(rest);
            return Plain::More;
        }
        let Some(value) = rest.strip_prefix(DATA) else { return Plain::Stop(at) };
        let kept = self.block.data_len();
        if value.len() > self.limits.line.max || kept.saturating_add(value.len()) > self.limits.data.max {
            return Plain::Stop(at);
        }
        self.block.spill(chunk);
        self.block.open = true;
        self.block.begin_data();
        self.data_line_start = self.block.data_buffer.len();
        self.block.extend_data(value);
        self.line = field::Line::Value(Field::Data);
        self.mode = Mode::Data;
        Plain::More
    }

    /// Adds the data lines from `at` on, as far as they are plain, to the data in the buffer, and says where the next
    /// line begins.
    #[inline(never)]
    fn join_lines(&mut self, chunk: &[u8], mut at: usize, ends: &mut LineEnds) -> usize {
        let buffer = &mut self.block.data_buffer;
        loop {
            let mut taken = *ends;
            let Some(line) = chunk.get(at..) else { return at };
            if !line.starts_with(DATA) {
                return at;
            }
            let Some(end) = taken.next(chunk) else { return at };
            let Some(next) = after_end(chunk, end, &mut taken) else { return at };
            let len = end.wrapping_sub(at + DATA.len());
            if len > self.limits.line.max || (buffer.len() + 1).saturating_add(len) > self.limits.data.max {
                return at;
            }
            // The space before the value makes room for the LF.
            let joint = buffer.len();
            let (start, kept) = (at + DATA.len() - 1, joint + 1 + len);
            // Copies of a constant length cost less than what they copy too much.
            if let (0..96, Some(block)) = (len, chunk.get(start..).and_then(<[u8]>::first_chunk::<96>)) {
                buffer.extend_from_slice(block);
                buffer.truncate(kept);
            } else {
                buffer.extend_from_slice(chunk.get(start..end).unwrap_or_default());
            }
            if let Some(joint) = buffer.get_mut(joint) {
                *joint = b'\n';
            }
            *ends = taken;
            at = next;
        }
    }
}

/// A [`Place`] in two words.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    const ABSENT: Self = Self { start: usize::MAX, end: usize::MAX };
    const BUFFER: Self = Self { start: usize::MAX - 1, end: usize::MAX - 1 };

    fn is_present(self) -> bool {
        self.start != Self::ABSENT.start
    }

    fn len(self) -> usize {
        self.end.wrapping_sub(self.start)
    }

    fn bytes(self, chunk: &[u8]) -> Option<&[u8]> {
        chunk.get(self.start..self.end)
    }
}

impl From<&Place> for Span {
    fn from(place: &Place) -> Self {
        match place {
            Place::Absent => Self::ABSENT,
            Place::Buffer => Self::BUFFER,
            Place::Chunk(range) => Self { start: range.start, end: range.end },
        }
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        match span {
            Span { start: usize::MAX, .. } => Self::Absent,
            span if span.start == Span::BUFFER.start => Self::Buffer,
            Span { start, end } => Self::Chunk(start..end),
        }
    }
}

/// Where the line after this end begins; `None` if that is not to be seen in the chunk.
#[inline]
pub(super) fn after_end(chunk: &[u8], end: usize, ends: &mut LineEnds) -> Option<usize> {
    match chunk.get(end)? {
        b'\n' => Some(end + 1),
        b'\r' => match chunk.get(end + 1)? {
            b'\n' => {
                ends.take(end + 1);
                Some(end + 2)
            }
            _ => Some(end + 1),
        },
        _ => None,
    }
}
