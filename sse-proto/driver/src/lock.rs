//! The lock around what tasks share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A task that panicked while it held the lock has left nothing half done: the machines keep their own order.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
