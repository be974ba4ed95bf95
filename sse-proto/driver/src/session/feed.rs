//! Where a session gets its events from.

use alloc::{boxed::Box, sync::Arc};
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Waker},
};
use std::sync::Mutex;

use sse_proto::{
    Text, Timestamp,
    server::{CloseReason, Observer, Output, Resumed, Session, SessionInfo, SessionTotals, SubscriberId},
};

use super::sender::SharedSession;
use crate::{
    event_log::{EventLog, SharedLog, State},
    lock::lock,
    trace::SessionTrace,
    transport::Runtime,
    unwind,
};

#[expect(
    clippy::large_enum_variant,
    reason = "sessions of a log are the many, and each is in an allocation of its own"
)]
pub(super) enum Feed<K: Runtime> {
    Log(Reading<K>),
    Messages(Messages),
    #[cfg(feature = "stream")]
    Stream(Box<Streaming>),
}

impl<K: Runtime> Feed<K> {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Output {
        match self {
            Self::Log(reading) => reading.poll(cx.waker(), now),
            Self::Messages(messages) => messages.poll(cx, now),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => streaming.poll(cx, now),
        }
    }

    /// Asks what to do while the peer takes nothing.
    pub(super) fn handle_write_pending(&mut self, waker: &Waker, now: Timestamp) -> Output {
        match self {
            Self::Log(reading) => reading.handle_write_pending(waker, now),
            _ => self.with_machine(|machine| machine.handle_write_pending(now)),
        }
    }

    /// Changes the machine, and wakes the senders if it has ended.
    pub(super) fn with_machine<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> T {
        match self {
            Self::Log(reading) => act(&mut reading.machine),
            Self::Messages(messages) => messages.with_machine(act),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => act(&mut streaming.machine),
        }
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Session) -> T) -> T {
        match self {
            Self::Log(reading) => look(&reading.machine),
            Self::Messages(messages) => look(&lock(&messages.shared).machine),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => look(&streaming.machine),
        }
    }
}

/// A session that reads from a log.
pub(super) struct Reading<K: Runtime> {
    machine: Session,
    log: Arc<SharedLog<K>>,
    /// `None` once it has left.
    id: Option<SubscriberId>,
    trace: SessionTrace,
}

impl<K: Runtime> Reading<K> {
    pub(super) fn new(log: &EventLog<K>, id: SubscriberId, machine: Session, resumed: Resumed) -> Self {
        let reading = Self { machine, log: Arc::clone(&log.shared), id: Some(id), trace: SessionTrace::new() };
        reading.observe(|observer, session| {
            observer.opened(session);
            observer.resumed(session, resumed);
        });
        reading
    }

    fn poll(&mut self, waker: &Waker, now: Timestamp) -> Output {
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
            Output::Closed => self.leave(),
            Output::Lagged { missed } => self.observe(|observer, session| observer.lagged(session, missed)),
            _ => {}
        }
        output
    }

    fn handle_write_pending(&mut self, waker: &Waker, now: Timestamp) -> Output {
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

/// A session that is fed by senders, and perhaps by a handler that it polls.
pub(super) struct Messages {
    shared: Arc<Mutex<SharedSession>>,
    handler: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    trace: SessionTrace,
}

impl Messages {
    pub(super) fn new(shared: Arc<Mutex<SharedSession>>) -> Self {
        let trace = SessionTrace::new();
        trace.report(|observer| observer.opened(&SessionInfo::new(None, None)));
        Self { shared, handler: None, trace }
    }

    pub(super) fn with_handler(mut self, handler: Pin<Box<dyn Future<Output = ()> + Send>>) -> Self {
        self.handler = Some(handler);
        self
    }

    fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Output {
        if let Some(handler) = &mut self.handler
            && handler.as_mut().poll(cx).is_ready()
        {
            // Dropping it drops its sender, and with the last sender the session ends.
            self.handler = None;
        }
        let waker = cx.waker().clone();
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        let output = shared.machine.poll_output(now);
        match output {
            Output::Wait { .. } => shared.wait(waker, after),
            _ => shared.wake_senders(after),
        }
        output
    }

    fn with_machine<T>(&self, act: impl FnOnce(&mut Session) -> T) -> T {
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        let done = act(&mut shared.machine);
        if shared.machine.has_ended() {
            shared.wake_senders(after);
        }
        done
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        let reason = self.with_machine(disconnect);
        report_closed(&self.trace, reason);
    }
}

/// Gives a machine up, and returns why its session has ended.
fn disconnect(machine: &mut Session) -> CloseReason {
    machine.handle_disconnect();
    machine.close_reason().unwrap_or(CloseReason::Disconnected)
}

/// Reports the end of a session that reads from no log, in its destructor.
fn report_closed(trace: &SessionTrace, reason: CloseReason) {
    let (session, totals) = (SessionInfo::new(None, None), SessionTotals::default());
    unwind::contain(|| trace.report(|observer| observer.closed(&session, reason, totals)));
}

#[cfg(feature = "stream")]
pub(super) use self::stream::Streaming;

#[cfg(feature = "stream")]
mod stream {
    use alloc::boxed::Box;
    use core::{
        pin::Pin,
        task::{Context, Poll},
    };

    use futures_core::Stream;

    use super::{disconnect, report_closed};
    use crate::trace::SessionTrace;
    use sse_proto::{
        Message, Timestamp,
        server::{Output, SendError, Session, SessionInfo},
    };

    /// The number of messages that are taken before other tasks have their turn. Empty ones need no room, and would be taken
    /// without end.
    const TURN: usize = 1024;

    /// A session that a stream feeds.
    pub(crate) struct Streaming {
        pub(super) machine: Session,
        stream: Option<Pin<Box<dyn Stream<Item = Message> + Send>>>,
        /// The message that the stream yielded when there was no room for it.
        held: Option<Message>,
        trace: SessionTrace,
    }

    /// A stream whose items become messages.
    struct Messages<S>(Pin<Box<S>>);

    impl<S: Stream<Item: Into<Message>>> Stream for Messages<S> {
        type Item = Message;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
            self.0.as_mut().poll_next(cx).map(|item| item.map(Into::into))
        }
    }

    impl Streaming {
        pub(crate) fn new<S>(machine: Session, stream: S) -> Self
        where
            S: Stream<Item: Into<Message>> + Send + 'static,
        {
            let trace = SessionTrace::new();
            trace.report(|observer| observer.opened(&SessionInfo::new(None, None)));
            Self { machine, stream: Some(Box::pin(Messages(Box::pin(stream)))), held: None, trace }
        }

        pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Output {
            self.fill(cx);
            self.machine.poll_output(now)
        }

        /// Takes the ready messages of the stream, as far as there is room: they are sent in one piece.
        fn fill(&mut self, cx: &mut Context<'_>) {
            for _ in 0..TURN {
                let Some(stream) = &mut self.stream else { return };
                let message = match self.held.take() {
                    Some(held) => held,
                    None => match stream.as_mut().poll_next(cx) {
                        Poll::Pending => return,
                        Poll::Ready(Some(message)) => message,
                        Poll::Ready(None) => {
                            self.machine.close(None);
                            self.stream = None;
                            return;
                        }
                    },
                };
                match self.machine.send(&message) {
                    Ok(()) => {}
                    Err(SendError::Full { .. }) => {
                        self.held = Some(message);
                        return;
                    }
                    Err(_) => self.stream = None,
                }
            }
            cx.waker().wake_by_ref();
        }
    }

    impl Drop for Streaming {
        fn drop(&mut self) {
            let reason = disconnect(&mut self.machine);
            report_closed(&self.trace, reason);
        }
    }
}
