//! Bytes that are checked once, with SIMD, and are text from then on: the only place of the crate that needs `unsafe`.
#![allow(unsafe_code, reason = "the constructors of the standard library check again, one byte after the other")]

use bytes::Bytes;
use bytestring::ByteString;

/// The bytes as shared text, or back again if they are not well-formed.
#[inline]
pub(crate) fn shared(bytes: Bytes) -> Result<ByteString, Bytes> {
    if simdutf8::basic::from_utf8(&bytes).is_err() {
        return Err(bytes);
    }
    // SAFETY: the bytes have just been found to be well-formed UTF-8, and what `Bytes` hold does not change.
    Ok(unsafe { ByteString::from_bytes_unchecked(bytes) })
}

/// The bytes as text if they are well-formed.
#[inline]
pub(crate) fn checked(bytes: &[u8]) -> Option<&str> {
    if is_ascii(bytes) {
        // SAFETY: all bytes are ASCII
        return Some(unsafe { str::from_utf8_unchecked(bytes) });
    }
    simdutf8::basic::from_utf8(bytes).ok()
}

/// Quicker than the standard library's on short text.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let either = |[a, b]: [&[u8; 8]; 2]| u64::from_le_bytes(*a) | u64::from_le_bytes(*b);
    let found = if let Some(last) = bytes.last_chunk::<16>() {
        let (blocks, _) = bytes.as_chunks::<16>();
        let halves = |block: &[u8; 16]| {
            let (halves, _) = block.as_chunks();
            [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
        };
        let mut found = halves(last);
        for block in blocks {
            let [low, high] = halves(block);
            found = [found[0] | low, found[1] | high];
        }
        found[0] | found[1]
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        either([first, last])
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u64::from(u32::from_le_bytes(*first) | u32::from_le_bytes(*last))
    } else if let [first, .., last] = bytes {
        u64::from(*first | bytes[bytes.len() / 2] | *last)
    } else {
        bytes.first().copied().map_or(0, u64::from)
    };
    found & 0x8080_8080_8080_8080 == 0
}
