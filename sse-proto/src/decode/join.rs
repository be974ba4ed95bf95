//! The data lines of a block into data: one behind the other, with a LF between them.

use super::{
    Decoder, Mode,
    gather::Gathered,
    lines::{self, Lines, Value},
    lone::DATA,
    read::Quick,
};
use crate::ends::LineEnds;

impl Gathered {
    /// Adds the value to the data, with which the bytes end.
    fn append(&mut self, chunk: &[u8], value: Value) {
        self.bytes.extend_from_slice(b"\n");
        self.bytes.extend_from_slice(value.of(chunk));
    }

    /// Adds the data lines from `at` on, up to one that is long or not written as almost all are, and says where that
    /// begins. The bytes will not be more than `most`.
    #[inline]
    fn append_short(&mut self, chunk: &[u8], mut at: usize, ends: &mut LineEnds, most: usize) -> usize {
        let mut known = *ends;
        while chunk.get(at..).is_some_and(|rest| rest.starts_with(DATA)) {
            let mut len = self.bytes.len();
            let wanted = len.clamp(ROOM, 4 * ROOM);
            let room = most.saturating_sub(len).min(wanted);
            self.bytes.resize(len + room, 0);
            let begun = len;
            // Copies of a constant length cost less than what they copy too much.
            while let Some(line) = chunk.get(at..).and_then(<[u8]>::first_chunk::<LINE>)
                && let Some(to) = self.bytes.get_mut(len..).and_then(<[u8]>::first_chunk_mut::<VALUE>)
                && line.starts_with(DATA)
            {
                let mut taken = known;
                if taken.is_empty()
                    && let Some(next) = taken.after_next_block(chunk)
                {
                    taken = next;
                }
                let Some(end) = taken.next(chunk) else { break };
                if line.get(end.wrapping_sub(at)) != Some(&b'\n') {
                    break;
                }
                known = taken;
                // The space before the value makes room for the LF.
                to.copy_from_slice(&line[DATA.len() - 1..]);
                to[0] = b'\n';
                len += end - at - (DATA.len() - 1);
                at = end + 1;
            }
            self.bytes.truncate(len);
            if len - begun + VALUE <= room || room < wanted {
                break;
            }
        }
        *ends = known;
        at
    }
}

/// A line of up to this length is short.
const LINE: usize = 96;

/// What is copied of it.
const VALUE: usize = LINE - DATA.len() + 1;

/// How much is made room for at once, at least.
const ROOM: usize = 256;

impl Decoder {
    /// Gathers the data lines of a block that begins at `from`, from the one on that may be joined.
    pub(super) fn join(&mut self, chunk: &[u8], from: usize) -> (usize, Quick) {
        let Lines { at: _, mut ends, more, next, .. } = self.lines;
        self.gathered.begin(chunk.get(from..self.lines.data.end).unwrap_or_default());
        self.lines.shift(from);
        self.gathered.append(chunk, more);
        let at = self.join_lines(chunk, next, &mut ends);
        self.mode = Mode::Gather;
        self.behind_data(chunk, at, ends)
    }

    /// Adds the data lines from `at` on to the data, with which the gathered bytes end, and says where the next line
    /// begins.
    #[inline(never)]
    pub(super) fn join_lines(&mut self, chunk: &[u8], mut at: usize, ends: &mut LineEnds) -> usize {
        let (gathered, lines, rules) = (&mut self.gathered, &mut self.lines, &self.rules);
        loop {
            if rules.data >= LINE {
                at = gathered.append_short(chunk, at, ends, lines.data.start.saturating_add(rules.joined));
            }
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
