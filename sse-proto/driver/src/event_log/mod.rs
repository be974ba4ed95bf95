//! The log that sessions share.

mod state;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, future::poll_fn, task::Poll, time::Duration};
use std::sync::Mutex;

use sse_proto::{
    EventId, Text,
    server::{
        self, CloseReason, DrainConfig, DrainProgress, Drained, LogConfig, Observer, Publication, PublishError, Store,
        SubscriberId,
    },
};

use self::state::Watcher;
pub(super) use self::state::{SharedLog, State};
use crate::{
    Alarm,
    lock::lock,
    transport::{Runtime, Timer},
};

/// A log of events that sessions read from, shared by cloning.
///
/// Publishing encodes the message once and wakes the sessions that wait for it; it never waits for them. Sessions keep
/// the log: they end when it is [closed](Self::close), not when the last other handle is dropped.
pub struct EventLog<K: Runtime> {
    pub(super) shared: Arc<SharedLog<K>>,
}

impl<K: Runtime> EventLog<K> {
    /// Returns an empty log. Without an epoch in the settings it gets one at random, so that the IDs of an earlier log,
    /// before a restart, do not count as its own.
    pub fn new(config: LogConfig) -> Self {
        let epoch = K::Timer::default().seed() & 0xffff_ffff;
        Self::with_store(server::EventLog::new(config.or_epoch(epoch)))
    }

    /// Returns a log over a custom store. If messages reach the store from elsewhere, call [`notify`](Self::notify) to wake the
    /// sessions.
    pub fn with_store(store: impl Store + Send + 'static) -> Self {
        let state = State::new(K::Timer::default(), Box::new(store));
        Self { shared: Arc::new(Mutex::new(state)) }
    }

    /// Reports to this observer what becomes of the sessions that are opened from now on.
    pub fn observe(&self, observer: impl Observer + Send + Sync + 'static) {
        let new: Arc<dyn Observer + Send + Sync> = Arc::new(observer);
        // Dropped when the lock is free, because the observer's code is the application's.
        let _old = lock(&self.shared).parts().0.observer.replace(new);
    }

    /// Publishes a message, and returns its ID: the given one, or one that the log made for the event. A [`Publication`]
    /// names the topics that it is for. The empty ID clears the client's ID. A client that then reconnects
    /// counts as new, and what it missed is not reported.
    ///
    /// The bytes of a publication are dropped while the log is locked, here or when the log has no more room for it. If they
    /// have an owner ([`Bytes::from_owner`](sse_proto::bytes::Bytes::from_owner)), its destructor must not use the log.
    ///
    /// # Errors
    ///
    /// The log is closed, or the message alone exceeds its bound in bytes, or IDs of the callers and of the log could be the
    /// same, or no client could ask for what follows the given ID ([`check_id`](server::check_id)).
    pub fn publish(&self, publication: impl Into<Publication>) -> Result<Option<EventId>, PublishError> {
        let publication = publication.into();
        let mut locked = lock(&self.shared);
        let (state, after) = locked.parts();
        state.publish(publication, after)
    }

    /// Publishes many messages, and wakes each session once. Returns the number of messages.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish). The messages before the refused one are published.
    pub fn publish_all<P: Into<Publication>>(
        &self,
        publications: impl IntoIterator<Item = P>,
    ) -> Result<usize, PublishError> {
        let publications: Vec<Publication> = publications.into_iter().map(Into::into).collect();
        let count = publications.len();
        let mut locked = lock(&self.shared);
        let (state, after) = locked.parts();
        publications.into_iter().try_for_each(|publication| state.publish(publication, after).map(drop))?;
        Ok(count)
    }

