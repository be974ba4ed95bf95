//! The carry: the bytes of a block that chunks cut, in one piece; and the buffers that bytes are put together in.

use core::mem;

use bytes::{Buf, Bytes, BytesMut};

use super::{
    Rules,
    field::{self, Field},
    scan::{Block, Scan, scan},
};
use crate::{
    Retry,
    chunk::Cursor,
    ends::{self, LineEnds},
};

/// The bytes of a block that a chunk has cut, so that the block lies in one piece when its end comes.
#[derive(Debug, Default)]
pub(super) struct Carry {
    pub(super) buffer: Buffer,
    /// What was found in the bytes.
    pub(super) block: Block,
    /// Whether the last byte ends a line that was not scanned.
    end_waits: bool,
    /// How many bytes there may be before they are scanned again: more of them may exceed a limit.
    scan_at: usize,
    /// How much of the bytes has been read again.
    pub(super) replayed: Cursor,
}

/// The most bytes that are carried. It must hold the block of a large event: what is longer is copied twice.
const MOST: usize = 128 * 1024;

/// The most bytes that are carried of a line before it is known what it is, and of one that will be ignored.
pub(super) const UNDECIDED: usize = 256;

impl Carry {
    /// Begins with all of these bytes, which `block` was read from; `false` if they are not for the carry.
    pub(super) fn begin(&mut self, bytes: &[u8], block: Block, rules: &Rules) -> bool {
        self.scan_at = max_len(bytes, &block, rules);
        if bytes.len() > self.scan_at {
            return false;
        }
        self.block = block;
        self.buffer.renew();
        self.buffer.bytes.extend_from_slice(bytes);
        self.end_waits = false;
        true
    }

    /// Takes a chunk in which no line ends, if that exceeds no limit. Serves short chunks: see the table in
    /// `mod.rs`.
    #[inline(always)]
    pub(super) fn take_whole(&mut self, chunk: &[u8]) -> bool {
        let bytes = &mut self.buffer.bytes;
        if bytes.len() + chunk.len() > self.scan_at {
            return false;
        }
        // A fixed length compiles to inline copies.
        if let Ok(chunk) = chunk.try_into() {
            if ends::any_in_block(chunk) {
                return false;
            }
            bytes.extend_from_slice(chunk);
        } else if let [byte] = chunk {
            if matches!(byte, b'\r' | b'\n') {
                return false;
            }
            bytes.extend_from_slice(&[*byte]);
        } else {
            if ends::any_in(chunk) {
                return false;
            }
            bytes.extend_from_slice(chunk);
        }
        true
    }

    /// Takes a chunk of one byte, if it ends no block and can exceed no limit. Where a block `begins`, it is the first of
    /// it. The end of a line is scanned with the next byte, which may be the blank line; that of the block's first `data`
    /// line and of a comment that is not reported can wait. Serves readers of single bytes: see the table in
    /// `mod.rs`.
    #[inline]
    pub(super) fn take_byte(&mut self, byte: u8, begins: bool, rules: &Rules) -> bool {
        if begins {
            self.buffer.renew();
            self.block = Block::default();
            self.end_waits = false;
            self.scan_at = rules.first_line;
        }
        let bytes = &mut self.buffer.bytes;
        if bytes.len() >= self.scan_at {
            return false;
        }
        if let b'\n' | b'\r' = byte {
            let can_wait = match bytes.get(self.block.at) {
                Some(b'd') => !self.block.data.is_value(),
                Some(b':') => rules.quiet,
                _ => false,
            };
            if byte == b'\r' || !can_wait {
                return false;
            }
            self.scan_at = bytes.len() + 1;
            self.end_waits = true;
        }
        bytes.extend_from_slice(&[byte]);
        true
    }

