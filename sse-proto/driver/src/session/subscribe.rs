//! Opening a session that reads from a log.

use alloc::{boxed::Box, vec::Vec};
use core::{convert::Infallible, fmt};

use sse_proto::{
    EventId, Message, Text,
    server::{self, Entry, Interest, SessionConfig, StartAt, SubscriberId, Subscribers, Subscription, TooManySessions},
};

use super::{Session, feed::Reading, member::Recipient};
use crate::{
    event_log::EventLog,
    transport::{Runtime, Timer},
};

impl<K: Runtime> EventLog<K> {
    /// Begins to open a session: the builder chooses what it reads, from where on, and whose it is.
    pub fn session(&self) -> Subscribe<'_, K> {
        Subscribe::new(self)
    }
}

/// A session that is about to be opened: what it reads, from where on, and whose it is.
///
/// By default it reads everything that is published from now on.
///
/// ```
/// use sse_driver::{EventId, EventLog, Session, SessionConfig, server::TooManySessions, transport::Runtime};
///
/// fn open<K: Runtime>(
///     log: &EventLog<K>,
///     user: &str,
///     last_event_id: Option<&EventId>,
/// ) -> Result<Session<K>, TooManySessions> {
///     log.session()
///         .topics(["news", user])
///         .after(last_event_id)
///         .config(SessionConfig::new().padding(2048))
///         .key(user)
///         .open_at_most(3) // sessions of this user; `open` sets no bound and has no error
/// }
/// ```
#[must_use = "nothing is read before the session is opened"]
pub struct Subscribe<'a, K: Runtime> {
    log: &'a EventLog<K>,
    start: StartAt<'a>,
    held: bool,
    interest: Interest,
    key: Option<Text>,
    lag: Option<u64>,
    config: SessionConfig,
    first: Option<Box<dyn FnOnce(u64) -> Vec<Message> + 'a>>,
}

impl<'a, K: Runtime> Subscribe<'a, K> {
    fn new(log: &'a EventLog<K>) -> Self {
        let config = SessionConfig::new();
        Self {
            log,
            start: StartAt::Live,
            held: false,
            interest: Interest::all(),
            key: None,
            lag: None,
            config,
            first: None,
        }
    }

