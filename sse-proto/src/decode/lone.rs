//! The way of the commonest blocks: one data line, after an event type perhaps.

use core::ops::Range;

use bytes::Bytes;

use super::{
    Decoder, Mode,
    plain::{DATA, EVENT},
};
use crate::{EventType, Text, ends::LineEnds, utf8};

/// One of the commonest blocks, with nothing checked but its limits.
pub(super) struct Lone<'i> {
    /// Empty for `message`.
    pub(super) event_type: &'i [u8],
    pub(super) data: &'i [u8],
    /// What follows the block.
    pub(super) next: &'i [u8],
    /// The ends of lines from there on, as places in the chunk of the block.
    ends: LineEnds,
}

impl<'i> Lone<'i> {
    /// The event type, if it is well-formed.
    #[inline]
    pub(super) fn checked_type(&self) -> Option<&'i str> {
        if self.event_type.is_empty() { Some(EventType::MESSAGE) } else { utf8::checked(self.event_type) }
    }

    /// The part of the chunk that holds the values, if it is well-formed, and where data and event type lie in it.
    #[inline]
    pub(super) fn shared(&self, chunk: &Bytes) -> Option<(Text, Range<usize>, Range<usize>)> {
        let to = chunk.len() - self.next.len() - 2;
        let from = if self.event_type.is_empty() { to - self.data.len() } else { EVENT.len() };
        let text = Text::well_formed(chunk.slice(from..to)).ok()?;
        Some((text, to - self.data.len() - from..to - from, 0..self.event_type.len()))
    }
}

impl Decoder {
    /// The commonest blocks: the one that begins the chunk, if it is a single `data` line, after an `event` line
    /// perhaps, and both end by LF. Nothing is taken yet.
    #[inline]
    pub(super) fn lone<'i>(&mut self, chunk: &'i [u8]) -> Option<Lone<'i>> {
        if self.mode != Mode::Block {
            return None;
        }
        match chunk.first()? {
            b'd' => self.lone_data(b"", chunk, chunk, self.rest.resume(chunk)),
            b'e' => self.typed_lone(chunk),
            _ => None,
        }
    }

    #[inline(never)]
    fn typed_lone<'i>(&mut self, chunk: &'i [u8]) -> Option<Lone<'i>> {
        let mut ends = self.rest.resume(chunk);
        let end = ends.next(chunk)?;
        let event_type = chunk.get(..end)?.strip_prefix(EVENT)?;
        let [b'\n', line @ ..] = chunk.get(end..)? else { return None };
        if event_type.len() > self.longest.event_type {
            return None;
        }
        self.lone_data(event_type, line, chunk, ends)
    }

    #[inline]
    fn lone_data<'i>(
        &mut self,
        event_type: &'i [u8],
        line: &'i [u8],
        chunk: &'i [u8],
        mut ends: LineEnds,
    ) -> Option<Lone<'i>> {
        let value = line.strip_prefix(DATA)?;
        let Some(end) = ends.next(chunk) else {
            // So that it is not looked for again.
            if event_type.is_empty() {
                self.rest.keep(ends, chunk);
            }
            return None;
        };
        let (data, after) = value.split_at_checked(end.wrapping_sub(chunk.len() - value.len()))?;
        let [b'\n', b'\n', next @ ..] = after else { return None };
        if data.len() > self.longest.data {
            return None;
        }
        ends.take(end + 1);
        Some(Lone { event_type, data, next, ends })
    }

    /// Goes on to what follows this block.
    #[inline]
    pub(super) fn pass(&mut self, chunk: &[u8], lone: &Lone<'_>) {
        let used = chunk.len() - lone.next.len();
        self.rest.keep(lone.ends.after(used), lone.next);
        self.offset += used as u64;
    }
}
