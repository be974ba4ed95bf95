//! Bytes that are checked once, with SIMD, and are text from then on. This and `ends.rs` are the only places of the
//! crate that need `unsafe`.
#![allow(unsafe_code, reason = "the constructors of the standard library check again, one byte after the other")]

use core::ops::Range;

use bytes::Bytes;
use bytestring::ByteString;

/// The bytes as shared text, or back again if they are not well-formed.
#[inline]
pub(crate) fn shared(bytes: Bytes) -> Result<ByteString, Bytes> {
    if checked(&bytes).is_none() {
        return Err(bytes);
    }
    // SAFETY: the bytes have just been found to be well-formed UTF-8, and what `Bytes` hold does not change.
    Ok(unsafe { ByteString::from_bytes_unchecked(bytes) })
}

/// A part of the bytes, as shared text if it is well-formed.
#[inline(always)]
pub(crate) fn shared_part(bytes: &Bytes, part: Range<usize>) -> Option<ByteString> {
    checked_part(bytes, part.clone())?;
    // SAFETY: the part has just been found to be well-formed UTF-8, and what `Bytes` hold does not change.
    Some(unsafe { ByteString::from_bytes_unchecked(bytes.slice(part)) })
}

/// The bytes as text if they are well-formed.
#[inline]
pub(crate) fn checked(bytes: &[u8]) -> Option<&str> {
    checked_part(bytes, 0..bytes.len())
}

/// A part of the bytes as text if it is well-formed.
#[inline]
pub(crate) fn checked_part(bytes: &[u8], part: Range<usize>) -> Option<&str> {
    let text = bytes.get(part.clone())?;
    if text.len() > SHORT || !is_short_ascii(text) {
        return checked_long(bytes, part);
    }
    // SAFETY: ASCII is well-formed UTF-8.
    Some(unsafe { str::from_utf8_unchecked(text) })
}

/// The same, where it is not likely to be short.
#[inline(always)]
pub(crate) fn checked_long(bytes: &[u8], part: Range<usize>) -> Option<&str> {
    let text = bytes.get(part.clone())?;
    if !is_known_ascii(text) {
        return checked_blocks(bytes, part);
    }
    // SAFETY: ASCII is well-formed UTF-8.
    Some(unsafe { str::from_utf8_unchecked(text) })
}

/// Whether there is SIMD for UTF-8: chosen at run time with `std`, else when compiled for a target that has it.
const SIMD: bool = cfg!(any(feature = "std", target_feature = "avx2", target_feature = "sse4.2"));

/// From this length on, vectors that are chosen at run time are worth their price.
const FAR: usize = if SIMD { 8192 } else { usize::MAX };

/// Whether the bytes are ASCII, for all that is known. Text that does not begin with it is not worth a look at the rest.
#[inline(never)]
fn is_known_ascii(bytes: &[u8]) -> bool {
    bytes.len() < FAR
        && bytes.first_chunk().is_none_or(|first| u64::from_le_bytes(*first) & HIGH == 0)
        && is_ascii(bytes)
}

/// The same with SIMD, if there is any. What is around the part is checked with it where that costs less, and does not
/// matter.
#[inline(never)]
fn checked_blocks(bytes: &[u8], part: Range<usize>) -> Option<&str> {
    if SIMD
        && let Some(around) = blocks_around(bytes, &part)
        && let Some(blocks) = bytes.get(around.clone())
        && let Ok(blocks) = simdutf8::basic::from_utf8(blocks)
        && let Some(text) = blocks.get(part.start - around.start..part.end - around.start)
    {
        return Some(text);
    }
    simdutf8::basic::from_utf8(bytes.get(part)?).ok()
}

/// Whole blocks of 64 bytes that hold the part and end where a character does, if there are any: what a part has behind
/// its last whole block costs more than such a block.
#[inline]
fn blocks_around(bytes: &[u8], part: &Range<usize>) -> Option<Range<usize>> {
    // `data:` is before most values, and no character has more bytes.
    const BEFORE: usize = 5;
    let start = part.start.checked_sub(BEFORE)?;
    let len = (part.len() + BEFORE).next_multiple_of(64);
    let behind = u64::from_le_bytes(*bytes.get(start + len..)?.first_chunk()?);
    let begins = !(behind & !(behind << 1)) & HIGH;
    let skipped = begins.trailing_zeros() as usize / 8;
    (skipped <= BEFORE).then_some(start + skipped..start + skipped + len)
}

