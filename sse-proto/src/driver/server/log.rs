//! The log that sessions share.

use alloc::{collections::BTreeMap, sync::Arc};
use core::{fmt, marker::PhantomData, mem, task::Waker};
use std::sync::Mutex;

use super::lock;
use crate::{
    EventId, Message,
    driver::{Runtime, Timer},
    server::{self, Cursor, LogConfig, PublishError, Resumed, StartAt},
};

/// A log of events that sessions read from, shared by cloning.
///
/// Publishing encodes the message once and wakes the sessions that wait; it never waits for them. Sessions keep the log:
/// they end when it is [closed](Self::close), not when the last other handle is dropped.
pub struct Log<K> {
    pub(super) shared: Arc<Mutex<SharedLog>>,
    runtime: PhantomData<fn() -> K>,
}

#[derive(Default)]
pub(super) struct SharedLog {
    pub(super) log: server::Log,
    /// The sessions that have read everything, by number.
    pub(super) waiting: BTreeMap<u64, Waker>,
    pub(super) sessions: u64,
}

impl<K: Runtime> Log<K> {
    /// An empty log. Without an epoch in the settings it gets one by chance, so that the IDs of an earlier log, before a
    /// restart, are not taken for its own.
    pub fn new(mut config: LogConfig) -> Self {
        config.epoch.get_or_insert_with(|| K::Timer::default().seed() & 0xffff_ffff);
        let log = server::Log::new(config);
        Self { shared: Arc::new(Mutex::new(SharedLog { log, ..SharedLog::default() })), runtime: PhantomData }
    }

    /// Publishes a message, and returns the ID it has: its own, or one that the log made for the event.
    ///
    /// # Errors
    ///
    /// The log is closed, or the message alone is larger than the log may be, or IDs of the callers and of the log could
    /// be the same.
    pub fn publish(&self, message: impl Into<Message>) -> Result<Option<EventId>, PublishError> {
        let message = message.into();
        let mut shared = lock(&self.shared);
        let published = shared.log.publish(message);
        let waiting = mem::take(&mut shared.waiting);
        drop(shared);
        waiting.into_values().for_each(Waker::wake);
        published
    }

    /// Whether the log takes no more messages: the moment to answer new requests with status 204, which tells clients
    /// not to come back.
    pub fn is_closed(&self) -> bool {
        lock(&self.shared).log.is_closed()
    }

    /// Takes no more messages, and ends all responses once they have sent what there is.
    pub fn close(&self) {
        let mut shared = lock(&self.shared);
        shared.log.close();
        let waiting = mem::take(&mut shared.waiting);
        drop(shared);
        waiting.into_values().for_each(Waker::wake);
    }

    /// A cursor for a new session, and whether it can start where it wished to.
    pub fn subscribe(&self, start: StartAt<'_>) -> (Cursor, Resumed) {
        lock(&self.shared).log.subscribe(start)
    }
}

impl<K> Clone for Log<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), runtime: PhantomData }
    }
}

impl<K: Runtime> Default for Log<K> {
    fn default() -> Self {
        Self::new(LogConfig::default())
    }
}

impl<K> fmt::Debug for Log<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = lock(&self.shared);
        let mut shown = f.debug_struct("Log");
        shown.field("len", &shared.log.len()).field("bytes", &shared.log.bytes());
        shown.field("waiting", &shared.waiting.len()).finish_non_exhaustive()
    }
}
