//! The ends of lines as bits: the one part of reading and writing that is written for the machine.
//!
//! A mask has a bit for each of 64 bytes. `sse2::mask` makes it with the vector instructions that every x86-64 has;
//! `swar::mask` is what it has to be, and is used elsewhere.

use memchr::memchr2;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use sse2::mask;
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
use swar::mask;

/// How many bytes a mask covers.
const BLOCK: usize = u64::BITS as usize;

/// How many blocks are looked at before [`memchr2`], which has wider vectors and a price per call, goes on.
const NEAR: usize = 8;

/// The ends of lines in a chunk, in order, each found once.
///
/// Invariants, where the chunk is the one that the last call named: bit `n` of `bits` is set only if byte `base + n` of
/// the chunk is CR or LF; every CR and LF from the first place on and before `base + 64` that has no bit has been taken.
/// `base` wraps: it may lie before the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineEnds {
    bits: u64,
    base: usize,
}

impl LineEnds {
    /// Those from `at` on.
    #[inline]
    pub(crate) const fn from(at: usize) -> Self {
        Self { bits: 0, base: at.wrapping_sub(BLOCK) }
    }

    /// The next one.
    #[inline(always)]
    pub(crate) fn next(&mut self, chunk: &[u8]) -> Option<usize> {
        if self.bits == 0 {
            let base = self.base.wrapping_add(BLOCK);
            if base >= chunk.len() {
                return None;
            }
            *self = match chunk.get(base..).and_then(<[u8]>::first_chunk) {
                None => Self::found_last(chunk, base),
                Some(block) => Self { bits: mask(block), base },
            };
            if self.bits == 0 {
                if base.wrapping_add(BLOCK) >= chunk.len() {
                    return None;
                }
                *self = self.found(chunk);
                if self.bits == 0 {
                    return None;
                }
            }
        }
        let end = self.base.wrapping_add(self.bits.trailing_zeros() as usize);
        self.bits &= self.bits.wrapping_sub(1);
        Some(end)
    }

    /// Takes the end that is at `at`, where the last one that was taken was before it.
    #[inline(always)]
    pub(crate) fn take(&mut self, at: usize) {
        if self.bits == 0 {
            *self = Self::from(at + 1);
        } else {
            self.bits &= self.bits.wrapping_sub(1);
        }
    }

    /// Those of the next block that has any. By value, so that they stay in registers.
    #[inline(never)]
    fn found(self, chunk: &[u8]) -> Self {
        let mut at = self.base.wrapping_add(BLOCK);
        let far = at.wrapping_add(NEAR * BLOCK);
        while at < chunk.len() {
            let Some(block) = chunk[at..].first_chunk() else { return Self::found_last(chunk, at) };
            if at == far {
                return Self::found_far(chunk, at);
            }
            let bits = mask(block);
            if bits != 0 {
                return Self { bits, base: at };
            }
            at += BLOCK;
        }
        Self::from(at)
    }

    #[inline(never)]
    fn found_last(chunk: &[u8], at: usize) -> Self {
        let rest = &chunk[at..];
        let bits = match chunk.last_chunk() {
            // A block that begins before the rest does.
            Some(block) if rest.len() < BLOCK => mask(block) >> (BLOCK - rest.len()),
            _ => last_mask(rest),
        };
        Self { bits, base: at }
    }

    #[inline(never)]
    fn found_far(chunk: &[u8], at: usize) -> Self {
        match memchr2(b'\r', b'\n', &chunk[at..]) {
            None => Self::from(chunk.len()),
            Some(end) => Self::from(at + end).found(chunk),
        }
    }
}

/// Whether a line ends in the chunk.
pub(crate) fn any_in(chunk: &[u8]) -> bool {
    LineEnds::from(0).found(chunk).bits != 0
}

/// Whether a line ends in 64 bytes.
#[inline(always)]
pub(crate) fn any_in_block(block: &[u8; BLOCK]) -> bool {
    mask(block) != 0
}

/// Whether a byte is below 16, as NUL, CR and LF are: a text without one needs no closer look.
#[inline]
pub(crate) fn any_low(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // The top bit of each byte below 16.
    let low = |word: u64| word.wrapping_sub(ONES << 4) & !word & ONES << 7;
    let whole = |word: &[u8; 8]| low(u64::from_le_bytes(*word));
    let half = |word: &[u8; 4]| u64::from(u32::from_le_bytes(*word));
    if let Some(last) = text.last_chunk() {
        let (words, _) = text.as_chunks();
        return words.iter().fold(whole(last), |all, word| all | whole(word)) != 0;
    }
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => low(half(first) | half(last) << 32) != 0,
        _ => text.iter().any(|byte| *byte < 16),
    }
}

/// The mask in use, and the one that it has to be.
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code, reason = "the fuzz target takes this file by its path"))]
pub(crate) fn masks(block: &[u8; BLOCK]) -> [u64; 2] {
    [mask(block), swar::mask(block)]
}

/// The mask of what is no whole block.
fn last_mask(bytes: &[u8]) -> u64 {
    if bytes.len() <= 4 {
        return bytes.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(matches!(byte, b'\r' | b'\n')));
    }
    let mut block = [0; BLOCK];
    block[..bytes.len()].copy_from_slice(bytes);
    mask(&block)
}