    /// Reads only messages to any of these topics, and those to none, which are for all.
    pub fn topics<T: Into<Text>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.interest = self.interest.topics(topics);
        self
    }

    /// Asks this function for each message, replayed or live, whether it is sent: the place to check the rights of the
    /// session's user. It is called with the log locked and must be quick, and must not use the log. With
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

    /// Continues after the event with this ID, if there is one; from the oldest event that is kept if the log does not
    /// know it.
    pub fn after(mut self, last_event_id: Option<&'a EventId>) -> Self {
        self.start = last_event_id.map_or(self.start, StartAt::After);
        self
    }

    /// Continues [after](Self::after) the event with this ID only if it is one of the session's topics. An ID of another
    /// topic counts as one that the log does not know: the client cannot have it from this stream.
    ///
    /// Without this such an ID is harmless for others, because a session never gets messages of other topics. But its
    /// client may miss messages and not learn of it.
    pub fn after_own(mut self, last_event_id: Option<&'a EventId>) -> Self {
        self.held = true;
        self.after(last_event_id)
    }

    /// Sets where the session starts: [`StartAt::Live`] by default.
    pub fn start_at(mut self, start: StartAt<'a>) -> Self {
        self.start = start;
        self
    }

    /// Begins with a snapshot, and continues with everything that is published after it: nothing is lost between the two,
    /// and nothing repeated.
    ///
    /// A client whose ID the log knows resumes after it, if nothing that it wants is gone, and gets no snapshot. Every
    /// other one gets the snapshot, wherever the session starts otherwise: a new client, and one whose ID is gone or
    /// unknown. A session that the log has overtaken ends, and its client reconnects for a new snapshot. None of them gets
    /// a `resync` event ([`server::Session::with_snapshot`]).
    ///
    /// The function gets the position of the snapshot, which is the number of messages published before it. It is called
    /// with the log locked, must be quick, and must not use the log. Hold the lock of the state that it reads during the
    /// whole of [`open`](Self::open), and also during each change of the state together with its
    /// [`publish`](EventLog::publish). The snapshot then has exactly the changes before it.
    ///
    /// Leave IDs out of the messages: the last one gets the ID to resume with.
    ///
    /// ```
    /// use std::{collections::BTreeMap, sync::{Mutex, PoisonError}};
    /// use sse_driver::{EventId, EventLog, Message, Session, server::PublishError, transport::Runtime};
    ///
    /// struct Prices<K: Runtime> {
    ///     current: Mutex<BTreeMap<&'static str, u32>>,
    ///     log: EventLog<K>,
    /// }
    ///
    /// fn line((name, price): (&&'static str, &u32)) -> Message {
    ///     Message::from(format!("{name}: {price}"))
    /// }
    ///
    /// impl<K: Runtime> Prices<K> {
    ///     fn set(&self, name: &'static str, price: u32) -> Result<(), PublishError> {
    ///         let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
    ///         self.log.publish(line((&name, &price)))?;
    ///         current.insert(name, price);
    ///         Ok(())
    ///     }
    ///
    ///     fn session(&self, last_event_id: Option<&EventId>) -> Session<K> {
    ///         let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
    ///         self.log.session().after(last_event_id).first(|_| current.iter().map(line)).open()
    ///     }
    /// }
    /// ```
    pub fn first<M: Into<Message>, I: IntoIterator<Item = M>>(mut self, messages: impl FnOnce(u64) -> I + 'a) -> Self {
        self.first = Some(Box::new(|position| messages(position).into_iter().map(Into::into).collect()));
        self
    }

    /// Sets whose session it is, for limits, counts and reports: for example the user's name.
    pub fn key(mut self, key: impl Into<Text>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Has [`EventLog::publish_awaiting`] wait while this session is more than `lag` messages late. The publisher sets the
    /// longest time that it waits.
    pub fn awaited(mut self, lag: u64) -> Self {
        self.lag = Some(lag);
        self
    }

    /// Sets the settings of the response.
    pub fn config(mut self, config: SessionConfig) -> Self {
        self.config = config;
        self
    }

    /// Opens the session.
    pub fn open(self) -> Session<K> {
        let Ok(session) = self.open_by(|subscribers, all| Ok::<_, Infallible>(subscribers.join_unlimited(all)));
        session
    }

    /// Opens the session unless there are `sessions` with the same [key](Self::key) already. Without a key it always opens.
    ///
    /// # Errors
    ///
    /// There are too many sessions with this key.
    pub fn open_at_most(self, sessions: usize) -> Result<Session<K>, TooManySessions> {
        self.open_by(|subscribers, subscription| subscribers.join(subscription.at_most(sessions)))
    }

    /// Finds the place in the log and joins its readers in one step. What may panic is done before it joins, because the
    /// session counts as one of its key from then on.
    fn open_by<E>(
        self,
        join: impl FnOnce(&mut Subscribers, Subscription) -> Result<SubscriberId, E>,
    ) -> Result<Session<K>, E> {
        let Self { log, start, held, interest, key, lag, config, first } = self;
        let mut subscription = Subscription::of(&interest);
        if let Some(key) = key.clone() {
            subscription = subscription.key(key);
        }
        if let Some(lag) = lag {
            subscription = subscription.awaited(lag);
        }
        let timer = K::Timer::default();
        let seed = timer.seed();
        let mut locked = log.shared.lock();
        let (state, _) = locked.parts();
        let now = state.clock.now();
        let store = &mut *state.store;
        let start = if held { start.held_to(&interest, store) } else { start };
        let (machine, resumed) = match first {
            Some(first) => server::Session::with_snapshot(config, store, interest, start, now, first),
            None => {
                let (cursor, resumed) = store.subscribe(interest, start, now);
                (server::Session::resuming(config, cursor, resumed), resumed)
            }
        };
        let machine = machine.with_seed(seed);
        let recipient = state.observer.clone().map(|observer| Recipient { observer, key });
        let joined = join(&mut state.subscribers, subscription.at(machine.position().unwrap_or_default()));
        let change = joined.as_ref().ok().and_then(|id| state.change(*id));
        // Before the machine may be dropped, because its filter is the caller's.
        drop(locked);
        let reading = Reading::new(log, joined?, machine);
        let session = Session::reading(timer, reading, recipient, resumed);
        if let Some(change) = change {
            // Until then nobody can announce that this key has left: the session is there.
            let mut locked = log.shared.lock();
            let (state, after) = locked.parts();
            state.announce(&change, true, after);
        }
        Ok(session)
    }
}

/// The key is left out.
impl<K: Runtime> fmt::Debug for Subscribe<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Subscribe");
        shown.field("start", &self.start).field("interest", &self.interest).finish_non_exhaustive()
    }
}
