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

/// The known field that a line begins with, up to its colon, and how many bytes that is.
#[inline]
pub(super) fn begin(line: &[u8]) -> Option<(Field, usize)> {
    // Each name is compared as a constant: faster than what `Field::name` gives.
    let (field, known) = match line.first()? {
        b':' => return Some((Field::Comment, 1)),
        b'd' => (Field::Data, line.starts_with(b"data:")),
        b'e' => (Field::Event, line.starts_with(b"event:")),
        b'i' => (Field::Id, line.starts_with(b"id:")),
        b'r' => (Field::Retry, line.starts_with(b"retry:")),
        _ => return None,
    };
    known.then_some((field, field.name().len() + 1))
}

/// Splits a line that is not empty into its field and the place where the value starts.
#[inline]
pub(super) fn split(line: &[u8]) -> (Field, usize) {
    match begin(line) {
        Some((field, colon)) => (field, colon + usize::from(line.get(colon) == Some(&b' '))),
        None => {
            let field = match line {
                b"data" => Field::Data,
                b"event" => Field::Event,
                b"id" => Field::Id,
                b"retry" => Field::Retry,
                _ => Field::Unknown,
            };
            (field, line.len())
        }
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

/// The value of a `retry` line (D-03).
#[inline]
pub(super) fn parse_retry(value: &[u8]) -> Option<Retry> {
    // So few digits do not overflow.
    if !matches!(value.len(), 1..=18) {
        return parse_odd_retry(value);
    }
    let mut millis = 0;
    for byte in value {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        millis = millis * 10 + u64::from(digit);
    }
    Some(Retry::from_millis(millis))
}

#[cold]
fn parse_odd_retry(value: &[u8]) -> Option<Retry> {
    let mut digits = RetryDigits::default();
    digits.push(value);
    digits.finish()
}
