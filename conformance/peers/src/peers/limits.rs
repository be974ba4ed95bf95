//! What the machine can do with the bytes, without decoding them.

use std::hint::black_box;

use bytes::Bytes;
use memchr::memchr;

use crate::{chunks::Chunking, tally::Tally};

/// Finds the lines one by one.
#[inline(never)]
pub(crate) fn line_walk(bytes: &Bytes, chunking: Chunking) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for mut chunk in chunking.slices(bytes) {
        while let Some(end) = memchr(b'\n', chunk) {
            black_box(&chunk[..end]);
            tally.add(end);
            chunk = &chunk[end + 1..];
        }
    }
    Ok(tally)
}

/// Counts the lines at once.
#[inline(never)]
pub(crate) fn newline_count(bytes: &Bytes, chunking: Chunking) -> Result<Tally, String> {
    let lines: usize = chunking.slices(bytes).map(|chunk| memchr::memchr_iter(b'\n', chunk).count()).sum();
    Ok(Tally { events: black_box(lines) as u64, data_bytes: 0 })
}

/// Copies every chunk into the same buffer.
#[inline(never)]
pub(crate) fn copy(bytes: &Bytes, chunking: Chunking) -> Result<Tally, String> {
    thread_local! {
        static BUFFER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        for chunk in chunking.slices(bytes) {
            buffer.clear();
            buffer.extend_from_slice(chunk);
            black_box(&buffer);
        }
    });
    Ok(Tally { events: 0, data_bytes: bytes.len() as u64 })
}
