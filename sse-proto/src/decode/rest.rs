//! What is known of the bytes that a call left.

use crate::ends::LineEnds;

/// The ends of lines in what was left of a chunk, and which bytes those were.
#[derive(Debug)]
pub(super) struct Rest {
    /// With addresses in the place of places in the chunk.
    ends: LineEnds,
    /// The addresses of the first byte and of the one behind the last.
    start: usize,
    end: usize,
}

impl Default for Rest {
    fn default() -> Self {
        Self { ends: LineEnds::from(0), start: 0, end: 0 }
    }
}

impl Rest {
    /// The ends of lines in this chunk: those that are known, if it is what was left.
    #[inline]
    pub(super) fn resume(&self, chunk: &[u8]) -> LineEnds {
        let start = chunk.as_ptr().addr();
        if start == self.start && start.wrapping_add(chunk.len()) == self.end {
            self.ends.after(start)
        } else {
            LineEnds::from(0)
        }
    }

    /// To be called whenever the bytes that it is about have been used: others may come to lie in their place.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.end = 0;
    }

    /// Keeps the ends of lines in this chunk, which are those behind `used`, which is where it goes on.
    #[inline]
    pub(super) fn keep(&mut self, ends: LineEnds, chunk: &[u8], used: usize) {
        let start = chunk.as_ptr().addr();
        self.ends = ends.behind(start);
        self.start = start.wrapping_add(used);
        self.end = start.wrapping_add(chunk.len());
    }
}
