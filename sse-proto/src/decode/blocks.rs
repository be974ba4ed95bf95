//! The way that almost every block takes: it lies in one chunk from its first byte to its blank line.

use super::{
    Decoder, Mode,
    block::Place,
    give::Home,
    line,
    lines::{Stop, Value},
    read::Quick,
};
use crate::ends::LineEnds;

impl Decoder {
    /// Reads blocks from where one begins, up to one that gives an event. These are the ends of lines from there on.
    #[inline(always)]
    pub(super) fn read_blocks(&mut self, chunk: &[u8], mut at: usize, ends: LineEnds) -> (usize, Quick) {
        self.lines.begin(at, ends);
        loop {
            if chunk.get(at) == Some(&b':') && self.rules.quiet {
                // They are passed before the ends of their lines are looked for.
                at += line::heartbeats(&chunk[at..]);
                if self.cut_heartbeat(&chunk[at..]) {
                    return (chunk.len(), Quick::More);
                }
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
                stop => {
                    let read = chunk.get(..self.lines.at).unwrap_or_default();
                    if stop == Stop::Cut && !self.lines.is_open() && read.ends_with(b"\n") {
                        // Heartbeats and reconnection times need no blank line: the block may as well begin after them.
                        at = self.lines.at;
                        self.lines.begin(at, self.lines.ends);
                    }
                    return self.read_odd_block(chunk, at, stop);
                }
            }
        }
    }

    /// The same, where the ends of lines have still to be asked for.
    #[inline(never)]
    pub(super) fn read_more_blocks(&mut self, chunk: &[u8], at: usize) -> (usize, Quick) {
        self.read_blocks(chunk, at, self.rest.resume(&chunk[at..]).behind(at))
    }

    #[inline(never)]
    fn read_odd_block(&mut self, chunk: &[u8], at: usize, stop: Stop) -> (usize, Quick) {
        match stop {
            Stop::Join if self.lines.may_join(&self.rules) && self.lines.next < chunk.len() => self.join(chunk, at),
            Stop::Cut if at == chunk.len() => {
                self.let_all_go();
                self.rest.forget();
                (at, Quick::More)
            }
            Stop::Cut if self.begin_to_gather(&chunk[at..], at) => {
                self.rest.forget();
                (chunk.len(), Quick::More)
            }
            _ => {
                self.rest.forget();
                (self.leave(chunk), Quick::Stop)
            }
        }
    }

    /// Leaves the block to the general way, and says where that begins.
    fn leave(&mut self, chunk: &[u8]) -> usize {
        let place = |value: Value| if value.is_present() { Place::Chunk(value.range()) } else { Place::Absent };
        let lines = &self.lines;
        self.block.clear();
        self.block.open = lines.is_open();
        self.block.data = place(lines.data);
        self.block.id = place(lines.id);
        self.block.set_type(lines.event_type.range());
        self.mode = Mode::General;
        self.after_cr = lines.at == chunk.len() && chunk.ends_with(b"\r");
        lines.at
    }
}
