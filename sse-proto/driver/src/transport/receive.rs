//! The block that bytes are received into.

use core::fmt;

use bytes::{Bytes, BytesMut};

/// A block of memory for a reader that fills slices: what was received goes out as shared bytes, and the same memory is
/// used again when nobody holds them any more.
///
/// Readers that append use [`room`](Self::room) and [`take`](Self::take); readers that want a slice of initialised bytes
/// use [`space`](Self::space) and [`take_front`](Self::take_front), or [`filled`](Self::filled) if they copy what was
/// received.
pub struct ReceiveBuffer {
    block: BytesMut,
    size: usize,
    /// The length of the slice that [`space`](Self::space) returns: it grows while reads fill it.
    space: usize,
}

/// The first length of that slice: most streams of events are slow, and wait for long.
const FIRST_SPACE: usize = 8 * 1024;

impl ReceiveBuffer {
    /// Creates a buffer that receives up to `size` bytes at once. It allocates with the first use.
    pub fn new(size: usize) -> Self {
        let size = size.max(1);
        Self { block: BytesMut::new(), size, space: size.min(FIRST_SPACE) }
    }

    /// Returns the empty buffer to append to, with room for at least a sixteenth of the size.
    pub fn room(&mut self) -> &mut BytesMut {
        self.block.clear();
        let left = self.block.capacity();
        if is_too_little(left, self.size) || wants_more(left, self.size) && self.block.try_reclaim(self.size) {
            self.block.reserve(self.size);
        }
        &mut self.block
    }

    /// Takes what was appended, as shared bytes.
    pub fn take(&mut self) -> Bytes {
        self.block.split().freeze()
    }

    /// Returns a slice to fill from its front. It is never empty.
    pub fn space(&mut self) -> &mut [u8] {
        let left = self.block.len();
        if is_too_little(left, self.space) || wants_more(left, self.space) && self.block.try_reclaim(self.space - left)
        {
            self.block.clear();
            self.block.resize(self.space, 0);
        }
        &mut self.block
    }

    /// Takes the first `count` bytes of the slice, as shared bytes: all of it if `count` is more.
    pub fn take_front(&mut self, count: usize) -> Bytes {
        self.grow(count);
        self.block.split_to(count.min(self.block.len())).freeze()
    }

    /// Reports how many bytes were copied out of the slice: the next slice is larger if this one was full.
    pub fn filled(&mut self, count: usize) {
        self.grow(count);
        if self.block.len() < self.space {
            self.block.clear();
        }
    }

    fn grow(&mut self, count: usize) {
        if count >= self.block.len() {
            self.space = self.space.saturating_mul(2).min(self.size);
        }
    }
}

/// Returns whether the room left is not worth a read. Received bytes may be held for long, so that a block is used up
/// before another one is allocated.
fn is_too_little(left: usize, size: usize) -> bool {
    left < size.div_ceil(16)
}

/// Returns whether so little room is left that a block is used again from its front, if nobody holds what was received.
fn wants_more(left: usize, size: usize) -> bool {
    left < size.div_ceil(2)
}

impl fmt::Debug for ReceiveBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiveBuffer").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Default for ReceiveBuffer {
    /// 64 KiB.
    fn default() -> Self {
        Self::new(64 * 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::ReceiveBuffer;

    #[test]
    fn the_space_grows_while_it_is_filled_and_no_further_than_the_size() {
        let mut buffer = ReceiveBuffer::new(64 * 1024);
        for expected in [8, 16, 32, 64, 64] {
            let len = buffer.space().len();
            assert_eq!(len, expected * 1024);
            buffer.filled(len);
        }
        buffer.filled(1);
        assert_eq!(buffer.space().len(), 64 * 1024);

        let mut buffer = ReceiveBuffer::new(32 * 1024);
        for expected in [8, 16, 32, 32] {
            let len = buffer.space().len();
            assert_eq!(len, expected * 1024);
            assert_eq!(buffer.take_front(len).len(), len);
        }
    }
}