/// Two parts of the bytes as text if they are well-formed.
#[inline]
pub(crate) fn checked_parts(bytes: &[u8], one: Range<usize>, other: Range<usize>) -> Option<(&str, &str)> {
    let both = bytes.get(one.start.min(other.start)..one.end.max(other.end))?;
    if !is_ascii(both) {
        return Some((checked_long(bytes, one)?, checked_long(bytes, other)?));
    }
    let (one, other) = (bytes.get(one)?, bytes.get(other)?);
    // SAFETY: ASCII is well-formed UTF-8, and both parts are within what is ASCII.
    Some(unsafe { (str::from_utf8_unchecked(one), str::from_utf8_unchecked(other)) })
}

/// Up to this length, a few loads do.
const SHORT: usize = 16;

/// Whether all of up to [`SHORT`] bytes are ASCII.
#[inline]
fn is_short_ascii(bytes: &[u8]) -> bool {
    let found = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u64::from_le_bytes(*first) | u64::from_le_bytes(*last)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u64::from(u32::from_le_bytes(*first) | u32::from_le_bytes(*last))
    } else if let [first, .., last] = bytes {
        u64::from(*first | bytes[bytes.len() / 2] | *last)
    } else {
        bytes.first().copied().map_or(0, u64::from)
    };
    found & HIGH == 0
}

/// Whether all bytes are ASCII. Loops that become vector instructions.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<LONG_BLOCK>();
    blocks.iter().all(|block| block.iter().fold(0, |any, byte| any | byte) < 0x80) && is_ascii_rest(rest, bytes)
}

/// Whether all of the rest, the end of `bytes`, are ASCII.
#[inline]
fn is_ascii_rest(rest: &[u8], bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<BLOCK>() else { return bytes.is_ascii() };
    let mut found = *last;
    for block in rest.as_chunks::<BLOCK>().0 {
        for (found, byte) in found.iter_mut().zip(block) {
            *found |= byte;
        }
    }
    found.iter().fold(0, |any, byte| any | byte) < 0x80
}

/// The bits that no ASCII has.
const HIGH: u64 = u64::from_le_bytes([0x80; 8]);

const BLOCK: usize = 32;
const LONG_BLOCK: usize = 256;

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use bytes::Bytes;
    use proptest::{collection, prelude::*, sample::Index};

    /// Text with some bytes that are none, and the end of a character perhaps.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            8 => "[a-z]{0,40}".prop_map(String::into_bytes),
            8 => "[\u{4e00}-\u{4eff}\u{e9}\u{1f600}-\u{1f640}]{1,40}".prop_map(String::into_bytes),
            1 => collection::vec(any::<u8>(), 1..3),
        ];
        collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn parts_are_checked_as_the_standard_library_does(bytes in bytes(), one: Index, other: Index) {
            let (one, other) = (one.index(bytes.len() + 1), other.index(bytes.len() + 1));
            let part = one.min(other)..one.max(other);
            let expected = str::from_utf8(&bytes[part.clone()]).ok();
            prop_assert_eq!(super::checked_part(&bytes, part.clone()), expected);
            prop_assert_eq!(super::checked_long(&bytes, part.clone()), expected);
            let shared = super::shared_part(&Bytes::copy_from_slice(&bytes), part);
            prop_assert_eq!(shared.as_deref(), expected);
        }

        #[test]
        fn values_are_checked_as_the_standard_library_does(before in bytes(), value in "\\PC{0,200}", behind in bytes()) {
            let chunk = [&before, &b"data: "[..], value.as_bytes(), b"\n\n", &behind].concat();
            let start = before.len() + b"data: ".len();
            prop_assert_eq!(super::checked_part(&chunk, start..start + value.len()), Some(&*value));
        }
    }
}
