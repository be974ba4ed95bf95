//! The way of blocks that chunks cut: their bytes are gathered until they end.

use core::mem;

use bytes::{Buf, BytesMut};

use super::{
    Decoder, Mode,
    block::Place,
    field::{Field, Line},
    give::Home,
    lines::{self, Lines, Stop, Value},
    lone::DATA,
    read::Quick,
    room::Room,
};
use crate::ends::LineEnds;

/// The bytes of the block that is being read, where chunks have cut it. [`Decoder::lines`] are those in these bytes.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) bytes: BytesMut,
    /// How many bytes there may be before a line ends.
    until: usize,
    /// How many bytes the last event took with it, if not many: the next one is likely to need as many.
    pub(super) given_len: usize,
}

/// How many bytes of a block are gathered beside its data.
const AROUND: usize = 1024;

impl Gathered {
    /// Begins with these bytes.
    pub(super) fn begin(&mut self, bytes: &[u8]) {
        self.bytes.renew();
        if self.bytes.capacity() < self.given_len {
            self.bytes.reserve(self.given_len);
        }
        self.extend(bytes);
    }

    /// Adds the first bytes of the chunk, so many.
    #[inline(always)]
    fn extend_from(&mut self, chunk: &[u8], len: usize) {
        match chunk.first_chunk::<64>() {
            // Copies of a constant length cost less than what they copy too much.
            Some(block) if len <= block.len() => {
                let end = self.bytes.len() + len;
                self.bytes.extend_from_slice(block);
                self.bytes.truncate(end);
            }
            _ => self.bytes.extend_from_slice(chunk.get(..len).unwrap_or_default()),
        }
    }

    /// The last byte is a CR that ends a line: a LF that follows belongs to it.
    fn ends_with_cr(&self, lines: &Lines) -> bool {
        lines.at == self.bytes.len() && self.bytes.ends_with(b"\r")
    }

    #[inline]
    fn extend(&mut self, bytes: &[u8]) {
        // A length that is known makes for a copy without a call; it is the commonest one where chunks are short.
        match <&[u8; 64]>::try_from(bytes) {
            Ok(bytes) => self.bytes.extend_from_slice(bytes),
            Err(_) => self.bytes.extend_from_slice(bytes),
        }
    }
}

impl Decoder {
    /// Takes a chunk in which no line ends, if there is nothing to do but to keep it.
    #[inline(always)]
    pub(super) fn gather_whole(&mut self, chunk: &[u8]) -> bool {
        if self.gathered.bytes.len().saturating_add(chunk.len()) > self.gathered.until {
            return false;
        }
        self.gathered.extend(chunk);
        self.offset += chunk.len() as u64;
        true
    }

    /// Reads on in the block that is gathered, where the chunk goes on; these are the ends of lines from there on.
    #[inline(never)]
    pub(super) fn gather_on(&mut self, chunk: &[u8], at: usize, ends: LineEnds) -> (usize, Quick) {
        let rest = &chunk[at..];
        if self.lines.in_data {
            return match self.gather_data(rest, ends) {
                (used, Quick::Stop) if self.mode != Mode::Gather => (at + used, Quick::Stop),
                (used, Quick::Stop) => self.gather(chunk, at + used, None),
                (used, came_to) => (at + used, came_to),
            };
        }
        let heartbeat = match (&*self.gathered.bytes, rest) {
            (b":", [b'\n', b'\n', ..]) if self.rules.quiet => 2,
            (b":", [b'\n', ..]) if self.rules.quiet => 1,
            _ => return self.gather(chunk, at, Some(ends)),
        };
        self.rest.keep(ends.skipped_to(heartbeat), rest, heartbeat);
        self.mode = Mode::Block;
        (at + heartbeat, Quick::Stop)
    }

    /// Takes the rest of a chunk if it is nothing or the beginning of the commonest heartbeat.
    #[inline(always)]
    pub(super) fn cut_heartbeat(&mut self, rest: &[u8]) -> bool {
        if !matches!(rest, b"" | b":") {
            return false;
        }
        if rest.is_empty() {
            self.let_all_go();
        } else {
            self.gathered.begin(rest);
            self.lines.begin(0, LineEnds::from(0));
            self.mode = Mode::Gather;
            self.cut();
        }
        self.rest.forget();
        true
    }

    /// Takes the rest of the data line that is gathered, the data lines that follow, and the blank line.
    #[inline]
    fn gather_data(&mut self, chunk: &[u8], mut ends: LineEnds) -> (usize, Quick) {
        if self.gather_two(chunk, ends) {
            return (chunk.len(), Quick::More);
        }
        let end = ends.next(chunk);
        let value_len = end.unwrap_or(chunk.len());
        let len = self.gathered.bytes.len().saturating_add(value_len);
        if len > self.gathered.until {
            return (0, Quick::Stop);
        }
        self.gathered.extend_from(chunk, value_len);
        let Some(end) = end else { return (chunk.len(), Quick::More) };
        let mut next = match lines::next_line(chunk, end, &mut ends) {
            Some(next) if next < chunk.len() || chunk.ends_with(b"\n") => next,
            // A LF may follow.
            _ => return (end, Quick::Stop),
        };
        self.lines.in_data = false;
        self.lines.at = len;
        self.lines.data.end = len;
        if chunk.get(next) == Some(&b'd') && !ends.is_over(chunk) {
            next = self.join_lines(chunk, next, &mut ends);
        }
        self.behind_data(chunk, next, ends)
    }

