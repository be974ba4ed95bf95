//! A UTF-8 view over shared bytes.

use alloc::string::String;
use core::{
    borrow::Borrow,
    fmt,
    ops::{Deref, Range},
    str::Utf8Error,
};

use bytes::Bytes;
use bytestring::ByteString;

use crate::utf8;

/// A string whose bytes are shared: a clone, and a part of a received block, copy nothing.
///
/// ```
/// use sse_proto::Text;
///
/// let text = Text::from("73857293");
/// let same = text.clone(); // no copy
/// assert_eq!(&*same, "73857293");
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq, PartialOrd, Ord)]
pub struct Text(ByteString);

impl Text {
    /// The empty text.
    #[inline]
    pub const fn new() -> Self {
        Self(ByteString::new())
    }

    /// A text that lives as long as the program; nothing is copied.
    pub const fn from_static(text: &'static str) -> Self {
        Self(ByteString::from_static(text))
    }

    /// Wraps the bytes without a copy if they are well-formed UTF-8; otherwise each maximal ill-formed part
    /// becomes one U+FFFD, as "UTF-8 decode" of the Encoding Standard has it.
    pub fn from_utf8_lossy(bytes: Bytes) -> Self {
        Self::well_formed(bytes).unwrap_or_else(|bytes| Self::from(lossy(&bytes)))
    }

    /// Wraps the bytes if they are well-formed UTF-8, or returns them as the error.
    #[inline]
    pub(crate) fn well_formed(bytes: Bytes) -> Result<Self, Bytes> {
        utf8::shared(bytes).map(Self)
    }

    /// Wraps a part of the bytes, which it shares, if it is well-formed UTF-8.
    #[inline(always)]
    pub(crate) fn well_formed_part(bytes: &Bytes, part: Range<usize>) -> Option<Self> {
        utf8::shared_part(bytes, part).map(Self)
    }

    /// A part of the text, which shares its bytes; empty if the range does not lie at character boundaries.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        match self.get(range) {
            None | Some("") => Self::new(),
            Some(part) => Self(self.0.slice_ref(part)),
        }
    }

    /// The text as a string slice.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The shared bytes.
    #[inline]
    pub fn as_bytes(&self) -> &Bytes {
        self.0.as_bytes()
    }

    /// Unwraps the shared bytes.
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(ByteString::from(text))
    }
}

impl From<String> for Text {
    #[inline(always)]
    fn from(text: String) -> Self {
        Self(ByteString::from(text))
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        Self::from(text.as_str())
    }
}

impl TryFrom<Bytes> for Text {
    type Error = Utf8Error;

    /// Takes well-formed UTF-8 without a copy.
    fn try_from(bytes: Bytes) -> Result<Self, Utf8Error> {
        ByteString::try_from(bytes).map(Self)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// The bytes with U+FFFD for each maximal ill-formed part (R-057), in a string of just that capacity: it may be three times
/// as long.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    let parts =
        || bytes.utf8_chunks().map(|chunk| (chunk.valid(), if chunk.invalid().is_empty() { "" } else { "\u{fffd}" }));
    let mut text = String::with_capacity(parts().map(|(valid, mark)| valid.len() + mark.len()).sum());
    for (valid, mark) in parts() {
        text.push_str(valid);
        text.push_str(mark);
    }
    text
}

/// Writes a number in decimal digits.
pub(crate) fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return str::from_utf8(&digits[at..]).unwrap_or_default();
        }
    }
}

/// Returns the number of decimal digits.
pub(crate) fn decimal_len(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
