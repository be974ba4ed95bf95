//! The lock of a log, and whether anything has changed for those who wait.

use super::state::State;
use crate::{
    lock::{Locked, lock},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    transport::Runtime,
};

/// What the sessions of a log and its handles share.
pub(crate) struct SharedLog<K: Runtime> {
    state: Mutex<State<K::Timer>>,
    /// Counts what may have changed something for a session that waits. It is changed only with the log locked.
    changes: AtomicU64,
}

impl<K: Runtime> SharedLog<K> {
    pub(super) fn new(state: State<K::Timer>) -> Self {
        Self { state: Mutex::new(state), changes: AtomicU64::new(0) }
    }

    /// Locks the log for whatever is done to it.
    pub(crate) fn lock(&self) -> Locked<'_, State<K::Timer>> {
        let locked = lock(&self.state);
        self.changes.fetch_add(1, Ordering::Release);
        locked
    }

    /// Locks the log for a session that reads and waits, which changes nothing for the others that wait.
    pub(crate) fn lock_for_session(&self) -> Locked<'_, State<K::Timer>> {
        lock(&self.state)
    }

    /// Returns a number that is another one after each change. A session that has seen this number with the log locked, and
    /// sees it again without, has missed nothing, or is woken in a moment: its task is woken after the change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }
}
