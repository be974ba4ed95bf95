//! The lines' grammar: one table of field names, one reading of `retry`.

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

/// A field name, and the same with its colon as a number: the first eight bytes of a line are compared at once.
struct Name {
    field: Field,
    name: &'static [u8],
    word: u64,
    mask: u64,
}

const DATA: Name = Name::new(Field::Data, b"data");
const EVENT: Name = Name::new(Field::Event, b"event");
const ID: Name = Name::new(Field::Id, b"id");
const RETRY: Name = Name::new(Field::Retry, b"retry");
const COMMENT: Name = Name::new(Field::Comment, b"");
/// Those of fields.
const NAMES: [Name; 4] = [DATA, EVENT, ID, RETRY];

impl Name {
    const fn new(field: Field, name: &'static [u8]) -> Self {
        let (mut word, mut mask) = (0, 0);
        let mut at = 0;
        while at <= name.len() {
            let byte = if at < name.len() { name[at] } else { b':' };
            word |= (byte as u64) << (8 * at);
            mask |= 0xff << (8 * at);
            at += 1;
        }
        Self { field, name, word, mask }
    }

    /// The number of bytes before the value of a line with these first bytes; `None` if it has another name.
    #[inline(always)]
    fn before_value(&self, head: u64) -> Option<usize> {
        let colon = self.name.len();
        let space = (head >> (8 * (colon + 1))) as u8 == b' ';
        if head & self.mask == self.word { Some(colon + 1 + usize::from(space)) } else { None }
    }
}

/// Returns the field of a whole line that is not empty, and the number of bytes before its value.
pub(super) fn split(line: &[u8]) -> (Field, usize) {
    match named(line) {
        Some((field, colon)) => (field, colon + usize::from(line.get(colon) == Some(&b' '))),
        None => {
            let known = NAMES.iter().find(|known| known.name == line);
            (known.map_or(Field::Unknown, |known| known.field), line.len())
        }
    }
}

/// Does the same by the first eight bytes from the line's start on, where a colon follows a known name; `None`
/// otherwise.
/// See the table in `mod.rs`.
#[inline(always)]
pub(super) fn split_quickly(head: &[u8; 8]) -> Option<(Field, usize)> {
    let head = u64::from_le_bytes(*head);
    if let Some(before) = DATA.before_value(head) {
        Some((Field::Data, before))
    } else if let Some(before) = EVENT.before_value(head) {
        Some((Field::Event, before))
    } else if let Some(before) = ID.before_value(head) {
        Some((Field::Id, before))
    } else if let Some(before) = RETRY.before_value(head) {
        Some((Field::Retry, before))
    } else {
        COMMENT.before_value(head).map(|before| (Field::Comment, before))
    }
}

/// Returns the same for the first bytes of a line as soon as they decide it; `None` while more bytes may change it.
pub(super) fn begun(line: &[u8]) -> Option<(Field, usize)> {
    if let Some(found) = line.first_chunk().and_then(split_quickly) {
        return Some(found);
    }
    match named(line) {
        Some((field, colon)) => line.get(colon).map(|byte| (field, colon + usize::from(*byte == b' '))),
        None if NAMES.iter().any(|known| known.name.starts_with(line)) => None,
        None => Some((Field::Unknown, line.len())),
    }
}

/// Whether the first bytes of a line are those of a comment.
pub(super) fn is_comment(line: &[u8]) -> bool {
    line.first() == Some(&b':')
}

/// The field whose name and colon a line begins with, and the number of these bytes.
fn named(line: &[u8]) -> Option<(Field, usize)> {
    if is_comment(line) {
        return Some((Field::Comment, 1));
    }
    let has_colon = |known: &&Name| line.starts_with(known.name) && line.get(known.name.len()) == Some(&b':');
    NAMES.iter().find(has_colon).map(|known| (known.field, known.name.len() + 1))
}

/// The value of a `retry` line, read in pieces, so that it may have any length.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct RetryDigits {
    millis: u64,
    any: bool,
    other: bool,
}

/// Ten times a number up to this one, and a byte more, does not overflow.
const BEFORE_LAST: u64 = (u64::MAX - 0xff) / 10;

impl RetryDigits {
    #[inline]
    pub(super) fn push(&mut self, value: &[u8]) {
        for byte in value {
            let digit = byte.wrapping_sub(b'0');
            self.any = true;
            self.other |= digit > 9;
            self.millis = match self.millis {
                ..=BEFORE_LAST => self.millis * 10 + u64::from(digit),
                _ => self.millis.saturating_mul(10).saturating_add(u64::from(digit)),
            };
        }
    }

    /// Returns the reconnection time if the value is not empty and has only digits (D-03).
    #[inline]
    pub(super) fn finish(self) -> Option<Retry> {
        (self.any && !self.other).then_some(Retry::from_millis(self.millis))
    }
}

/// Reads a whole value of a `retry` line.
#[inline]
pub(super) fn parse_retry(value: &[u8]) -> Option<Retry> {
    let mut digits = RetryDigits::default();
    digits.push(value);
    digits.finish()
}
