//! The way of data lines that chunks cut: where chunks are short, of almost all bytes.

use super::{
    Decoder, Mode,
    block::Place,
    field::{Field, Line},
    plain::{DATA, after_end},
};
use crate::ends::LineEnds;

/// The name of the field.
pub(super) const NAME: &[u8] = b"data";

/// Where the reading of data lines that were cut has come to.
pub(super) enum Cut {
    /// An event, all of which lies in the decoder.
    Event,
    /// The chunk is used up.
    More,
    /// What is left begins where it has to be read in another way.
    Stop,
}

impl Decoder {
    /// Reads on in the data line that an earlier chunk began, and in the data lines and the blank line after it.
    /// Returns how many bytes that took.
    #[inline]
    pub(super) fn cut_data(&mut self, chunk: &[u8]) -> (usize, Cut) {
        if let [byte] = chunk {
            // For those who have one byte at a time.
            if matches!(byte, b'\r' | b'\n') || !self.keep_data(chunk) {
                return (0, Cut::Stop);
            }
            self.rest.forget();
            self.offset += 1;
            return (1, Cut::More);
        }
        let ends = LineEnds::first_of(chunk);
        if !ends.is_empty() {
            return self.cut_data_lines(chunk, ends);
        }
        if !self.keep_data(chunk) {
            return (0, Cut::Stop);
        }
        self.rest.forget();
        self.offset += chunk.len() as u64;
        (chunk.len(), Cut::More)
    }

    #[inline(never)]
    fn cut_data_lines(&mut self, chunk: &[u8], mut ends: LineEnds) -> (usize, Cut) {
        // Where what has not been kept yet begins: in the value of a data line.
        let mut at = 0;
        let (used, came_to) = loop {
            let end = ends.next(chunk);
            let Some(value) = chunk.get(at..end.unwrap_or(chunk.len())) else { break (at, Cut::Stop) };
            if !self.keep_data(value) {
                self.rest.forget();
                break (at, Cut::Stop);
            }
            let Some(end) = end else {
                self.rest.forget();
                break (chunk.len(), Cut::More);
            };
            let Some(next) = after_end(chunk, end, &mut ends) else {
                // The line has ended, but its CR may go on.
                self.rest.forget();
                break (end, Cut::Stop);
            };
            let after = &chunk[next..];
            if let Some(value) = after.strip_prefix(DATA)
                && self.block.data_len() <= self.limits.data.max
            {
                self.block.begin_data();
                self.data_line_start = self.block.data_buffer.len();
                at = chunk.len() - value.len();
                continue;
            }
            self.line = Line::Start;
            self.mode = Mode::Line;
            if after.is_empty() {
                self.rest.forget();
                break (next, Cut::More);
            }
            if NAME.starts_with(after) {
                self.rest.forget();
                self.begin_name(after);
                break (chunk.len(), Cut::More);
            }
            if self.block.id == Place::Absent
                && let Some(used) = self.blank_line_at(chunk, next, &mut ends)
            {
                self.mode = Mode::Block;
                self.block.open = false;
                self.rest.keep(ends.after(used), &chunk[used..]);
                break (used, Cut::Event);
            }
            self.rest.keep(ends.after(next), after);
            break (next, Cut::Stop);
        };
        self.offset += used as u64;
        (used, came_to)
    }

    /// Where the block after the blank line begins, if there is one here, and all of it.
    #[inline]
    fn blank_line_at(&self, chunk: &[u8], at: usize, ends: &mut LineEnds) -> Option<usize> {
        let mut taken = *ends;
        if !matches!(chunk.get(at), Some(b'\r' | b'\n')) {
            return None;
        }
        taken.take(at);
        let next = after_end(chunk, at, &mut taken)?;
        *ends = taken;
        Some(next)
    }

    /// Remembers the beginning of a name that may be `data`, where a line begins and the chunk ends.
    pub(super) fn begin_name(&mut self, begun: &[u8]) {
        self.malformed = None;
        self.line = Line::Name(Field::Data, begun.len());
        self.mode = Mode::Name;
    }

    /// Takes the rest of `data: `, if the chunk begins with it, and returns what follows.
    pub(super) fn after_name<'i>(&mut self, chunk: &'i [u8]) -> &'i [u8] {
        let Line::Name(Field::Data, seen) = self.line else { return chunk };
        let Some(rest) = DATA.get(seen..) else { return chunk };
        let Some(after) = chunk.strip_prefix(rest) else { return chunk };
        if self.block.data_len() > self.limits.data.max {
            return chunk;
        }
        if !self.block.open {
            self.block.clear();
        }
        self.block.open = true;
        self.block.begin_data();
        self.data_line_start = self.block.data_buffer.len();
        self.line = Line::Value(Field::Data);
        self.mode = Mode::Data;
        self.offset += rest.len() as u64;
        after
    }

    /// Keeps the chunk as a block that begins with a data line and is cut there, if it is one and the limits allow it.
    #[inline]
    pub(super) fn begins_cut(&mut self, chunk: &[u8]) -> bool {
        let Some(value) = chunk.strip_prefix(DATA) else { return false };
        if !self.rest.has_no_end(chunk) || value.len() > self.longest.data {
            return false;
        }
        self.rest.forget();
        self.block.clear();
        self.block.open = true;
        self.block.begin_data();
        self.data_line_start = 0;
        self.block.extend_data(value);
        self.line = Line::Value(Field::Data);
        self.mode = Mode::Data;
        self.offset += chunk.len() as u64;
        true
    }

    #[inline]
    pub(super) fn keep_data(&mut self, value: &[u8]) -> bool {
        let kept = self.block.data_buffer.len() + value.len();
        let fits = kept <= self.limits.data.max && kept - self.data_line_start <= self.limits.line.max;
        if fits {
            self.block.extend_data(value);
        }
        fits
    }
}
