//! A heap of fixed size from which blocks are only taken: enough for a program this short.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
    sync::atomic::{AtomicUsize, Ordering},
};

const SIZE: usize = 64 * 1024;

struct Heap {
    bytes: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

// SAFETY: `used` gives every part of `bytes` to one owner only.
unsafe impl Sync for Heap {}

// SAFETY: blocks lie within `bytes`, as aligned as asked for, and no two overlap, because `used` only grows.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.bytes.get().cast::<u8>();
        let mut block = ptr::null_mut();
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let free = start.wrapping_add(used);
            let begin = used + free.align_offset(layout.align());
            let end = begin.checked_add(layout.size())?;
            block = start.wrapping_add(begin);
            (end <= SIZE).then_some(end)
        });
        taken.map_or(ptr::null_mut(), |_| block)
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static HEAP: Heap = Heap { bytes: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) };
