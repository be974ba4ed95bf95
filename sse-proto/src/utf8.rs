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

/// The bytes as text if they are well-formed.
#[inline]
pub(crate) fn checked(bytes: &[u8]) -> Option<&str> {
    if bytes.len() > SHORT || !is_short_ascii(bytes) {
        return checked_long(bytes);
    }
    // SAFETY: ASCII is well-formed UTF-8.
    Some(unsafe { str::from_utf8_unchecked(bytes) })
}

#[inline(never)]
fn checked_long(bytes: &[u8]) -> Option<&str> {
    if !begins_with_ascii(bytes) || !is_ascii(bytes) {
        return simdutf8::basic::from_utf8(bytes).ok();
    }
    // SAFETY: ASCII is well-formed UTF-8.
    Some(unsafe { str::from_utf8_unchecked(bytes) })
}

/// Text that does not begin with ASCII is not worth a look at the rest of it.
#[inline]
fn begins_with_ascii(bytes: &[u8]) -> bool {
    bytes.first_chunk().is_none_or(|first| u64::from_le_bytes(*first) & HIGH == 0)
}

/// Two parts of the bytes as text if they are well-formed.
#[inline]
pub(crate) fn checked_parts(bytes: &[u8], one: Range<usize>, other: Range<usize>) -> Option<(&str, &str)> {
    let both = bytes.get(one.start.min(other.start)..one.end.max(other.end))?;
    let (one, other) = (bytes.get(one)?, bytes.get(other)?);
    if !is_ascii(both) {
        return Some((checked_long(one)?, checked_long(other)?));
    }
    // SAFETY: ASCII is well-formed UTF-8, and both parts are within what is ASCII.
    Some(unsafe { (str::from_utf8_unchecked(one), str::from_utf8_unchecked(other)) })
}

/// A part of 8 to 16 bytes as text if all of them are ASCII.
#[inline]
pub(crate) fn checked_within(bytes: &[u8], part: Range<usize>) -> Option<&str> {
    let ends = u64::from_le_bytes(*bytes.first_chunk()?) | u64::from_le_bytes(*bytes.last_chunk()?);
    if bytes.len() > SHORT || ends & HIGH != 0 {
        return None;
    }
    // SAFETY: the first and the last 8 bytes are all that there are; ASCII is well-formed UTF-8.
    Some(unsafe { str::from_utf8_unchecked(bytes.get(part)?) })
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