    /// Publishes a message when no [awaited](crate::server::Subscribe::awaited) session is too late, or after `patience` at the latest: a
    /// session that is still too late then is treated as all others are.
    ///
    /// Dropping the future before it is ready publishes nothing.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    pub async fn publish_awaiting(
        &self,
        publication: impl Into<Publication>,
        patience: Duration,
    ) -> Result<Option<EventId>, PublishError> {
        let publication = publication.into();
        let mut alarm = Alarm::new(K::Timer::default());
        let deadline = alarm.now() + patience;
        let watcher = Watcher::<K>::new(&self.shared);
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut locked = lock(&self.shared);
            let (state, after) = locked.parts();
            if state.store.is_closed() || state.subscribers.keep_up(state.store.end()) {
                return Poll::Ready(());
            }
            after.discard(state.watchers.insert(watcher.number, waker));
            drop(locked);
            alarm.poll(cx, deadline)
        })
        .await;
        self.publish(publication)
    }

    /// Wakes the sessions that wait for messages to these topics. Without topics it wakes all sessions.
    ///
    /// It is for a [`Store`] that learns of messages from elsewhere, for example from another node. Messages
    /// [published](Self::publish) here wake their readers without it. Call it after the store has the messages: a
    /// session reads the store when it is woken, and waits again if there is nothing for it. Call it without topics
    /// after the store was closed from elsewhere, so that the sessions end.
    ///
    /// ```
    /// use sse_proto::Text;
    /// use sse_driver::{EventLog, transport::Runtime};
    ///
    /// /// Called by the connection to the other nodes, for each message that it has put into the store.
    /// fn arrived<K: Runtime>(log: &EventLog<K>, topics: &[Text]) {
    ///     log.notify(topics.iter().cloned());
    /// }
    /// ```
    pub fn notify<T: Into<Text>>(&self, topics: impl IntoIterator<Item = T>) {
        let topics: Vec<Text> = topics.into_iter().map(Into::into).collect();
        let mut locked = lock(&self.shared);
        let (state, after) = locked.parts();
        state.notify(&topics, after);
    }

    /// Returns whether the log is closed. New requests should then get status 204
    /// ([`NO_MORE_EVENTS`](server::NO_MORE_EVENTS)), after which clients do not reconnect.
    pub fn is_closed(&self) -> bool {
        lock(&self.shared).store.is_closed()
    }

    /// Closes the log: it accepts no more messages, and all its sessions end when they have sent the kept ones.
    pub fn close(&self) {
        let mut locked = lock(&self.shared);
        let (state, after) = locked.parts();
        state.store.close();
        state.wake_all(after);
    }

    /// Brings all sessions to their ends, for a server that stops: each transmits what the log has, then a farewell
    /// with a random reconnection time, and then it ends. A drain changes nothing about where a session starts: those
    /// that are opened from now on start after the client's last event ID, read the log to its end, and end in the same
    /// way. Ready when all have ended or the deadline has come.
    ///
    /// Sessions that have not ended by the deadline are cut and listed in [`Drained::cut`]. Their connections end with
    /// them where the driver writes: under `serve`, over HTTP/1, and with [`write_to`](crate::Session::write_to). Another
    /// HTTP engine (`axum::serve`, hyper) may keep such a connection until its peer reads or leaves: give its sockets a
    /// write timeout, or bound its shutdown with one.
    ///
    /// Stop listening before, so that clients reconnect elsewhere: `serve` does, and drains the logs that it is given. Dropping the future does not stop
    /// the drain, but no session is cut then.
    ///
    /// Only sessions that read from this log are ended. Those that a handler, a [`Sender`](super::Sender) or a stream feeds
    /// know nothing of it, and a server that stops gracefully waits for them: end them yourself when the server stops,
    /// with [`Sender::close_with`](super::Sender::close_with) or the end of the stream.
    pub async fn drain(&self, config: DrainConfig) -> Drained {
        let mut alarm = Alarm::new(K::Timer::default());
        self.begin_drain(config);
        let watcher = Watcher::<K>::new(&self.shared);
        poll_fn(|cx| {
            loop {
                let waker = cx.waker().clone();
                let mut locked = lock(&self.shared);
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
        let mut locked = lock(&self.shared);
        let (state, after) = locked.parts();
        let now = state.clock.now();
        state.subscribers.drain(config, seed, now);
        state.wake_all(after);
    }

    /// Ends the sessions with this key at once, without what they have not transmitted yet: for example when a user has lost
    /// the right to read. Returns the number of these sessions.
    pub fn disconnect(&self, key: &str) -> usize {
        let mut locked = lock(&self.shared);
        let (state, after) = locked.parts();
        let sessions: Vec<SubscriberId> = state.subscribers.of_key(key).collect();
        for id in &sessions {
            state.ended.insert(*id, CloseReason::Finished);
            after.wake(state.waker(*id));
            after.wake(state.stalled.remove(id));
        }
        sessions.len()
    }

    /// Returns the number of sessions.
    pub fn sessions(&self) -> usize {
        lock(&self.shared).subscribers.len()
    }

    /// Returns the number of sessions that asked for this topic. Those that read all messages are not counted.
    pub fn sessions_in(&self, topic: &str) -> usize {
        lock(&self.shared).subscribers.in_topic(topic)
    }

    /// Returns the number of sessions with this key.
    pub fn sessions_of(&self, key: &str) -> usize {
        lock(&self.shared).subscribers.with_key(key)
    }
}

impl<K: Runtime> Clone for EventLog<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: Runtime> Default for EventLog<K> {
    fn default() -> Self {
        Self::new(LogConfig::new())
    }
}

impl<K: Runtime> fmt::Debug for EventLog<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.shared);
        let (published, sessions) = (state.store.end(), state.subscribers.len());
        // What is formatted may be written by code that uses the log.
        drop(state);
        let mut shown = f.debug_struct("EventLog");
        shown.field("published", &published).field("sessions", &sessions).finish_non_exhaustive()
    }
}
