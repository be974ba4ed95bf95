//! A session that reads from a log.

use alloc::sync::Arc;
use core::{
    ptr,
    task::{RawWakerVTable, Waker},
};

use sse_proto::{
    Timestamp,
    server::{Output, Session, SubscriberId},
};

use crate::{
    event_log::{EventLog, SessionHandle, Sessions, SharedLog},
    transport::Runtime,
};

/// A session that reads from a log.
pub(crate) struct Reading<K: Runtime> {
    pub(super) machine: Session,
    log: Arc<SharedLog<K>>,
    /// `None` once it has left.
    id: Option<SubscriberId>,
    registration: Option<Registration>,
}

/// A task that is woken when the log changes.
struct Registration {
    /// The number of changes when it was registered.
    changes: u64,
    /// What the task's waker is made of, to recognise it.
    data: usize,
    vtable: &'static RawWakerVTable,
}

impl Registration {
    fn new(waker: &Waker, changes: u64) -> Self {
        Self { changes, data: waker.data().addr(), vtable: waker.vtable() }
    }

    /// Returns whether this task is woken when the log changes, and it has not changed since. The registered waker is kept
    /// until then, so that no other one has its address.
    fn holds(&self, waker: &Waker, changes: u64) -> bool {
        self.changes == changes && self.data == waker.data().addr() && ptr::eq(self.vtable, waker.vtable())
    }
}

impl<K: Runtime> Reading<K> {
    pub(crate) fn new(log: &EventLog<K>, id: SubscriberId, machine: Session) -> Self {
        Self { machine, log: Arc::clone(&log.shared), id: Some(id), registration: None }
    }

    pub(super) fn poll(&mut self, waker: &Waker, now: Timestamp) -> Output {
        let Some(id) = self.id else { return self.machine.poll_output(now) };
        // A session that finishes has to look at the log once more.
        if !self.machine.is_closed()
            && self.registration.as_ref().is_some_and(|registration| registration.holds(waker, self.log.changes()))
        {
            // There is nothing in the log, and no order.
            return self.machine.poll_output(now);
        }
        let kept = waker.clone();
        let mut locked = self.log.lock_for_session();
        let (state, after) = locked.parts();
        if let Some(order) = state.order(id, self.machine.is_closed()) {
            order.apply(&mut self.machine);
        }
        self.machine.handle_nothing_before(state.nothing_before(id));
        if state.is_awaited(id) {
            self.machine.stop_holding_back();
        }
        // What was taken before has been transmitted by now.
        state.subscribers.advance(id, self.machine.position().unwrap_or_default());
        self.machine.handle_log(&mut *state.store, now);
        let output = self.machine.poll_output(now);
        let position = self.machine.position().unwrap_or_default();
        if self.machine.holds_back() {
            // Further messages need not wake it.
            self.registration = None;
            state.stall(id, kept, after);
            state.wake_watchers(after);
            return output;
        }
        let waits = match output {
            Output::Wait { .. } => true,
            // Most sessions have read everything by now: they need not ask again after they have transmitted it.
            Output::Transmit(_) => !self.machine.is_closed() && state.may_wait_early(id, position),
            _ => false,
        };
        self.registration = waits.then(|| Registration::new(waker, self.log.changes()));
        if waits {
            state.wait(id, position, kept, after);
        } else {
            after.discard(Some(kept));
        }
        state.wake_watchers(after);
        output
    }

    pub(super) fn handle_write_pending(&mut self, waker: &Waker, now: Timestamp) -> Output {
        let Some(id) = self.id else { return self.machine.handle_write_pending(now) };
        let waker = waker.clone();
        let mut locked = self.log.lock_for_session();
        let (state, after) = locked.parts();
        state.handle_write_pending(id, &mut self.machine, waker, now, after)
    }

    /// Leaves the log.
    pub(super) fn leave(&mut self) {
        let Some(id) = self.id.take() else { return };
        let mut locked = self.log.lock();
        let (state, after) = locked.parts();
        state.leave(id, after);
    }

    pub(super) fn handle(&self) -> Option<SessionHandle<K>> {
        Some(SessionHandle::new(&self.log, self.id?))
    }

    pub(super) fn is_in(&self, sessions: &Sessions<K>) -> bool {
        Arc::ptr_eq(&self.log, &sessions.shared)
    }
}
