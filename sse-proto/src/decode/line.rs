//! Where lines and streams begin and end.

use memchr::memchr2;

/// The first CR or LF (R-059: nothing else ends a line).
#[inline]
pub(super) fn find_end(bytes: &[u8]) -> Option<usize> {
    // Most ends are near, and a call costs more than to look there.
    let (words, _) = bytes.as_chunks::<8>();
    for (n, word) in words.iter().take(NEAR).enumerate() {
        let ends = ends_in(u64::from_le_bytes(*word));
        if ends != 0 {
            return Some(n * 8 + (ends.trailing_zeros() / 8) as usize);
        }
    }
    let near = words.len().min(NEAR) * 8;
    memchr2(b'\n', b'\r', &bytes[near..]).map(|at| near + at)
}

/// How many words of eight bytes are searched in place.
const NEAR: usize = 3;

/// A word whose lowest bit that is set is the highest one of the first CR or LF; 0 if there is none.
#[inline]
const fn ends_in(word: u64) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let lf = word ^ (LOW * b'\n' as u64);
    let cr = word ^ (LOW * b'\r' as u64);
    ((lf.wrapping_sub(LOW) & !lf) | (cr.wrapping_sub(LOW) & !cr)) & HIGH
}

/// The length of the comments without text that the bytes begin with, each with a blank line: the commonest heartbeat.
#[inline(never)]
pub(super) fn heartbeats(bytes: &[u8]) -> usize {
    const RUN: &[u8; 24] = b":\n\n:\n\n:\n\n:\n\n:\n\n:\n\n:\n\n:\n\n";
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(RUN) {
        rest = after;
    }
    rest = rest.strip_prefix(&RUN[..12]).unwrap_or(rest);
    rest = rest.strip_prefix(&RUN[..6]).unwrap_or(rest);
    rest = rest.strip_prefix(&RUN[..3]).unwrap_or(rest);
    bytes.len() - rest.len()
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
