//! A received chunk, and how much of it has been read.

use core::{fmt, ops::Range};

use bytes::Bytes;

use crate::{Text, ends::LineEnds, utf8};

/// A chunk of a stream, as it was received, and how much of it a [`Decoder`](crate::Decoder) has read.
///
/// `B` is what holds the bytes: a slice, or [`Bytes`] for owned events that share them ([`ChunkBytes`]). The decoder reads a chunk to its end, one
/// event at a time, before it gets the next one.
///
/// ```
/// use sse_proto::{Chunk, Decoder};
///
/// let mut decoder = Decoder::new();
/// let mut chunk = Chunk::new(&b"data: a\n\ndata: b"[..]);
/// assert_eq!(decoder.decode(&mut chunk)?.map(|event| event.data()), Some("a"));
/// assert_eq!(chunk.rest(), b"data: b");
/// assert_eq!(decoder.decode(&mut chunk)?, None);
/// assert!(chunk.rest().is_empty());
/// # Ok::<(), sse_proto::DecodeError>(())
/// ```
#[derive(Clone, Default)]
pub struct Chunk<B> {
    pub(crate) bytes: B,
    pub(crate) cursor: Cursor,
}

/// How far some bytes have been read, and the ends of lines that are known after that place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub(crate) at: usize,
    pub(crate) ends: LineEnds,
}

impl<B: AsRef<[u8]>> Chunk<B> {
    /// Creates a chunk of which nothing has been read.
    #[inline]
    pub const fn new(bytes: B) -> Self {
        Self { bytes, cursor: Cursor::new(0) }
    }

    /// The bytes that have not been read.
    pub fn rest(&self) -> &[u8] {
        self.bytes.as_ref().get(self.cursor.at..).unwrap_or_default()
    }

    /// All the bytes of the chunk.
    pub fn get_ref(&self) -> &B {
        &self.bytes
    }
}

/// What a [`Chunk`] holds for events that own their bytes: [`Bytes`], which the events share, or a slice, from which they
/// are copied.
pub trait ChunkBytes: AsRef<[u8]> + Sealed {}

impl ChunkBytes for Bytes {}
impl ChunkBytes for &[u8] {}

/// How a part of the bytes becomes owned text, if it is well-formed.
pub trait Sealed {
    #[doc(hidden)]
    fn text(&self, part: Range<usize>) -> Option<Text>;
}

impl Sealed for Bytes {
    #[inline(always)]
    fn text(&self, part: Range<usize>) -> Option<Text> {
        Text::well_formed_part(self, part)
    }
}

impl Sealed for &[u8] {
    #[inline(always)]
    fn text(&self, part: Range<usize>) -> Option<Text> {
        utf8::checked_part(self, part).map(Text::from)
    }
}

impl<B: AsRef<[u8]>> From<B> for Chunk<B> {
    fn from(bytes: B) -> Self {
        Self::new(bytes)
    }
}

/// Lengths in place of what was received.
impl<B: AsRef<[u8]>> fmt::Debug for Chunk<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.bytes.as_ref().len();
        f.debug_struct("Chunk").field("len", &len).field("read", &self.cursor.at).finish()
    }
}

impl Cursor {
    #[inline]
    pub(crate) const fn new(at: usize) -> Self {
        Self { at, ends: LineEnds::from(at) }
    }
}

impl Default for Cursor {
    fn default() -> Self {
        Self::new(0)
    }
}
