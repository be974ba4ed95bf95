//! Orders for a source from elsewhere.

use alloc::sync::Arc;
use core::{fmt, mem, task::Waker};
use std::sync::{Mutex, PoisonError};

/// Closes or restarts an [`EventSource`](super::EventSource) from elsewhere: another task, or another thread. The source
/// is woken and does it when it is polled next.
///
/// It does not keep the source alive, and does nothing once the source is gone.
#[derive(Clone)]
pub struct Handle(Arc<Mutex<Shared>>);

impl Handle {
    /// Closes the source, as its own [`close`](super::EventSource::close) does: whoever waits for an event gets `None`.
    pub fn close(&self) {
        self.order(|orders| orders.close = true);
    }

    /// Restarts the source, as its own [`restart`](super::EventSource::restart) does.
    pub fn restart(&self) {
        self.order(|orders| orders.restart = true);
    }

    fn order(&self, order: impl FnOnce(&mut Pending)) {
        let waker = {
            let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            order(&mut shared.pending);
            shared.waker.take()
        };
        // Outside of the lock: what waking the task does is its own affair.
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// The source's end of its handles.
#[derive(Default)]
pub(super) struct Orders(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    pending: Pending,
    /// The task that waits for events.
    waker: Option<Waker>,
}

/// What is to be done.
#[derive(Clone, Copy, Default)]
pub(super) struct Pending {
    pub(super) close: bool,
    pub(super) restart: bool,
}

impl Orders {
    pub(super) fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.0))
    }

    /// Takes what has been ordered.
    pub(super) fn take(&self) -> Pending {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).pending)
    }

    /// Wakes this task with the next order; says whether there is one already.
    pub(super) fn listen(&self, waker: &Waker) -> bool {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !shared.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            shared.waker = Some(waker.clone());
        }
        shared.pending.close || shared.pending.restart
    }
}
