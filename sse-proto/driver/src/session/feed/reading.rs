//! A session that reads from a log.

use alloc::sync::Arc;
use core::task::Waker;

use sse_proto::{
    Timestamp,
    server::{Output, Session, SubscriberId},
};

use crate::{
    event_log::{EventLog, SessionHandle, Sessions, SharedLog},
    lock::lock,
    transport::Runtime,
};

/// A session that reads from a log.
pub(crate) struct Reading<K: Runtime> {
    pub(super) machine: Session,
    log: Arc<SharedLog<K>>,
    /// `None` once it has left.
    id: Option<SubscriberId>,
}

impl<K: Runtime> Reading<K> {
    pub(crate) fn new(log: &EventLog<K>, id: SubscriberId, machine: Session) -> Self {
        Self { machine, log: Arc::clone(&log.shared), id: Some(id) }
    }

    pub(super) fn poll(&mut self, waker: &Waker, now: Timestamp) -> Output {
        let Some(id) = self.id else { return self.machine.poll_output(now) };
        let waker = waker.clone();
        let mut locked = lock(&self.log);
        let (state, after) = locked.parts();
        if let Some(order) = state.order(id, self.machine.is_closed()) {
            order.apply(&mut self.machine);
        }
        // What was taken before has been transmitted by now.
        state.subscribers.advance(id, self.machine.position().unwrap_or_default());
        self.machine.handle_log(&mut *state.store);
        let output = self.machine.poll_output(now);
        if let Output::Wait { .. } = output {
            state.wait(id, self.machine.position().unwrap_or_default(), waker, after);
        }
        state.wake_watchers(after);
        output
    }

    pub(super) fn handle_write_pending(&mut self, waker: &Waker, now: Timestamp) -> Output {
        let Some(id) = self.id else { return self.machine.handle_write_pending(now) };
        let waker = waker.clone();
        let mut locked = lock(&self.log);
        let (state, after) = locked.parts();
        state.handle_write_pending(id, &mut self.machine, waker, now, after)
    }

    /// Leaves the log.
    pub(super) fn leave(&mut self) {
        let Some(id) = self.id.take() else { return };
        let mut locked = lock(&self.log);
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
