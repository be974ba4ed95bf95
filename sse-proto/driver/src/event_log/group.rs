//! The sessions of a server, of every kind.

use alloc::{sync::Arc, vec::Vec};
use core::{fmt, future::poll_fn, task::Poll};

use sse_proto::{
    Message, Text,
    server::{CloseReason, DrainConfig, DrainProgress, Drained, LogConfig, Observer, SubscriberId},
};

use super::{
    EventLog, SharedLog,
    state::{Order, Watcher},
};
use crate::{
    Alarm,
    transport::{Runtime, Timer},
};

/// The sessions of a server, of every kind: one handle to end them, count them and observe them, shared by cloning.
///
/// The sessions of a log are in a group from the beginning ([`EventLog::group`]). Those that a handler, a
/// [`Sender`](crate::Sender) or a stream feeds [join](crate::Session::join) it, or a group that is made without a log. A
/// session of another log may join as well; it is then in two groups.
///
/// ```
/// use sse_driver::{Session, SessionConfig, server::{DrainConfig, Sessions}, transport::Runtime};
///
/// fn respond<K: Runtime>(sessions: &Sessions<K>, user: &str) -> Session<K> {
///     Session::run(SessionConfig::new(), async |sender| drop(sender.send("hello").await)).join_as(sessions, user)
/// }
///
/// async fn stop<K: Runtime>(sessions: &Sessions<K>) {
///     let drained = sessions.drain(DrainConfig::new()).await;
///     println!("{} of {} sessions did not end in time", drained.cut.len(), drained.sessions);
/// }
/// ```
pub struct Sessions<K: Runtime> {
    pub(crate) shared: Arc<SharedLog<K>>,
}

impl<K: Runtime> Sessions<K> {
    /// Returns a group without sessions.
    pub fn new() -> Self {
        // Its log stays empty.
        Self::of(&EventLog::new(LogConfig::new()))
    }

    pub(super) fn of(log: &EventLog<K>) -> Self {
        Self { shared: Arc::clone(&log.shared) }
    }

    /// Reports to this observer what becomes of the sessions that are opened or join from now on.
    pub fn observe(&self, observer: impl Observer + Send + Sync + 'static) {
        let new: Arc<dyn Observer + Send + Sync> = Arc::new(observer);
        // The old one is dropped when the lock is free, because its code is the application's.
        let _old = self.shared.lock().parts().0.observer.replace(new);
    }

    /// Brings all sessions to their ends, for a server that stops: each transmits what it has, then a farewell with a random
    /// reconnection time, and then it ends. One that reads from a log reads it to its end before the farewell. Sessions
    /// that are opened or join from now on end in the same way. Ready when all have ended or the deadline has come.
    ///
    /// Sessions that have not ended by the deadline are cut and listed in [`Drained::cut`]: their responses break off, so
    /// that no client takes one for complete. Their connections end with them where the driver writes: under `serve`, over
    /// HTTP/1, and with [`write_to`](crate::Session::write_to). Another
    /// HTTP engine (`axum::serve`, hyper) may keep such a connection until its peer reads or leaves: give its sockets a
    /// write timeout, or bound its shutdown with one.
    ///
    /// A handler or a stream that feeds a session is dropped when the response has ended; a [`Sender`](crate::Sender)
    /// sends nothing more. Those that should finish their work first do not join.
    ///
    /// Stop listening before, so that clients reconnect elsewhere: `serve` does, and drains what it is given. Dropping the
    /// future does not stop the drain, but no session is cut then.
    pub async fn drain(&self, config: DrainConfig) -> Drained {
        let mut alarm = Alarm::new(K::Timer::default());
        self.begin_drain(config);
        let watcher = Watcher::<K>::new(&self.shared);
        poll_fn(|cx| {
            loop {
                let waker = cx.waker().clone();
                let mut locked = self.shared.lock();
                let (state, after) = locked.parts();
                let now = state.clock.now();
                let deadline = match state.subscribers.poll_drained(now) {
                    DrainProgress::Done(drained) => {
                        state.wake_all(after);
                        return Poll::Ready(drained);
                    }
                    DrainProgress::NotBegun => None,
                    DrainProgress::Waiting { until } => Some(until),
                };
                after.discard(state.watchers.insert(watcher.number, waker));
                drop(locked);
                let Some(deadline) = deadline else { return Poll::Pending };
                // The alarm's clock began at another moment.
                let deadline = alarm.now() + deadline.since(now);
                if alarm.poll(cx, deadline).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    fn begin_drain(&self, config: DrainConfig) {
        let seed = K::Timer::default().seed();
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        let now = state.clock.now();
        state.subscribers.drain(config, seed, now);
        state.wake_all(after);
    }

    /// Ends the sessions with this key gently: each transmits what it has, then the farewell if there is one, and then it
    /// ends. One that reads from a log reads it to its end before. Returns the number of these sessions.
    pub fn finish(&self, key: &str, farewell: impl Into<Option<Message>>) -> usize {
        self.end(key, &Order::Finish(farewell.into(), CloseReason::Finished))
    }

    /// Breaks the sessions with this key off at once, without what they have not transmitted yet: for example when a user has
    /// lost the right to read. Their responses get no regular end (no last chunk on HTTP/1.1, and a reset of the stream on
    /// HTTP/2). Returns the number of these sessions.
    pub fn disconnect(&self, key: &str) -> usize {
        self.end(key, &Order::GiveUp(CloseReason::Finished))
    }

    fn end(&self, key: &str, order: &Order) -> usize {
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        let sessions: Vec<SubscriberId> = state.subscribers.of_key(key).collect();
        state.end(&sessions, order, after);
        sessions.len()
    }

    /// Returns the number of sessions.
    pub fn len(&self) -> usize {
        self.shared.lock().subscribers.len()
    }

    /// Returns whether there is no session.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the keys of all sessions, in order, each once.
    pub fn keys(&self) -> Vec<Text> {
        self.shared.lock().subscribers.keys().cloned().collect()
    }

    /// Returns the number of sessions with this key.
    pub fn with_key(&self, key: &str) -> usize {
        self.shared.lock().subscribers.with_key(key)
    }
}

impl<K: Runtime> Clone for Sessions<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

/// The [group](EventLog::group) of the log.
impl<K: Runtime> From<&EventLog<K>> for Sessions<K> {
    fn from(log: &EventLog<K>) -> Self {
        log.group()
    }
}

impl<K: Runtime> From<&Self> for Sessions<K> {
    fn from(sessions: &Self) -> Self {
        sessions.clone()
    }
}

impl<K: Runtime> Default for Sessions<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Runtime> fmt::Debug for Sessions<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("len", &self.len()).finish_non_exhaustive()
    }
}
