//! The bytes of a log.

use alloc::{collections::VecDeque, vec::Vec};
use core::mem;

use bytes::Bytes;

use crate::Message;

/// Encoded messages one after the other, in segments whose bytes all readers share: many messages are read as one slice of
/// a segment, without a copy and without an allocation.
///
/// Places are counted in bytes from the beginning of the log; they are never used again.
#[derive(Debug, Default)]
pub(super) struct Segments {
    full: VecDeque<Segment>,
    /// The segment that is being filled, and the place of its first byte.
    open: Vec<u8>,
    open_start: u64,
    /// A shared copy of the end of `open`, made for the reader that asked first, for all who read from there or later.
    snapshot: Option<Segment>,
    /// The greatest size of a segment, unless a single message is larger.
    size: usize,
}

#[derive(Debug)]
struct Segment {
    start: u64,
    bytes: Bytes,
}

impl Segment {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn slice(&self, from: u64, to: u64) -> Bytes {
        self.bytes.slice((from - self.start) as usize..(to - self.start) as usize)
    }
}

impl Segments {
    pub(super) fn new(size: usize) -> Self {
        Self { size, ..Self::default() }
    }

    /// Appends a message that encodes to `needed` bytes.
    pub(super) fn append(&mut self, message: &Message, needed: usize) {
        if self.open.len() + needed > self.size {
            self.close_open();
        }
        if needed > self.size {
            self.open.reserve_exact(needed);
        } else if self.open.is_empty() && !self.full.is_empty() {
            self.open.reserve_exact(self.size);
        }
        // A vector grows as needed: there is no error.
        let _ = message.encode(&mut self.open);
    }

    /// Returns the bytes from `from` to `to`, or to the end of the segment that `from` is in.
    pub(super) fn slice(&mut self, from: u64, to: u64) -> Bytes {
        if from < self.open_start {
            let index = self.full.partition_point(|segment| segment.end() <= from);
            let segment = &self.full[index];
            return segment.slice(from, to.min(segment.end()));
        }
        match &self.snapshot {
            Some(snapshot) if snapshot.start <= from && to <= snapshot.end() => snapshot.slice(from, to),
            _ => {
                let bytes = Bytes::copy_from_slice(&self.open[(from - self.open_start) as usize..]);
                let snapshot = self.snapshot.insert(Segment { start: from, bytes });
                snapshot.slice(from, to)
            }
        }
    }

    /// Frees the segments that lie wholly before this place.
    pub(super) fn release(&mut self, before: u64) {
        while self.full.front().is_some_and(|segment| segment.end() <= before) {
            self.full.pop_front();
        }
        if self.full.is_empty() && before >= self.end() && !self.open.is_empty() {
            self.open_start = self.end();
            self.open = Vec::new();
            self.snapshot = None;
        }
    }

    /// Returns the place after the last byte.
    pub(super) fn end(&self) -> u64 {
        self.open_start + self.open.len() as u64
    }

    /// Returns where the segment of this place ends.
    pub(super) fn end_of_segment(&self, place: u64) -> u64 {
        if place >= self.open_start {
            return self.end();
        }
        let index = self.full.partition_point(|segment| segment.end() <= place);
        self.full.get(index).map_or(self.open_start, Segment::end)
    }

    /// Returns the bytes from `from` to `to`, which must be in one segment.
    pub(super) fn peek(&self, from: u64, to: u64) -> &[u8] {
        if from >= self.open_start {
            return &self.open[(from - self.open_start) as usize..(to - self.open_start) as usize];
        }
        let index = self.full.partition_point(|segment| segment.end() <= from);
        let segment = &self.full[index];
        &segment.bytes[(from - segment.start) as usize..(to - segment.start) as usize]
    }

    fn close_open(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let mut open = mem::take(&mut self.open);
        open.shrink_to_fit();
        let segment = Segment { start: self.open_start, bytes: open.into() };
        self.open_start = segment.end();
        self.full.push_back(segment);
        self.snapshot = None;
    }
}
