//! What the lines since the last blank line have given.

use alloc::vec::Vec;
use core::ops::Range;

use bytes::BytesMut;

use super::room::Room;
use crate::DecodeError;

/// Where the bytes of a value lie: in the chunk that is being read, or, where they were cut or joined, in a buffer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Place {
    #[default]
    Absent,
    Buffer,
    Chunk(Range<usize>),
}

impl Place {
    #[inline]
    pub(super) fn bytes<'a>(&self, chunk: &'a [u8], buffer: &'a [u8]) -> Option<&'a [u8]> {
        match self {
            Self::Absent => None,
            Self::Buffer => Some(buffer),
            Self::Chunk(range) => chunk.get(range.clone()),
        }
    }

    /// Copies what lies in the chunk into the buffer.
    pub(super) fn spill(&mut self, chunk: &[u8], buffer: &mut Vec<u8>) {
        if let Self::Chunk(range) = self {
            buffer.renew();
            buffer.extend_from_slice(chunk.get(range.clone()).unwrap_or_default());
            *self = Self::Buffer;
        }
    }
}

/// The event type buffer, the data buffer and the ID of the block that is being read.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) data: Place,
    pub(super) data_buffer: BytesMut,
    /// How much of the buffer the last event took with it, if it is not large: the next one is likely to need as much.
    pub(super) given_len: usize,
    pub(super) event_type: Place,
    pub(super) type_buffer: Vec<u8>,
    pub(super) id: Place,
    pub(super) id_buffer: Vec<u8>,
    /// A line that belongs to an event has been seen.
    pub(super) open: bool,
    /// The limit that was passed, where the rest of the block is to be left out.
    pub(super) skipped: Option<DecodeError>,
}

impl Block {
    /// Adds the value of a whole `data` line that lies in the chunk.
    #[inline]
    pub(super) fn push_data(&mut self, chunk: &[u8], value: Range<usize>) {
        if self.data == Place::Absent {
            self.data = Place::Chunk(value);
        } else {
            let bytes = chunk.get(value).unwrap_or_default();
            self.spill_data(chunk, bytes.len() + 1);
            self.data_buffer.extend_from_slice(b"\n");
            self.data_buffer.extend_from_slice(bytes);
        }
    }

    /// Begins a `data` line whose value will come in parts, by [`Self::extend_data`].
    pub(super) fn begin_data(&mut self) {
        match self.data {
            Place::Absent => {
                self.data_buffer.renew();
                if self.data_buffer.capacity() < self.given_len {
                    self.data_buffer.reserve(self.given_len);
                }
            }
            _ => self.data_buffer.extend_from_slice(b"\n"),
        }
        self.data = Place::Buffer;
    }

    pub(super) fn extend_data(&mut self, bytes: &[u8]) {
        self.data_buffer.extend_from_slice(bytes);
    }

    pub(super) fn set_type(&mut self, value: Range<usize>) {
        self.event_type = if value.is_empty() { Place::Absent } else { Place::Chunk(value) };
    }

    /// Takes an event type that came in parts; what was in `value` before goes.
    pub(super) fn set_type_from(&mut self, value: &mut Vec<u8>) {
        core::mem::swap(&mut self.type_buffer, value);
        self.event_type = if self.type_buffer.is_empty() { Place::Absent } else { Place::Buffer };
    }

    /// Takes an ID that came in parts; what was in `value` before goes.
    pub(super) fn set_id_from(&mut self, value: &mut Vec<u8>) {
        core::mem::swap(&mut self.id_buffer, value);
        self.id = Place::Buffer;
    }

    /// Copies what lies in the chunk into buffers, because the chunk goes away before the block ends.
    pub(super) fn spill(&mut self, chunk: &[u8]) {
        self.spill_data(chunk, 0);
        self.event_type.spill(chunk, &mut self.type_buffer);
        self.id.spill(chunk, &mut self.id_buffer);
    }

    fn spill_data(&mut self, chunk: &[u8], more: usize) {
        if let Place::Chunk(range) = &self.data {
            let bytes = chunk.get(range.clone()).unwrap_or_default();
            self.data_buffer.renew();
            self.data_buffer.reserve(bytes.len() + more);
            self.data_buffer.extend_from_slice(bytes);
            self.data = Place::Buffer;
        }
    }

    /// Leaves the block out: nothing of its event is kept any more.
    pub(super) fn skip(&mut self, excess: DecodeError) {
        self.skipped.get_or_insert(excess);
        self.data = Place::Absent;
        self.data_buffer = BytesMut::new();
        self.given_len = 0;
        self.event_type = Place::Absent;
    }

    /// Where the data stands before the next `data` line: the LF that would separate the two is counted.
    pub(super) fn data_len(&self) -> usize {
        self.data_len_of(&self.data)
    }

    /// The same for data that lies there.
    pub(super) fn data_len_of(&self, data: &Place) -> usize {
        match data {
            Place::Absent => 0,
            Place::Buffer => self.data_buffer.len() + 1,
            Place::Chunk(range) => range.len() + 1,
        }
    }

    /// Forgets the block. The buffers stay for the next one.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.data = Place::Absent;
        self.event_type = Place::Absent;
        self.id = Place::Absent;
        self.open = false;
        self.skipped = None;
    }
}
