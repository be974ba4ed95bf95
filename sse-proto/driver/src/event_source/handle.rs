//! Orders to a source from other tasks and threads.

use alloc::sync::Arc;
use core::{fmt, task::Waker};

use crate::lock::lock;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU8, Ordering};

/// Closes or restarts an [`EventSource`](crate::EventSource) from another task or thread. The task that waits for the
/// source is woken, and the source follows the order when it is polled.
///
/// It does not keep the source alive, and does nothing once the source is gone.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

impl Handle {
    /// Closes the source, as [`EventSource::close`](crate::EventSource::close) does: a task that waits for an event gets `None`.
    pub fn close(&self) {
        self.order(CLOSE);
    }

    /// Restarts the source, as [`EventSource::restart`](crate::EventSource::restart) does.
    pub fn restart(&self) {
        self.order(RESTART);
    }

    fn order(&self, order: u8) {
        self.0.orders.fetch_or(order, Ordering::Release);
        let mut locked = lock(&self.0.waker);
        let (waker, after) = locked.parts();
        after.wake(waker.take());
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

const CLOSE: u8 = 1;
const RESTART: u8 = 2;

#[derive(Default)]
struct Shared {
    /// The orders that the source has not followed yet.
    orders: AtomicU8,
    /// The task that waits for events.
    waker: Mutex<Option<Waker>>,
}

/// The source's side of its handles.
#[derive(Default)]
pub(super) struct Orders(Arc<Shared>);

/// The orders that were taken at once.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) close: bool,
    pub(super) restart: bool,
}

impl Orders {
    pub(super) fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.0))
    }

    /// Takes the orders. Usually there are none, which costs one load.
    #[inline]
    pub(super) fn take(&self) -> Option<Order> {
        if self.0.orders.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let orders = self.0.orders.swap(0, Ordering::Acquire);
        Some(Order { close: orders & CLOSE != 0, restart: orders & RESTART != 0 })
    }

    /// Registers the task to be woken by the next order. Returns whether there is one already.
    pub(super) fn listen(&self, waker: &Waker) -> bool {
        let known = lock(&self.0.waker).as_ref().is_some_and(|known| known.will_wake(waker));
        if !known {
            // Cloned while the lock is free, because that is code of the executor.
            let waker = waker.clone();
            let mut locked = lock(&self.0.waker);
            let (listening, after) = locked.parts();
            after.discard(listening.replace(waker));
        }
        // An order that found no waker was given before the lock was taken, and is seen here.
        self.0.orders.load(Ordering::Relaxed) != 0
    }
}