    /// Takes the blank line that is mostly behind the data lines that have been gathered, or says that there is more.
    #[inline(always)]
    pub(super) fn behind_data(&mut self, chunk: &[u8], at: usize, mut ends: LineEnds) -> (usize, Quick) {
        if let Some(b'\r' | b'\n') = chunk.get(at) {
            ends.take(at);
            if let Some(end) = lines::next_line(chunk, at, &mut ends) {
                self.end_gathered(end == chunk.len() && chunk.ends_with(b"\r"));
                self.rest.keep(ends, chunk, end);
                return (end, Quick::Event);
            }
        }
        if !self.cut() {
            self.hand_over(usize::MAX);
        }
        (at, Quick::Stop)
    }

    /// Takes a chunk that is the end of the data line that is gathered and the beginning of another one: the commonest
    /// where chunks are short.
    #[inline(always)]
    fn gather_two(&mut self, chunk: &[u8], ends: LineEnds) -> bool {
        let Some(end) = ends.first().filter(|_| ends.are_few(chunk)) else { return false };
        let Some([b'\n', b'd', b'a', b't', b'a', b':', b' ', more @ ..]) = chunk.get(end..) else { return false };
        let (gathered, lines, rules) = (&mut self.gathered, &mut self.lines, &self.rules);
        let next = gathered.bytes.len().saturating_add(end + 1);
        let until = next.saturating_add(rules.data).min(lines.data.start.saturating_add(rules.joined));
        if more.is_empty() || next > gathered.until || next.saturating_add(more.len()) > until {
            return false;
        }
        // With the LF.
        gathered.extend_from(chunk, end + 1);
        gathered.bytes.extend_from_slice(more);
        gathered.until = until;
        lines.at = next;
        true
    }

    /// Takes a chunk that is the beginning of a block and of its first line, if that is a data line, and no line is
    /// known to end in the chunk.
    #[inline]
    pub(super) fn begin_data(&mut self, chunk: &[u8], ends: LineEnds) -> bool {
        if !ends.is_over(chunk) || chunk.len() > self.rules.data || !chunk.starts_with(DATA) {
            return false;
        }
        self.gathered.begin(chunk);
        self.lines.begin(DATA.len(), LineEnds::from(0));
        self.lines.data.start = DATA.len();
        self.lines.in_data = true;
        self.mode = Mode::Gather;
        self.cut();
        self.rest.forget();
        self.offset += chunk.len() as u64;
        true
    }

    /// Ends the block that has been gathered, behind a CR that ends the chunk perhaps.
    #[inline]
    pub(super) fn end_gathered(&mut self, after_cr: bool) {
        if self.lines.id.is_present() {
            let bytes = mem::take(&mut self.gathered.bytes);
            self.set_id(self.lines.id.of(&bytes));
            self.gathered.bytes = bytes;
        }
        self.home = Home::Gathered;
        self.after_cr = after_cr;
        self.mode = if after_cr { Mode::General } else { Mode::Block };
    }

    /// Takes the rest of a chunk, where a block begins that has been read up to a line without an end. Nothing is taken
    /// if that is for the general way.
    pub(super) fn begin_to_gather(&mut self, rest: &[u8], from: usize) -> bool {
        let line = rest.get(self.lines.at - from..).unwrap_or_default();
        let is_data = || lines::data_value(line).is_some() && line.len() <= self.rules.data.saturating_add(6);
        if line.len() > self.rules.unfinished && !is_data() {
            return false;
        }
        let lines = self.lines;
        self.gathered.begin(rest);
        self.lines.shift(from);
        if self.cut() {
            self.mode = Mode::Gather;
            return true;
        }
        self.lines = lines;
        false
    }

    /// Reads on in the block that is gathered; the ends of lines from there on may be known.
    #[inline(never)]
    fn gather(&mut self, chunk: &[u8], mut at: usize, mut known: Option<LineEnds>) -> (usize, Quick) {
        self.rest.forget();
        loop {
            if self.gathered.ends_with_cr(&self.lines)
                && let Some(byte) = chunk.get(at)
            {
                at += usize::from(*byte == b'\n');
                known = None;
                // It ends the line as well, and is not looked at again.
                if let Some(cr) = self.gathered.bytes.last_mut() {
                    *cr = b'\n';
                }
                self.cut();
            }
            let rest = &chunk[at..];
            if rest.is_empty() {
                return (at, Quick::More);
            }
            let ends = known.take().unwrap_or_else(|| LineEnds::first_of(rest));
            let old = self.gathered.bytes.len();
            let mut len = piece_len(rest, &ends);
            let until_end = old.saturating_add(ends.first().unwrap_or(len));
            if until_end > self.gathered.until {
                let begun = old - self.lines.at;
                if self.lines.in_data || begun >= DATA.len() {
                    self.hand_over(old);
                    return (at, Quick::Stop);
                }
                if until_end > self.lines.at + self.rules.unfinished {
                    // What line it is decides on the rest.
                    len = len.min(DATA.len() - begun);
                }
            }
            self.gathered.extend(&rest[..len]);
            self.lines.ends = ends.before(len).behind(old);
            let stop = self.read_gathered();
            // Where the bytes end that belong to the lines that have been read.
            let read = self.lines.at.max(old);
            match stop {
                Stop::Cut if self.cut() => at += len,
                Stop::Cut | Stop::Join | Stop::Other => {
                    self.hand_over(read);
                    return (at + read - old, Quick::Stop);
                }
                Stop::Empty | Stop::Event => {
                    let used = at + read - old;
                    self.end_gathered(used == chunk.len() && chunk.ends_with(b"\r"));
                    self.rest.keep(ends.skipped_to(read - old), rest, read - old);
                    return (used, if stop == Stop::Event { Quick::Event } else { Quick::Stop });
                }
            }
        }
    }

