//! Where lines and streams begin and end.

use memchr::memchr2;

/// The first CR or LF (R-059: nothing else ends a line).
#[inline]
pub(super) fn find_end(bytes: &[u8]) -> Option<usize> {
    memchr2(b'\n', b'\r', bytes)
}

/// U+FEFF in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The search for the one BOM that may lead a stream, however it is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Start {
    /// So many bytes of a BOM have been seen and nothing else.
    Undecided(usize),
    /// The first byte after the BOM, or the first one that contradicts it, has been seen.
    Decided,
}

impl Default for Start {
    fn default() -> Self {
        Self::Undecided(0)
    }
}

impl Start {
    /// Takes what `chunk` has of the BOM and returns how many bytes that is, and what bytes of earlier chunks turned
    /// out to be no BOM and belong to the first line.
    pub(super) fn strip(&mut self, chunk: &[u8]) -> (usize, &'static [u8]) {
        let Self::Undecided(seen) = *self else { return (0, &[]) };
        let (before, wanted) = BOM.split_at(seen);
        let matched = wanted.iter().zip(chunk).take_while(|(wanted, byte)| wanted == byte).count();
        if matched == wanted.len() {
            *self = Self::Decided;
            (matched, &[])
        } else if matched == chunk.len() {
            *self = Self::Undecided(seen + matched);
            (matched, &[])
        } else {
            *self = Self::Decided;
            (0, before)
        }
    }
}
