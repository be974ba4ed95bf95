//! A decoder that is slow and easy to check against the text of the standard.
//!
//! It takes the whole stream at once, decodes it, splits it into lines and reads these one after the other: no state
//! is carried from chunk to chunk because there are no chunks. It shares no code and no type with any reader that it
//! judges.

use crate::{Event, Outcome};

/// What `stream` comes to, read as the first stream of an event source.
///
/// ```
/// let outcome = sse_conformance::oracle::read(b"id: 1\ndata: a\ndata: b\n\n");
/// assert_eq!(outcome.events[0].data, "a\nb");
/// assert_eq!(outcome.last_event_id, "1");
/// ```
pub fn read(stream: &[u8]) -> Outcome {
    let text = decode_utf8(stream);
    let mut outcome = Outcome::default();
    let mut data = String::new();
    let mut event_type = String::new();
    let mut id = String::new();
    let mut own_id = false;
    for line in lines(&text) {
        if line.is_empty() {
            outcome.last_event_id.clone_from(&id);
            if !data.is_empty() {
                data.pop();
                outcome.events.push(Event {
                    event_type: if event_type.is_empty() { String::from("message") } else { event_type },
                    data,
                    last_event_id: id.clone(),
                    own_id: Some(own_id),
                });
            }
            data = String::new();
            event_type = String::new();
            own_id = false;
            continue;
        }
        let (name, value) = match line.split_once(':') {
            Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match name {
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "event" => event_type = String::from(value),
            "id" if !value.contains('\0') => {
                id = String::from(value);
                own_id = true;
            }
            "retry" => outcome.retry = milliseconds(value).or(outcome.retry),
            // A comment is a line with an empty name.
            _ => {}
        }
    }
    outcome
}

/// "UTF-8 decode" of the Encoding Standard: one BOM is stripped (R-058), ill-formed parts become U+FFFD (R-057).
fn decode_utf8(stream: &[u8]) -> String {
    let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut text = String::with_capacity(stream.len());
    let mut rest = stream;
    while !rest.is_empty() {
        let (length, character) = first_character(rest);
        text.push(character);
        rest = &rest[length..];
    }
    text
}

/// The first character and its length in bytes. An ill-formed part is as long as it could still have become a
/// character, and at least one byte: the "maximal subpart" of table 3-7 of the Unicode Standard.
fn first_character(bytes: &[u8]) -> (usize, char) {
    const CONTINUATION: core::ops::RangeInclusive<u8> = 0x80..=0xbf;
    let (length, second) = match bytes[0] {
        byte @ 0x00..=0x7f => return (1, char::from(byte)),
        0xc2..=0xdf => (2, CONTINUATION),
        0xe0 => (3, 0xa0..=0xbf),
        0xed => (3, 0x80..=0x9f),
        0xe1..=0xef => (3, CONTINUATION),
        0xf0 => (4, 0x90..=0xbf),
        0xf1..=0xf3 => (4, CONTINUATION),
        0xf4 => (4, 0x80..=0x8f),
        _ => return (1, char::REPLACEMENT_CHARACTER),
    };
    let mut number = u32::from(bytes[0]) & (0x7f >> length);
    for at in 1..length {
        let allowed = if at == 1 { second.clone() } else { CONTINUATION };
        match bytes.get(at) {
            Some(byte) if allowed.contains(byte) => number = number << 6 | u32::from(byte & 0x3f),
            _ => return (at, char::REPLACEMENT_CHARACTER),
        }
    }
    (length, char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// The lines that have an end: CRLF, LF or CR (R-059). What is left at the end of the stream is not a line (R-070).
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\r', '\n']) {
        let (line, after) = rest.split_at(end);
        lines.push(line);
        rest = after.strip_prefix("\r\n").unwrap_or(&after[1..]);
    }
    lines
}

/// The value of a `retry` field (R-071, D-03).
fn milliseconds(value: &str) -> Option<u64> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Digits only, so the one way to fail is to be too large.
    Some(value.parse().unwrap_or(u64::MAX))
}
