//! Names and values in a line.

use crate::Retry;

/// What a line is, by its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Field {
    Comment,
    Data,
    Event,
    Id,
    Retry,
    Unknown,
}

impl Field {
    /// The one known field whose name starts with this byte.
    pub(super) const fn starting_with(byte: u8) -> Self {
        match byte {
            b':' => Self::Comment,
            b'd' => Self::Data,
            b'e' => Self::Event,
            b'i' => Self::Id,
            b'r' => Self::Retry,
            _ => Self::Unknown,
        }
    }

    pub(super) const fn name(self) -> &'static [u8] {
        match self {
            Self::Comment | Self::Unknown => b"",
            Self::Data => b"data",
            Self::Event => b"event",
            Self::Id => b"id",
            Self::Retry => b"retry",
        }
    }
}

/// Splits a line that is not empty into its field and the place where the value starts.
#[inline]
pub(super) fn split(line: &[u8]) -> (Field, usize) {
    let Some(&first) = line.first() else { return (Field::Unknown, 0) };
    let field = Field::starting_with(first);
    let name = field.name();
    if field == Field::Unknown || !line.starts_with(name) {
        return (Field::Unknown, line.len());
    }
    match line.get(name.len()..) {
        Some([]) => (field, line.len()),
        Some([b':', b' ', ..]) => (field, name.len() + 2),
        Some([b':', ..]) => (field, name.len() + 1),
        _ => (Field::Unknown, line.len()),
    }
}

/// A line whose end has not been seen yet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Line {
    /// No byte of it has been seen.
    #[default]
    Start,
    /// So many bytes of the name, all as they should be.
    Name(Field, usize),
    /// The colon has been seen, and nothing after it: one space may follow.
    Colon(Field),
    /// Bytes of the value are being kept.
    Value(Field),
    /// The rest is thrown away.
    Ignored,
}

/// The value of a `retry` line, read digit by digit, so that it may have any length.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct RetryDigits {
    millis: u64,
    any: bool,
    other: bool,
}

impl RetryDigits {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if byte.is_ascii_digit() {
                self.any = true;
                self.millis = self.millis.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
            } else {
                self.other = true;
            }
        }
    }

    /// The value, if it was digits only and not empty (D-03).
    pub(super) fn finish(self) -> Option<Retry> {
        (self.any && !self.other).then_some(Retry::from_millis(self.millis))
    }
}

pub(super) fn parse_retry(value: &[u8]) -> Option<Retry> {
    let mut digits = RetryDigits::default();
    digits.push(value);
    digits.finish()
}
