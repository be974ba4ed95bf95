//! Buffers that are much larger than what is in them.

use alloc::{string::String, vec::Vec};

use bytes::BytesMut;

use super::Decoder;

/// A buffer of up to this capacity, in bytes, is kept for whatever comes.
pub(super) const KEPT: usize = 64 * 1024;

/// A buffer that is used for one value after the other.
pub(super) trait Room: Default {
    fn room(&self) -> usize;
    fn used(&self) -> usize;
    fn empty(&mut self);

    /// Empties the buffer for the next value. A large one is freed if the last value needed less than a quarter of it.
    #[inline]
    fn renew(&mut self) {
        if self.room() > KEPT && self.used() < self.room() / 4 {
            *self = Self::default();
        } else {
            self.empty();
        }
    }

    /// Frees the buffer if it is large. Nothing in it is needed any more.
    #[inline]
    fn let_go(&mut self) {
        if self.room() > KEPT {
            *self = Self::default();
        }
    }
}

macro_rules! room {
    ($($buffer:ty),*) => {$(
        impl Room for $buffer {
            #[inline]
            fn room(&self) -> usize {
                self.capacity()
            }

            #[inline]
            fn used(&self) -> usize {
                self.len()
            }

            #[inline]
            fn empty(&mut self) {
                self.clear();
            }
        }
    )*};
}

room!(BytesMut, String, Vec<u8>);

impl Decoder {
    /// Frees large buffers where a chunk ends between two blocks: it may be long until the next one.
    #[inline(never)]
    pub(super) fn let_all_go(&mut self) {
        self.gathered.bytes.let_go();
        self.block.data_buffer.let_go();
        self.let_values_go();
    }

    /// Frees large buffers for other values than data.
    pub(super) fn let_values_go(&mut self) {
        for buffer in
            [&mut self.value, &mut self.comment_buffer, &mut self.block.type_buffer, &mut self.block.id_buffer]
        {
            buffer.let_go();
        }
        for buffer in [&mut self.lossy_data, &mut self.lossy_type, &mut self.lossy_id, &mut self.lossy_comment] {
            buffer.let_go();
        }
    }
}
