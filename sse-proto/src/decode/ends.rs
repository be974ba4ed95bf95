//! The ends of lines as bits: the one part of the decoder that is written for the machine.
//!
//! A mask has a bit for each of 64 bytes. [`sse2::mask`] makes it with the vector instructions that every x86-64 has,
//! without `unsafe`, because no pointer is read; [`swar::mask`] says what it has to be, and is used elsewhere.

/// How many bytes a mask covers.
const BLOCK: usize = u64::BITS as usize;

/// How many blocks are looked at before [`memchr2`], which has wider vectors and a price per call, goes on.
const NEAR: usize = 8;

use memchr::memchr2;

#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
use swar::mask;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use sse2::mask;

/// The ends of lines in a chunk, in order, each found once.
///
/// Invariants, where the chunk is the one that the last call named: bit `n` of `bits` is set only if byte `base + n` of
/// the chunk is CR or LF; every CR and LF before `base + 64` that has no bit has been taken or skipped. `base` wraps: it
/// may lie before the chunk. If the bytes are others than they were, positions are wrong, and nothing else is: who
/// uses them looks whether a line ends there.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineEnds {
    bits: u64,
    base: usize,
}

impl LineEnds {
    /// Those from `at` on.
    #[inline]
    pub(super) const fn from(at: usize) -> Self {
        Self { bits: 0, base: at.wrapping_sub(BLOCK) }
    }

    /// The next one.
    #[inline]
    pub(super) fn next(&mut self, chunk: &[u8]) -> Option<usize> {
        if self.bits == 0 {
            *self = self.found(chunk);
            if self.bits == 0 {
                return None;
            }
        }
        let end = self.base.wrapping_add(self.bits.trailing_zeros() as usize);
        self.bits &= self.bits.wrapping_sub(1);
        Some(end)
    }

    /// Takes the end that is at `at`, where the last one that was taken was before it.
    #[inline]
    pub(super) fn take(&mut self, at: usize) {
        if self.bits == 0 {
            *self = Self::from(at + 1);
        } else {
            self.bits &= self.bits.wrapping_sub(1);
        }
    }

    /// Skips those before `at`.
    #[inline]
    pub(super) fn skip_to(&mut self, at: usize) {
        let offset = at.wrapping_sub(self.base);
        if offset < BLOCK {
            self.bits = self.bits >> offset << offset;
        } else {
            *self = Self::from(at);
        }
    }

    /// The same for the chunk without its first bytes.
    #[inline]
    pub(super) const fn after(self, used: usize) -> Self {
        Self { base: self.base.wrapping_sub(used), ..self }
    }

    /// Those of the next block that has any. By value, so that they stay in registers.
    #[inline(never)]
    fn found(mut self, chunk: &[u8]) -> Self {
        for _ in 0..NEAR {
            let at = self.base.wrapping_add(BLOCK);
            let Some(rest) = chunk.get(at..) else { return self };
            self.base = at;
            self.bits = match rest.first_chunk() {
                Some(block) => mask(block),
                None => last_mask(rest),
            };
            if self.bits != 0 {
                return self;
            }
        }
        let at = self.base.wrapping_add(BLOCK);
        match memchr2(b'\r', b'\n', chunk.get(at..).unwrap_or_default()) {
            None => self,
            Some(end) => Self::from(at + end).found(chunk),
        }
    }
}

/// The mask of what is no whole block.
fn last_mask(bytes: &[u8]) -> u64 {
    let mut block = [0; BLOCK];
    block[..bytes.len()].copy_from_slice(bytes);
    mask(&block)
}

/// The specification: 8 bytes at a time in a word.
#[cfg_attr(all(target_arch = "x86_64", target_feature = "sse2", not(test)), allow(dead_code))]
mod swar {
    use super::BLOCK;

    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const SEVEN: u64 = u64::from_le_bytes([0x7f; 8]);

    /// Bit `n` is set if byte `n` is CR or LF.
    pub(super) fn mask(block: &[u8; BLOCK]) -> u64 {
        let (words, _) = block.as_chunks();
        let bits = words.iter().enumerate().map(|(n, word)| {
            let word = u64::from_le_bytes(*word);
            let found = zeros(word ^ (LOW * b'\n' as u64)) | zeros(word ^ (LOW * b'\r' as u64));
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
#[allow(unsafe_code, reason = "the compiler makes no masks of what can be said without")]
mod sse2 {
    use core::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };

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
