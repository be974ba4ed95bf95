//! Allocations per event, and the greatest number of extra bytes at a time.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicIsize, AtomicU64, Ordering::Relaxed},
};

use crate::{
    chunks::Chunking,
    corpora::Corpus,
    peers::{self, Role},
    table::Table,
};

/// The system's allocator, which counts while it is told to.
pub(crate) struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

fn count(calls: u64, bytes: isize) {
    if COUNTS.load(Relaxed) {
        CALLS.fetch_add(calls, Relaxed);
        let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
        PEAK.fetch_max(live, Relaxed);
    }
}

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as isize - layout.size() as isize);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, -(layout.size() as isize));
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// How many allocations there were, in all threads, while this ran.
pub(crate) fn during<T>(run: impl FnOnce() -> T) -> (T, u64) {
    CALLS.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let result = run();
    COUNTS.store(false, Relaxed);
    (result, CALLS.load(Relaxed))
}

/// Counts from now on, from nothing.
pub(crate) fn start() {
    CALLS.store(0, Relaxed);
    LIVE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
}

/// Counts no more.
pub(crate) fn stop() {
    COUNTS.store(false, Relaxed);
}

/// What was counted since [`start`].
pub(crate) fn counted() -> Counted {
    Counted { calls: CALLS.load(Relaxed), live: LIVE.load(Relaxed), peak: PEAK.load(Relaxed) }
}

/// Allocations in all threads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) calls: u64,
    /// Bytes that were allocated and not freed.
    pub(crate) live: isize,
    /// The most that there were at a time.
    pub(crate) peak: isize,
}

/// Counts and prints, each decoder over each corpus.
pub(crate) fn run(corpora: &[Corpus], corpus_len: usize) {
    let chunking = Chunking::BLOCK;
    let decoders: Vec<_> = peers::ALL.iter().filter(|contender| contender.role != Role::Limit).collect();
    let head = || Table::new(["corpus"].into_iter().chain(decoders.iter().map(|decoder| decoder.name)));
    let (mut calls, mut peaks) = (head(), head());
    for corpus in corpora {
        let stream = corpus.stream(corpus_len);
        // The first clone of the block makes it shared, once.
        let _shared = stream.bytes.clone();
        let (mut call_row, mut peak_row) = (vec![corpus.name().to_owned()], vec![corpus.name().to_owned()]);
        for decoder in &decoders {
            let before = [CALLS.swap(0, Relaxed) as isize, LIVE.swap(0, Relaxed), PEAK.swap(0, Relaxed)];
            debug_assert!(before[2] >= 0, "the peak starts at nothing");
            COUNTS.store(true, Relaxed);
            let tally = (decoder.count)(&stream.bytes, chunking);
            COUNTS.store(false, Relaxed);
            let wrong = if tally == Ok(stream.expected) { "" } else { "≠" };
            call_row.push(format!("{wrong}{:.3}", CALLS.load(Relaxed) as f64 / stream.expected.events as f64));
            peak_row.push(format!("{wrong}{}", PEAK.load(Relaxed)));
        }
        calls.row(call_row);
        peaks.row(peak_row);
    }
    println!("## Allocations per event, {} chunks\n", chunking.name());
    calls.print();
    println!("## Most extra bytes at a time, {} chunks\n", chunking.name());
    peaks.print();
}
