//! How long a task reads before others have their turn.

use core::task::{Context, Poll};

/// What a task has read since it last yielded, over all calls in between. A peer that sends without a pause must not keep
/// the thread from everything else, whatever it sends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    reads: usize,
    bytes: usize,
}

impl Turn {
    /// A turn is over after this number of reads.
    const READS: usize = 64;

    /// A turn is over after this number of bytes.
    const BYTES: usize = 256 * 1024;

    /// Counts a read.
    pub(super) fn count(&mut self, bytes: usize) {
        self.reads += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(super) const fn is_over(self) -> bool {
        self.reads >= Self::READS || self.bytes >= Self::BYTES
    }

    /// Returns `Pending` once when the turn is over; the task is woken, and its next turn begins.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if !self.is_over() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        self.end()
    }

    /// Ends the turn of a task that waits, since others have theirs meanwhile. Returns `Pending`, for the caller to return.
    pub(super) fn end<T>(&mut self) -> Poll<T> {
        *self = Self::default();
        Poll::Pending
    }
}
