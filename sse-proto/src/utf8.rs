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
