//! An allocator that counts, for tests that have a process of their own.

#![allow(unsafe_code, reason = "an allocator cannot be had without")]
#![allow(dead_code, reason = "a test looks at the peak or at the count")]

use core::{
    alloc::{GlobalAlloc, Layout},
    sync::atomic::{AtomicUsize, Ordering},
};
use std::alloc::System;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's contract is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's contract is the system's.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a piece of work took from the heap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// The most bytes at any one time.
    pub(crate) peak: usize,
    /// How many allocations.
    pub(crate) count: usize,
    /// The bytes that are still in use afterwards.
    pub(crate) kept: usize,
}

/// Does a piece of work, and says what it took. Nothing else may run in the process meanwhile.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (T, Used) {
    let (before, counted) = (NOW.load(Ordering::Relaxed), COUNT.load(Ordering::Relaxed));
    PEAK.store(before, Ordering::Relaxed);
    let done = work();
    let peak = PEAK.load(Ordering::Relaxed) - before;
    let kept = NOW.load(Ordering::Relaxed).saturating_sub(before);
    (done, Used { peak, count: COUNT.load(Ordering::Relaxed) - counted, kept })
}
