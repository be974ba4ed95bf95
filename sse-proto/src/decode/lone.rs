//! The way of the commonest blocks: one data line, after an event type perhaps, with LF at the ends of lines.

use core::ops::Range;

use bytes::Bytes;

use super::Decoder;
use crate::{EventType, Text, ends::LineEnds, utf8};

/// The beginnings of lines as almost all are written.
pub(super) const DATA: &[u8] = b"data: ";
const EVENT: &[u8] = b"event: ";

/// One of the commonest blocks, at the beginning of a chunk, with nothing checked but its limits.
pub(super) struct Lone {
    pub(super) event_type: Range<usize>,
    pub(super) data: Range<usize>,
    /// The ends of lines from the next block on.
    ends: LineEnds,
}

impl Lone {
    /// Where the next block begins.
    pub(super) fn end(&self) -> usize {
        self.data.end + 2
    }

    /// The part of the chunk that holds the values, if it is well-formed.
    #[inline]
    pub(super) fn text(&self, chunk: &Bytes) -> Option<Text> {
        Text::well_formed_part(chunk, self.text_start()..self.data.end)
    }

    /// Where data and event type lie in it.
    #[inline]
    pub(super) fn parts(&self) -> (Range<usize>, Range<usize>) {
        let start = self.text_start();
        (self.data.start - start..self.data.end - start, 0..self.event_type.len())
    }

    #[inline]
    fn text_start(&self) -> usize {
        if self.event_type.is_empty() { self.data.start } else { self.event_type.start }
    }
}

impl Decoder {
    /// Takes such a block if it is a data line with a few bytes, and gives the data and where the next block begins.
    #[inline(always)]
    pub(super) fn short<'i>(&mut self, chunk: &'i [u8]) -> Option<(&'i str, usize)> {
        if !chunk.starts_with(DATA) {
            return None;
        }
        let mut ends = self.rest.resume(chunk);
        if ends.is_empty() {
            ends = ends.after_next_block(chunk)?;
            // So that the block is not looked at again.
            self.rest.keep(ends, chunk, 0);
        }
        let end = ends.first()?;
        let block = chunk.get(..end.wrapping_add(2))?;
        if !block.ends_with(b"\n\n") || block.len() > self.rules.data {
            return None;
        }
        let data = utf8::checked_within(block, DATA.len()..end)?;
        ends.take(end);
        ends.take(end + 1);
        self.rest.keep(ends, chunk, block.len());
        self.offset += block.len() as u64;
        Some((data, block.len()))
    }

    /// Takes such a block, and gives its type, its data, and where the next block begins.
    #[inline(never)]
    pub(super) fn lone<'i>(&mut self, chunk: &'i [u8]) -> Option<(&'i str, &'i str, usize)> {
        let ends = self.rest.resume(chunk);
        if ends.are_few(chunk) {
            return None;
        }
        let lone = self.lone_block(chunk, ends)?;
        let (data, event_type) = if lone.event_type.is_empty() {
            (utf8::checked_long(chunk, lone.data.clone())?, EventType::MESSAGE)
        } else {
            utf8::checked_parts(chunk, lone.data.clone(), lone.event_type.clone())?
        };
        self.pass(chunk, &lone);
        Some((event_type, data, lone.end()))
    }

    /// Such a block. Nothing is taken yet.
    #[inline(always)]
    pub(super) fn lone_block(&mut self, chunk: &[u8], mut ends: LineEnds) -> Option<Lone> {
        let (event_type, line) = if chunk.starts_with(EVENT) {
            let type_end = ends.next(chunk)?;
            if chunk.get(type_end) != Some(&b'\n') || type_end > self.rules.short {
                return None;
            }
            (EVENT.len()..type_end, type_end + 1)
        } else {
            (0..0, 0)
        };
        if !chunk.get(line..)?.starts_with(DATA) {
            return None;
        }
        let Some(end) = ends.next(chunk) else {
            if line == 0 {
                // So that it is not looked for again.
                self.rest.keep(ends, chunk, 0);
            }
            return None;
        };
        let [b'\n', b'\n', ..] = chunk.get(end..)? else { return None };
        let data = line + DATA.len()..end;
        if data.len() > self.rules.data {
            return None;
        }
        ends.take(end + 1);
        Some(Lone { event_type, data, ends })
    }

    /// Goes on to what follows this block.
    #[inline(always)]
    pub(super) fn pass(&mut self, chunk: &[u8], lone: &Lone) {
        let end = lone.end();
        self.rest.keep(lone.ends, chunk, end);
        self.offset += end as u64;
    }
}
