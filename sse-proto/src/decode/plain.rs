//! The way that almost every block takes: it lies in one chunk from its first byte to its blank line.

use memchr::memchr;

use super::{
    Decoder,
    block::Place,
    field::{self, Field},
    line,
};

/// Where the reading of plain blocks has come to.
pub(super) enum Plain {
    /// An event is to be given, and the next block begins here.
    Event(usize),
    /// The line that begins here is to be read in the way that all lines can take.
    Stop(usize),
}

impl Decoder {
    /// Reads blocks from where one begins, up to one that gives an event.
    ///
    /// What their lines give stays in local variables until the block has come to its end. A line that is not at hand
    /// as a whole, or that has anything else to say, is left to the general way: it finds all as if it had read the
    /// lines before it.
    #[inline]
    pub(super) fn plain_blocks(&mut self, chunk: &[u8], mut at: usize) -> Plain {
        let (mut data, mut event_type, mut id) = (Place::Absent, Place::Absent, Place::Absent);
        let mut open = false;
        let event = loop {
            let line = &chunk[at..];
            let Some((field, colon)) = field::begin(line) else {
                let Some(end) = line::blank(line) else { break false };
                at += end;
                if open {
                    if let Place::Chunk(range) = &id {
                        self.confirm_id(&chunk[range.clone()]);
                    }
                    if data != Place::Absent {
                        open = false;
                        break true;
                    }
                    (event_type, id, open) = (Place::Absent, Place::Absent, false);
                }
                continue;
            };
            if field == Field::Comment && !open && !self.report.comments {
                let heartbeats = line::heartbeats(line);
                if heartbeats > 0 {
                    at += heartbeats;
                    continue;
                }
            }
            let prefix = colon + usize::from(line.get(colon) == Some(&b' '));
            let Some((value, end)) = line::split(&line[prefix..]) else { break false };
            let range = at + prefix..at + prefix + value.len();
            match field {
                Field::Data => {
                    let kept = if data == Place::Absent { 0 } else { self.block.data_len_of(&data) };
                    if self.excess(field, 0, kept, value.len()).is_some() {
                        break false;
                    }
                    open = true;
                    if data == Place::Absent {
                        data = Place::Chunk(range);
                    } else {
                        self.block.data = data;
                        self.block.push_data(chunk, range);
                        data = Place::Buffer;
                    }
                }
                Field::Event => {
                    if self.excess(field, 0, 0, value.len()).is_some() {
                        break false;
                    }
                    open = true;
                    event_type = if value.is_empty() { Place::Absent } else { Place::Chunk(range) };
                }
                Field::Id => {
                    let excess = self.excess(field, 0, 0, value.len());
                    if self.report.last_event_ids || excess.is_some() || memchr(0, value).is_some() {
                        break false;
                    }
                    open = true;
                    id = Place::Chunk(range);
                }
                Field::Retry if self.report.retries => break false,
                Field::Retry => self.retry = field::parse_retry(value).or(self.retry),
                Field::Comment if self.report.comments => break false,
                Field::Comment | Field::Unknown => {}
            }
            at += prefix + end;
        };
        self.block.data = data;
        self.block.event_type = event_type;
        self.block.id = id;
        self.block.open = open;
        if event { Plain::Event(at) } else { Plain::Stop(at) }
    }
}