    fn read_gathered(&mut self) -> Stop {
        if self.lines.in_data
            && let Err(stop) = self.lines.read_data(&self.gathered.bytes, &self.rules)
        {
            return stop;
        }
        loop {
            let (bytes, lines) = (&mut self.gathered.bytes, &mut self.lines);
            let stop = lines.read(bytes, &self.rules, &mut self.retry);
            if stop != Stop::Join || !lines.may_join(&self.rules) {
                return stop;
            }
            lines.data.end = append(bytes, lines.data.end, lines.more);
            lines.at = lines.next;
        }
    }

    /// Looks at the line without an end that the gathered bytes end with, and says if it may be there.
    pub(super) fn cut(&mut self) -> bool {
        let (Gathered { bytes, until, .. }, lines, rules) = (&mut self.gathered, &mut self.lines, &self.rules);
        if !lines.in_data
            && let Some(before) = lines::data_value(bytes.get(lines.at..).unwrap_or_default())
        {
            let value = Value { start: lines.at + before, end: bytes.len() };
            if value.len() > rules.data {
                return false;
            }
            if !lines.data.is_present() {
                lines.data.start = value.start;
                lines.at = value.start;
            } else if lines.ends_with_data() && lines.data.len() + value.len() < rules.joined {
                lines.at = lines.data.end + 1;
                let end = append(bytes, lines.data.end, value);
                bytes.truncate(end);
            } else {
                return false;
            }
            lines.in_data = true;
        }
        *until = if lines.in_data {
            lines.at.saturating_add(rules.data).min(lines.data.start.saturating_add(rules.joined))
        } else if lines.at.saturating_sub(lines.data.len()) > AROUND {
            return false;
        } else if bytes.len() - lines.at < DATA.len() {
            // It has to be looked at again when it is known what line it is.
            lines.at + rules.unfinished.min(DATA.len() - 1)
        } else {
            lines.at + rules.unfinished
        };
        let fits = bytes.len() <= *until;
        if self.gathered.ends_with_cr(&self.lines) {
            self.gathered.until = 0;
        }
        fits
    }

    /// Leaves the block to the general way, with as many of the bytes that have been gathered.
    pub(super) fn hand_over(&mut self, len: usize) {
        let after_cr = self.gathered.ends_with_cr(&self.lines);
        let lines = mem::take(&mut self.lines);
        let mut bytes = mem::take(&mut self.gathered.bytes);
        bytes.truncate(len);
        self.block.clear();
        self.block.open = lines.is_open();
        if let Some(event_type) = lines.event_type.find(&bytes) {
            self.block.set_type_from(&mut event_type.to_vec());
        }
        if let Some(id) = lines.id.find(&bytes) {
            self.block.set_id_from(&mut id.to_vec());
        }
        self.after_cr = after_cr;
        self.mode = Mode::General;
        let line = if lines.in_data { BytesMut::new() } else { bytes.split_off(lines.at) };
        if lines.data.is_present() {
            if !lines.in_data {
                bytes.truncate(lines.data.end);
            }
            bytes.advance(lines.data.start);
            self.block.data = Place::Buffer;
            self.block.data_buffer = bytes;
        }
        if lines.in_data {
            self.line = Line::Value(Field::Data);
            self.data_line_start = lines.at - lines.data.start;
        }
        self.fragment(&line);
    }
}

/// How much of the rest of a chunk is gathered at once.
fn piece_len(rest: &[u8], ends: &LineEnds) -> usize {
    let len = match ends.first() {
        // A copy of this length costs least.
        Some(_) if rest.len() <= 64 => rest.len(),
        Some(end) => end + 1,
        None => rest.len(),
    };
    // A LF may follow.
    len + usize::from(rest[len - 1] == b'\r' && len < rest.len())
}

/// Moves the value behind the data that ends here, with a LF between them, and says where it ends then.
fn append(bytes: &mut BytesMut, data_end: usize, value: Value) -> usize {
    let to = data_end + 1;
    bytes.copy_within(value.range(), to);
    bytes[data_end] = b'\n';
    to + value.len()
}
