//! The block that bytes are received into.

use bytes::{Bytes, BytesMut};

/// A block of memory for a reader that fills slices: what was received goes out as shared bytes, and the same memory is
/// used again when nobody holds them any more.
#[derive(Debug)]
pub struct ReceiveBuffer {
    block: BytesMut,
    size: usize,
}

impl ReceiveBuffer {
    /// A buffer that receives up to `size` bytes at once. The memory is taken with the first use.
    pub fn new(size: usize) -> Self {
        Self { block: BytesMut::new(), size: size.max(1) }
    }

    /// The empty buffer to append to, with room for at least half of the size.
    pub fn room(&mut self) -> &mut BytesMut {
        if self.block.capacity() < self.size.div_ceil(2) {
            self.block.reserve(self.size);
        }
        &mut self.block
    }

    /// What was appended, as shared bytes.
    pub fn take(&mut self) -> Bytes {
        self.block.split().freeze()
    }
}

impl Default for ReceiveBuffer {
    /// 64 KiB.
    fn default() -> Self {
        Self::new(64 * 1024)
    }
}
