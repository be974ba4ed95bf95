//! The log that sessions share.

mod group;
mod handle;
mod presence;
mod shared;
mod state;
mod waiting;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;

use sse_proto::{
    EventId, Message, Text,
    server::{self, DrainConfig, Drained, LogConfig, Observer, Publication, PublishError, Store},
};

pub use self::{group::Sessions, handle::SessionHandle, waiting::Acknowledged};
pub(super) use self::{
    shared::SharedLog,
    state::{Order, State},
};
use crate::transport::{Runtime, Timer};

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
        Self { shared: Arc::new(SharedLog::new(state)) }
    }

    /// Reports to this observer what becomes of the sessions that are opened from now on.
    pub fn observe(&self, observer: impl Observer + Send + Sync + 'static) {
        self.group().observe(observer);
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
        let mut locked = self.shared.lock();
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
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        publications.into_iter().try_for_each(|publication| state.publish(publication, after).map(drop))?;
        Ok(count)
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
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        state.notify(&topics, after);
    }

    /// Returns the topics of the kept message with this ID, in order, and none if it is for all; `None` if the log does not
    /// have the message. A client's ID proves nothing: check here that the stream which it asks for is its own, where the
    /// request names no other. [`Subscribe::after_own`](crate::server::Subscribe::after_own) does that for a session whose topics
    /// are known.
    pub fn topics_of(&self, id: &EventId) -> Option<Vec<Text>> {
        self.shared.lock().store.topics_of(id).map(<[Text]>::to_vec)
    }

    /// Returns whether the log is closed. New requests should then get status 204
    /// ([`NO_MORE_EVENTS`](server::NO_MORE_EVENTS)), after which clients do not reconnect.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().store.is_closed()
    }

    /// Closes the log: it accepts no more messages, and all its sessions end when they have sent the kept ones.
    pub fn close(&self) {
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        state.store.close();
        state.wake_all(after);
    }

    /// Returns the sessions of this log as a group that sessions of every other kind can [join](crate::Session::join), so that
    /// one drain ends them all.
    pub fn group(&self) -> Sessions<K> {
        Sessions::of(self)
    }

    /// Brings all sessions to their ends, for a server that stops: each transmits what the log has, then a farewell
    /// with a random reconnection time, and then it ends. A drain changes nothing about where a session starts: those
    /// that are opened from now on start after the client's last event ID, read the log to its end, and end in the same
    /// way. Ready when all have ended or the deadline has come.
    ///
    /// It ends the sessions that read from this log, and those of every kind that have joined its
    /// [group](Self::group). [`Sessions::drain`] has the details.
    pub async fn drain(&self, config: DrainConfig) -> Drained {
        self.group().drain(config).await
    }

    /// Ends the sessions with this key gently: each transmits what the log has, then the farewell if there is one, and then
    /// it ends. Returns the number of these sessions.
    pub fn finish(&self, key: &str, farewell: impl Into<Option<Message>>) -> usize {
        self.group().finish(key, farewell)
    }

    /// Breaks the sessions with this key off at once, without what they have not transmitted yet: for example when a user has
    /// lost the right to read ([`Sessions::disconnect`]). Returns the number of these sessions.
    pub fn disconnect(&self, key: &str) -> usize {
        self.group().disconnect(key)
    }

    /// Returns the number of sessions.
    pub fn sessions(&self) -> usize {
        self.shared.lock().subscribers.len()
    }

    /// Returns how many messages the slowest session is late, for metrics. For a session of some topics, those of all topics
    /// count. It looks at every session, with the log locked.
    pub fn lag(&self) -> u64 {
        let state = self.shared.lock();
        state.subscribers.lag(state.store.end())
    }

    /// Returns the number of sessions that asked for this topic. Those that read all messages are not counted.
    pub fn sessions_in(&self, topic: &str) -> usize {
        self.shared.lock().subscribers.in_topic(topic)
    }

    /// Returns the number of sessions with this key.
    pub fn sessions_of(&self, key: &str) -> usize {
        self.shared.lock().subscribers.with_key(key)
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
        let state = self.shared.lock();
        let (published, sessions) = (state.store.end(), state.subscribers.len());
        // What is formatted may be written by code that uses the log.
        drop(state);
        let mut shown = f.debug_struct("EventLog");
        shown.field("published", &published).field("sessions", &sessions).finish_non_exhaustive()
    }
}
