//! Lines that come in parts.

use core::mem;

use memchr::memchr;

use super::{
    Decoder, Step,
    block::Place,
    field::{self, Field, Line, RetryDigits},
    finding::Malformation,
    room::Room,
};

impl Decoder {
    /// Reads a part of a line that is not its end. Only a limit has something to say here, which ends the stream or
    /// drops a comment.
    pub(super) fn fragment(&mut self, mut bytes: &[u8]) -> Option<Step> {
        while let Some((&first, after)) = bytes.split_first() {
            match self.line {
                Line::Start => {
                    self.malformed = None;
                    if let Some((field, colon)) = field::begin(bytes) {
                        if let Some(step) = self.begin_value(field) {
                            return Some(step);
                        }
                        bytes = &bytes[colon..];
                        continue;
                    }
                    let field = Field::starting_with(first);
                    match field {
                        Field::Comment => {
                            if let Some(step) = self.begin_value(field) {
                                return Some(step);
                            }
                        }
                        Field::Unknown => self.ignore_line(Malformation::UnknownField),
                        _ => self.line = Line::Name(field, 1),
                    }
                }
                Line::Name(field, matched) => match field.name().get(matched) {
                    None if first == b':' => {
                        if let Some(step) = self.begin_value(field) {
                            return Some(step);
                        }
                    }
                    Some(expected) if *expected == first => self.line = Line::Name(field, matched + 1),
                    _ => self.ignore_line(Malformation::UnknownField),
                },
                Line::Colon(field) => {
                    self.line = Line::Value(field);
                    if first != b' ' {
                        continue;
                    }
                }
                Line::Value(field) => {
                    return self.extend_value(field, bytes);
                }
                Line::Ignored => return None,
            }
            bytes = after;
        }
        None
    }

    /// Reads the last part of a line, the end of which has been seen.
    pub(super) fn last_fragment(&mut self, bytes: &[u8]) -> Option<Step> {
        if let Some(step) = self.fragment(bytes) {
            self.line = Line::Start;
            return Some(step);
        }
        if let Line::Name(field, matched) = self.line {
            if matched == field.name().len() {
                if let Some(step) = self.begin_value(field) {
                    return Some(step);
                }
            } else {
                self.ignore_line(Malformation::UnknownField);
            }
        }
        let field = match mem::replace(&mut self.line, Line::Start) {
            Line::Colon(field) | Line::Value(field) => field,
            Line::Ignored | Line::Name(..) | Line::Start => {
                return self.malformed.take().and_then(|malformation| self.finding(malformation));
            }
        };
        // The LF before this line counts once the line has a value, which may be empty: at the same byte, however the
        // stream was cut.
        if field == Field::Data
            && let Some(excess) = self.excess(field, 0, self.block.data_buffer.len(), 0)
        {
            return self.pass_limit(field, excess);
        }
        let kept = match field {
            Field::Data => &self.block.data_buffer[self.data_line_start..],
            Field::Retry => {
                let retry = mem::take(&mut self.retry_digits).finish();
                return self.retry_line(retry);
            }
            _ => &self.value,
        };
        let ill_formed = self.report.findings && core::str::from_utf8(kept).is_err();
        match field {
            Field::Comment => {
                mem::swap(&mut self.comment_buffer, &mut self.value);
                self.comment = Place::Buffer;
            }
            Field::Event => self.block.set_type_from(&mut self.value),
            Field::Id => self.block.set_id_from(&mut self.value),
            Field::Data | Field::Retry | Field::Unknown => {}
        }
        self.end_of_kept_line(field, ill_formed, &[])
    }

    /// The colon of a line that comes in parts has been seen, or its end where it has none.
    fn begin_value(&mut self, field: Field) -> Option<Step> {
        self.line = Line::Colon(field);
        let skipping = self.block.skipped.is_some();
        match field {
            Field::Comment if !self.report.comments => self.line = Line::Ignored,
            Field::Data | Field::Event | Field::Id => self.block.open = true,
            _ => {}
        }
        match field {
            Field::Data | Field::Event if skipping => self.line = Line::Ignored,
            Field::Data => {
                self.block.begin_data();
                self.data_line_start = self.block.data_buffer.len();
            }
            Field::Retry => self.retry_digits = RetryDigits::default(),
            _ => self.value.renew(),
        }
        None
    }

    /// Keeps another part of a value.
    fn extend_value(&mut self, field: Field, bytes: &[u8]) -> Option<Step> {
        let (in_line, kept) = match field {
            Field::Data => (self.block.data_buffer.len() - self.data_line_start, self.block.data_buffer.len()),
            Field::Retry => {
                self.retry_digits.push(bytes);
                return None;
            }
            _ => (self.value.len(), self.value.len()),
        };
        let excess = self.excess(field, in_line, kept, bytes.len());
        if field == Field::Id {
            let within = excess.map_or(bytes.len(), |excess| excess.at);
            if memchr(0, &bytes[..within]).is_some() {
                self.ignore_line(Malformation::NulInId);
                return None;
            }
        }
        if let Some(excess) = excess {
            self.line = Line::Ignored;
            return self.pass_limit(field, excess);
        }
        match field {
            Field::Data => self.block.extend_data(bytes),
            _ => self.value.extend_from_slice(bytes),
        }
        None
    }

    fn ignore_line(&mut self, malformation: Malformation) {
        self.line = Line::Ignored;
        self.malformed = Some(malformation);
    }
}
