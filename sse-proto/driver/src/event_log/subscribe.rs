//! Opening a session that reads from a log.

use core::fmt;

use sse_proto::{
    EventId, Text,
    server::{Entry, Interest, SessionConfig, StartAt, SubscriberId, Subscribers, Subscription, TooManySessions},
};

use super::EventLog;
use crate::transport::{Runtime, Timer};
use crate::{lock::lock, session::Session};

/// A session that is about to be opened: what it reads, from where on, and whose it is.
///
/// Without further words it reads everything that is published from now on.
#[must_use = "nothing is read before the session is opened"]
pub struct Subscribe<'a, K: Runtime> {
    log: &'a EventLog<K>,
    start: StartAt<'a>,
    interest: Interest,
    key: Option<Text>,
    most: Option<usize>,
    behind: Option<u64>,
    config: SessionConfig,
}

impl<'a, K: Runtime> Subscribe<'a, K> {
    pub(super) fn new(log: &'a EventLog<K>) -> Self {
        let config = SessionConfig::new();
        let interest = Interest::all();
        Self { log, start: StartAt::Live, interest, key: None, most: None, behind: None, config }
    }

    /// Reads only messages to any of these topics, and those to none, which are for all.
    pub fn topics<T: Into<Text>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.interest = self.interest.topics(topics);
        self
    }

    /// Asks this function for each message, replayed or live, whether it is sent: the place to look at the rights of
    /// the session's user. It is called with the log locked and must be quick, and must not use the log. With
    /// [`latest`](Self::latest) it is called more than once for some messages.
    pub fn filter(mut self, filter: impl Fn(&Entry<'_>) -> bool + Send + 'static) -> Self {
        self.interest = self.interest.filter(filter);
        self
    }

    /// Reads only the latest of the messages with the same key that this session wants and has not read yet
    /// ([`Interest::latest`]).
    pub fn latest(mut self) -> Self {
        self.interest = self.interest.latest();
        self
    }

    /// Goes on behind the event with this ID, if there is one; from the oldest event that is kept if the log does not
    /// know it.
    pub fn after(mut self, last_event_id: Option<&'a EventId>) -> Self {
        self.start = last_event_id.map_or(self.start, StartAt::After);
        self
    }

    /// Starts here.
    pub fn start_at(mut self, start: StartAt<'a>) -> Self {
        self.start = start;
        self
    }

    /// Says whose session it is: the user's name, say, for limits, counts and reports.
    pub fn key(mut self, key: impl Into<Text>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Opens no more than so many sessions with the same key, this one counted.
    pub fn at_most(mut self, sessions: usize) -> Self {
        self.most = Some(sessions);
        self
    }

    /// Has [`EventLog::publish_awaiting`] wait while this session is more than so many messages behind: the publisher's
    /// patience is the bound in time.
    pub fn awaited(mut self, behind: u64) -> Self {
        self.behind = Some(behind);
        self
    }

    /// The settings of the response.
    pub fn config(mut self, config: SessionConfig) -> Self {
        self.config = config;
        self
    }

    /// Opens the session.
    ///
    /// # Errors
    ///
    /// There are as many sessions with its key as there may be.
    pub fn open(self) -> Result<Session<K>, TooManySessions> {
        self.open_by(Subscribers::join)
    }

    /// Finds the place in the log and joins its readers in one step.
    pub(crate) fn open_by<E>(
        self,
        join: impl FnOnce(&mut Subscribers, Subscription) -> Result<SubscriberId, E>,
    ) -> Result<Session<K>, E> {
        let Self { log, start, interest, key, most, behind, config } = self;
        let mut subscription = Subscription::of(&interest);
        if let Some(key) = key {
            subscription = subscription.key(key);
        }
        if let Some(most) = most {
            subscription = subscription.at_most(most);
        }
        if let Some(behind) = behind {
            subscription = subscription.awaited(behind);
        }
        let mut locked = lock(&log.shared);
        let (state, _) = locked.parts();
        let now = state.clock.now();
        let (cursor, resumed) = state.store.subscribe(interest, start, now);
        let joined = join(&mut state.subscribers, subscription.at(cursor.position()));
        // Before a cursor may be dropped, because its filter is the caller's.
        drop(locked);
        Ok(Session::opened(log, joined?, cursor, resumed, config))
    }
}

impl<K: Runtime> fmt::Debug for Subscribe<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Subscribe");
        shown.field("start", &self.start).field("interest", &self.interest).finish_non_exhaustive()
    }
}
