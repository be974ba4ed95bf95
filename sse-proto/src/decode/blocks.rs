//! The way that almost every block takes: it lies in one chunk from its first byte to its blank line.

use super::{
    Decoder, Mode,
    block::Place,
    give::Home,
    line,
    lines::{self, Lines, Stop, Value},
    read::Quick,
};
use crate::ends::LineEnds;

impl Decoder {
    /// Reads blocks from where one begins, up to one that gives an event.
    #[inline(always)]
    pub(super) fn read_blocks(&mut self, chunk: &[u8], mut at: usize) -> (usize, Quick) {
        let ends = self.rest.resume(&chunk[at..]).behind(at);
        self.lines.begin(at, ends);
        loop {
            if chunk.get(at) == Some(&b':') && self.rules.quiet {
                // They are passed before the ends of their lines are looked for.
                at += line::heartbeats(&chunk[at..]);
                self.lines.begin(at, self.lines.ends.skipped_to(at));
            }
            match self.lines.read(chunk, &self.rules, &mut self.retry) {
                Stop::Event => {
                    at = self.lines.at;
                    self.end_block(chunk, at);
                    self.home = Home::Chunk;
                    self.rest.keep(self.lines.ends, chunk, at);
                    return (at, Quick::Event);
                }
                Stop::Empty => {
                    at = self.lines.at;
                    self.end_block(chunk, at);
                    self.lines.begin(at, self.lines.ends);
                }
                stop => return self.read_odd_block(chunk, at, stop),
            }
        }
    }

    #[inline(never)]
    fn read_odd_block(&mut self, chunk: &[u8], at: usize, stop: Stop) -> (usize, Quick) {
        match stop {
            Stop::Join if self.lines.may_join(&self.rules) && self.lines.next < chunk.len() => self.join(chunk, at),
            Stop::Cut if at == chunk.len() => {
                self.rest.forget();
                (at, Quick::More)
            }
            Stop::Cut if self.begin_to_gather(&chunk[at..], at) => {
                self.rest.forget();
                (chunk.len(), Quick::More)
            }
            _ => {
                self.rest.forget();
                (self.leave(), Quick::Stop)
            }
        }
    }

    /// Leaves the block to the general way, and says where that begins.
    fn leave(&mut self) -> usize {
        let place = |value: Value| if value.is_present() { Place::Chunk(value.range()) } else { Place::Absent };
        let lines = &self.lines;
        self.block.clear();
        self.block.open = lines.is_open();
        self.block.data = place(lines.data);
        self.block.id = place(lines.id);
        self.block.set_type(lines.event_type.range());
        self.mode = Mode::General;
        lines.at
    }

    /// Gathers the data lines of a block that begins at `from`, from the one on that may be joined.
    fn join(&mut self, chunk: &[u8], from: usize) -> (usize, Quick) {
        let Lines { at: _, mut ends, more, next, .. } = self.lines;
        self.gathered.begin(chunk.get(from..self.lines.data.end).unwrap_or_default());
        self.lines.shift(from);
        self.gathered.append(chunk, more);
        let at = self.join_lines(chunk, next, &mut ends);
        // A blank line is what follows mostly.
        if ends.next(chunk) == Some(at)
            && let Some(next) = lines::next_line(chunk, at, &mut ends)
        {
            self.end_gathered(next == chunk.len() && chunk.ends_with(b"\r"));
            self.rest.keep(ends, chunk, next);
            return (next, Quick::Event);
        }
        self.mode = Mode::Gather;
        self.cut();
        (at, Quick::Stop)
    }

    /// Adds the data lines from `at` on to the data, with which the gathered bytes end, and says where the next line
    /// begins.
    #[inline(never)]
    pub(super) fn join_lines(&mut self, chunk: &[u8], mut at: usize, ends: &mut LineEnds) -> usize {
        let (gathered, lines, rules) = (&mut self.gathered, &mut self.lines, &self.rules);
        loop {
            let mut taken = *ends;
            let value = lines::whole_data(chunk, at, &mut taken);
            let Some((value, next)) = value.filter(|(value, next)| {
                let joined = (gathered.bytes.len() - lines.data.start + 1).saturating_add(value.len());
                // Behind a CR at the end of the chunk, a LF may follow.
                value.len() <= rules.data && joined <= rules.joined && *next < chunk.len()
            }) else {
                break;
            };
            gathered.append(chunk, value);
            *ends = taken;
            at = next;
        }
        lines.at = gathered.bytes.len();
        lines.data.end = lines.at;
        at
    }
}