/// The specification: 8 bytes at a time in a word.
#[cfg_attr(all(target_arch = "x86_64", target_feature = "sse2"), allow(dead_code, reason = "the tests use it"))]
mod swar {
    use super::BLOCK;

    const SEVEN: u64 = u64::from_le_bytes([0x7f; 8]);

    /// Bit `n` is set if byte `n` is CR or LF.
    pub(super) fn mask(block: &[u8; BLOCK]) -> u64 {
        let (words, _) = block.as_chunks();
        let bits = words.iter().enumerate().map(|(n, word)| {
            let word = u64::from_le_bytes(*word);
            let found = zeros(word ^ u64::from_le_bytes([b'\n'; 8])) | zeros(word ^ u64::from_le_bytes([b'\r'; 8]));
            // The top bit of each byte goes to the top byte.
            ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (n * 8)
        });
        bits.fold(0, |mask, bits| mask | bits)
    }

    /// The top bit of each byte that is zero.
    const fn zeros(word: u64) -> u64 {
        !(((word & SEVEN) + SEVEN) | word | SEVEN)
    }
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[allow(unsafe_code, reason = "the compiler does not make masks of safe code")]
mod sse2 {
    use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};

    use super::BLOCK;

    /// Bit `n` is set if byte `n` is CR or LF.
    #[inline]
    pub(super) fn mask(block: &[u8; BLOCK]) -> u64 {
        // SAFETY: the module is only there where the target has SSE2.
        unsafe { mask_with_sse2(block) }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn mask_with_sse2(block: &[u8; BLOCK]) -> u64 {
        let (vectors, _) = block.as_chunks();
        let [a, b, c, d] = [ends(&vectors[0]), ends(&vectors[1]), ends(&vectors[2]), ends(&vectors[3])];
        a | b << 16 | c << 32 | d << 48
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn ends(bytes: &[u8; 16]) -> u64 {
        // SAFETY: there are 16 bytes to be loaded, and any address will do.
        let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
        let lf = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\n' as i8));
        let cr = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\r' as i8));
        u64::from(_mm_movemask_epi8(_mm_or_si128(lf, cr)) as u32)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use proptest::{collection, prelude::*, sample::Index};

    use super::{BLOCK, LineEnds, masks};

    /// Bytes that are easily taken for others, ends of lines among them.
    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![
            3 => Just(b'x'),
            1 => prop_oneof![Just(b'\n'), Just(b'\r')],
            1 => prop_oneof![Just(0x09), Just(0x0b), Just(0x0c), Just(0x0e), Just(0x8a), Just(0x8d), Just(0)],
            1 => any::<u8>(),
        ]
    }

    fn expected(bytes: &[u8]) -> Vec<usize> {
        (0..bytes.len()).filter(|at| matches!(bytes[*at], b'\r' | b'\n')).collect()
    }

    proptest! {
        #[test]
        fn masks_are_as_specified(bytes in collection::vec(byte(), BLOCK)) {
            let block: &[u8; BLOCK] = bytes[..].try_into().expect("it is as long");
            let bits = expected(&bytes).iter().fold(0, |mask, at| mask | 1_u64 << at);
            prop_assert_eq!(masks(block), [bits; 2]);
        }

        #[test]
        fn every_end_is_found_once(bytes in collection::vec(byte(), 0..1500), quiet in 0..1200_usize, part: Index, used: Index) {
            let chunk = [vec![b'x'; quiet], bytes].concat();
            let all = expected(&chunk);
            let mut ends = LineEnds::from(0);
            let some = part.index(all.len() + 1);
            let mut found: Vec<_> = (0..some).filter_map(|_| ends.next(&chunk)).collect();
            prop_assert_eq!(&found[..], &all[..some]);
            // From any place before the next end.
            let from = found.last().map_or(0, |end| end + 1);
            let until = all.get(some).copied().unwrap_or(chunk.len());
            let mut ends = LineEnds::from(from + used.index(until - from + 1));
            found.extend(core::iter::from_fn(|| ends.next(&chunk)));
            prop_assert_eq!(found, all);
        }

        #[test]
        fn an_end_that_is_taken_is_not_found(bytes in collection::vec(byte(), 1..400), taken in 0..9_usize) {
            let all = expected(&bytes);
            let mut ends = LineEnds::from(0);
            let some = (0..taken).filter_map(|_| ends.next(&bytes)).count();
            // Right after the last one, as the LF of CRLF is.
            if some > 0 && all.get(some) == Some(&(all[some - 1] + 1)) {
                ends.take(all[some]);
                prop_assert_eq!(ends.next(&bytes), all.get(some + 1).copied());
            }
        }

        #[test]
        fn any_low_byte_is_noticed(bytes in collection::vec(byte(), 0..40), quiet in 0..30_usize) {
            let text = [vec![b'x'; quiet], bytes].concat();
            for text in [&text[..], &text[..quiet]] {
                prop_assert_eq!(super::any_low(text), text.iter().any(|byte| *byte < 16));
            }
        }

        #[test]
        fn any_end_is_noticed(bytes in collection::vec(byte(), 0..70), quiet in 0..1200_usize) {
            let chunk = [vec![b'x'; quiet], bytes].concat();
            prop_assert_eq!(super::any_in(&chunk), !expected(&chunk).is_empty());
        }
    }
}
