//! A session that reads from a log.

use alloc::sync::Arc;
use core::task::Waker;

use sse_proto::{
    Text, Timestamp,
    server::{CloseReason, Observer, Output, Resumed, Session, SessionInfo, SessionTotals, SubscriberId},
};

use crate::{
    event_log::{EventLog, SharedLog, State},
    lock::lock,
    trace::SessionTrace,
    transport::Runtime,
    unwind,
};

/// A session that reads from a log.
pub(crate) struct Reading<K: Runtime> {
    pub(super) machine: Session,
    log: Arc<SharedLog<K>>,
    /// `None` once it has left.
    id: Option<SubscriberId>,
    trace: SessionTrace,
}

impl<K: Runtime> Reading<K> {
    pub(crate) fn new(log: &EventLog<K>, id: SubscriberId, machine: Session, resumed: Resumed) -> Self {
        let reading = Self { machine, log: Arc::clone(&log.shared), id: Some(id), trace: SessionTrace::new() };
        reading.observe(|observer, session| {
            observer.opened(session);
            observer.resumed(session, resumed);
        });
        reading
    }

    pub(super) fn poll(&mut self, waker: &Waker, now: Timestamp) -> Output {
        let Some(id) = self.id else { return Output::Closed };
        let waker = waker.clone();
        let mut locked = lock(&self.log);
        let (state, after) = locked.parts();
        state.instruct(id, &mut self.machine);
        self.machine.handle_log(&mut *state.store);
        let output = self.machine.poll_output(now);
        let position = self.machine.position().unwrap_or_default();
        match output {
            Output::Wait { .. } => state.wait(id, position, waker, after),
            _ => state.subscribers.advance(id, position),
        }
        state.wake_watchers(after);
        drop(locked);
        match output {
            Output::Aborted | Output::Closed => self.leave(),
            Output::Lagged { missed } => self.observe(|observer, session| observer.lagged(session, missed)),
            _ => {}
        }
        output
    }

    pub(super) fn handle_write_pending(&mut self, waker: &Waker, now: Timestamp) -> Output {
        let Some(id) = self.id else { return Output::Closed };
        let waker = waker.clone();
        let mut locked = lock(&self.log);
        let (state, after) = locked.parts();
        state.handle_write_pending(id, &mut self.machine, waker, now, after)
    }

    /// Leaves the log, and reports that afterwards, so that an observer that panics leaves nothing behind.
    fn leave(&mut self) {
        let Some(id) = self.id.take() else { return };
        let mut locked = lock(&self.log);
        let recipient = Recipient::new(&locked, id);
        let (state, after) = locked.parts();
        state.leave(id, after);
        drop(locked);
        let reason = self.machine.close_reason().unwrap_or(CloseReason::Disconnected);
        let totals = SessionTotals::new(self.machine.missed(), self.machine.passed_over());
        recipient.report(&self.trace, &self.machine, |observer, session| observer.closed(session, reason, totals));
    }

    fn observe(&self, report: impl Fn(&dyn Observer, &SessionInfo<'_>)) {
        let Some(id) = self.id else { return };
        let recipient = Recipient::new(&lock(&self.log), id);
        recipient.report(&self.trace, &self.machine, report);
    }
}

/// Who gets the reports of a session, and whose session it is.
struct Recipient {
    observer: Option<Arc<dyn Observer + Send + Sync>>,
    key: Option<Text>,
}

impl Recipient {
    fn new<T>(state: &State<T>, id: SubscriberId) -> Self {
        Self { observer: state.observer.clone(), key: state.subscribers.key(id).cloned() }
    }

    /// Reports to the tracer and the observer. The log must not be locked, because an observer may use it.
    fn report(&self, trace: &SessionTrace, machine: &Session, report: impl Fn(&dyn Observer, &SessionInfo<'_>)) {
        let session = SessionInfo::new(self.key.as_deref(), machine.topics());
        trace.report(|observer| report(observer, &session));
        if let Some(observer) = &self.observer {
            report(&**observer, &session);
        }
    }
}

impl<K: Runtime> Drop for Reading<K> {
    fn drop(&mut self) {
        self.machine.handle_disconnect();
        unwind::contain(|| self.leave());
    }
}
