//! What is known of the bytes that a call left.

use crate::ends::LineEnds;

/// The ends of lines in what was left of a chunk, and which bytes those were.
#[derive(Debug)]
pub(super) struct Rest {
    ends: LineEnds,
    address: usize,
    len: usize,
}

impl Default for Rest {
    fn default() -> Self {
        Self { ends: LineEnds::from(0), address: 0, len: 0 }
    }
}

impl Rest {
    /// The ends of lines in this chunk: those that are known, if it is what was left.
    #[inline]
    pub(super) fn resume(&self, chunk: &[u8]) -> LineEnds {
        if chunk.as_ptr().addr() == self.address && chunk.len() == self.len { self.ends } else { none_known() }
    }

    /// Whether this chunk is what was left, and no line ends in it.
    #[inline]
    pub(super) fn has_no_end(&self, chunk: &[u8]) -> bool {
        chunk.as_ptr().addr() == self.address && chunk.len() == self.len && self.ends.is_over(chunk)
    }

    /// To be called whenever the bytes that it is about have been used: others may come to lie in their place.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.len = 0;
    }

    #[inline]
    pub(super) fn keep(&mut self, ends: LineEnds, rest: &[u8]) {
        self.ends = ends;
        self.address = rest.as_ptr().addr();
        self.len = rest.len();
    }
}

#[cold]
const fn none_known() -> LineEnds {
    LineEnds::from(0)
}