    /// Goes on with the block in the next chunk: pieces of it are added until the block is over or the chunk is.
    pub(super) fn scan(
        &mut self,
        chunk: &[u8],
        cursor: &mut Cursor,
        rules: &Rules,
        joined: &mut Buffer,
        retry: &mut Option<Retry>,
    ) -> Scan {
        let mut piece = PIECE;
        while let Some(rest) = chunk.get(cursor.at..).filter(|rest| !rest.is_empty()) {
            let old = self.buffer.bytes.len();
            let len = piece_len(rest, piece.min(self.scan_at.saturating_sub(old) + 1));
            let from = old - usize::from(mem::take(&mut self.end_waits));
            match <&[u8; PIECE]>::try_from(&rest[..len]) {
                Ok(piece) => self.buffer.bytes.extend_from_slice(piece),
                Err(_) => self.buffer.bytes.extend_from_slice(&rest[..len]),
            }
            let scan = scan(&self.buffer.bytes, &mut LineEnds::from(from), rules, &mut self.block, joined, retry);
            match scan {
                Scan::Cut => {
                    cursor.at += len;
                    if self.forget_ignored() {
                        *cursor = Cursor::new(cursor.at);
                        return Scan::Empty;
                    }
                    self.scan_at = max_len(&self.buffer.bytes, &self.block, rules);
                    if self.buffer.bytes.len() > self.scan_at {
                        return Scan::NotMine;
                    }
                    piece = piece.saturating_mul(2);
                }
                Scan::Empty | Scan::Event => {
                    self.buffer.bytes.truncate(self.block.at);
                    *cursor = Cursor::new(cursor.at + self.block.at - old);
                    return scan;
                }
                Scan::NotMine => {
                    self.buffer.bytes.truncate(old);
                    return scan;
                }
            }
        }
        Scan::Cut
    }

    /// Whether a LF would end the commonest heartbeat.
    pub(super) fn is_heartbeat(&self) -> bool {
        self.end_waits && &*self.buffer.bytes == b":\n"
    }

    /// Drops the lines so far if all of them were ignored, and returns whether nothing is left.
    fn forget_ignored(&mut self) -> bool {
        if self.block.is_open() {
            return false;
        }
        self.buffer.bytes.advance(self.block.at);
        self.block.at = 0;
        self.buffer.bytes.is_empty()
    }
}

/// How many bytes of a chunk are added first; then twice as many each time, so that a long block is not scanned in
/// small pieces and what follows a short one is not copied.
const PIECE: usize = 64;

/// The length of a piece that does not end between CR and LF.
fn piece_len(rest: &[u8], most: usize) -> usize {
    let len = rest.len().min(most);
    if rest[..len].ends_with(b"\r") && rest.get(len) == Some(&b'\n') { len + 1 } else { len }
}

/// How long these bytes, which end with an unfinished line of this block, can become before that exceeds a limit or is
/// more than should be kept.
fn max_len(bytes: &[u8], block: &Block, rules: &Rules) -> usize {
    let kept = block.data_len + usize::from(block.data.is_value());
    let data = rules.data_line.min(rules.data.saturating_sub(kept));
    let line = bytes.get(block.at..).and_then(<[u8]>::first_chunk);
    let room = match line.and_then(field::split_quickly) {
        Some((Field::Data, before)) => data.saturating_add(before),
        _ => data.min(rules.undecided),
    };
    block.at.saturating_add(room).min(MOST)
}

/// Bytes that are put together, in a buffer that is used again.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    pub(super) bytes: BytesMut,
    /// How much the last event took with it, if it is not large: the next one is likely to need as much.
    taken: usize,
}

/// A buffer of up to this capacity, in bytes, is kept for whatever comes.
const KEPT: usize = 64 * 1024;

impl Buffer {
    /// Empties the buffer for the next value. A large one is freed if the last value needed less than a quarter of it.
    pub(super) fn renew(&mut self) {
        if self.bytes.capacity() > KEPT && self.bytes.len() < self.bytes.capacity() / 4 {
            self.bytes = BytesMut::new();
        }
        self.bytes.clear();
        if self.bytes.capacity() < self.taken {
            self.bytes.reserve(self.taken);
        }
    }

    /// Frees the buffer if it is large. Nothing in it is needed any more.
    pub(super) fn let_go(&mut self) {
        if self.bytes.capacity() > KEPT {
            self.bytes = BytesMut::new();
        }
    }

    /// Takes the bytes, which may be shared from then on.
    pub(super) fn take(&mut self) -> Bytes {
        self.taken = self.bytes.len().min(KEPT);
        // Nothing stays of a large buffer.
        if self.bytes.capacity() > 2 * KEPT { mem::take(&mut self.bytes).freeze() } else { self.bytes.split().freeze() }
    }
}
