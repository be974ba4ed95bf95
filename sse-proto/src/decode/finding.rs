//! What a reader may want to know of a malformed line.

use core::fmt;

/// A line that the standard tells readers to take as it is, or to ignore, but that no writer should send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Where the line begins: bytes from the start of the stream.
    pub offset: u64,
    /// What is wrong with it.
    pub malformation: Malformation,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line at byte {}: {}", self.offset, self.malformation)
    }
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Malformation {
    /// The line was taken, with U+FFFD for each ill-formed part. Lines that are ignored are not looked at.
    IllFormedUtf8,
    /// A `retry` line whose value is not digits only; it was ignored.
    InvalidRetry,
    /// An `id` line with U+0000; it was ignored.
    NulInId,
    /// A line whose name is none of `data`, `event`, `id` and `retry`, to the letter; it was ignored.
    UnknownField,
}

impl fmt::Display for Malformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IllFormedUtf8 => "the value is not well-formed UTF-8",
            Self::InvalidRetry => "the value of `retry` is not digits only",
            Self::NulInId => "the value of `id` holds U+0000",
            Self::UnknownField => "the field name is not known",
        })
    }
}
