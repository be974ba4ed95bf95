//! The settings of a log, and the results of subscribing and reading.

use core::{fmt, time::Duration};

use bytes::Bytes;

use crate::{
    EventId,
    hidden::Hidden,
    server::{Interest, Store},
};

/// The bounds of an [`EventLog`](super::EventLog).
///
/// ```
/// use core::time::Duration;
/// use sse_proto::server::LogConfig;
///
/// let config = LogConfig::new().events(10_000).bytes(16 * 1024 * 1024).age(Duration::from_secs(3600));
/// # let _ = config;
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogConfig {
    pub(super) events: usize,
    pub(super) bytes: usize,
    pub(super) age: Option<Duration>,
    pub(super) epoch: Option<u64>,
    pub(super) by_topic: bool,
}

impl LogConfig {
    /// Returns the default bounds.
    pub const fn new() -> Self {
        Self { events: 1024, bytes: 1024 * 1024, age: None, epoch: None, by_topic: false }
    }

    /// Sets how many messages are kept: 1024 by default.
    #[must_use]
    pub fn events(mut self, events: usize) -> Self {
        self.events = events;
        self
    }

    /// Sets how many bytes are kept, including what the log itself needs for each message: 1 MiB by default. Up to a
    /// quarter of it comes on top for a moment, because bytes are shared and freed in segments.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets how long a message is kept; `None`, the default, sets no bound.
    #[must_use]
    pub fn age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.age = age.into();
        self
    }

    /// Sets a number that goes before the IDs which the log makes, so that IDs of an earlier log, before a restart, do not
    /// count as its own: for example the time of the start. With `None`, the default, an adapter's log chooses one at
    /// random, and the log of this crate alone makes plain numbers.
    #[must_use]
    pub fn epoch(mut self, epoch: impl Into<Option<u64>>) -> Self {
        self.epoch = epoch.into();
        self
    }

    /// Has the log number the messages of each topic by themselves: an ID is the number, a hyphen and the topic. By default
    /// the messages of the log have one sequence of numbers.
    ///
    /// This is for streams of different clients in one log, a topic each: users, or calls of the Model Context Protocol.
    /// From its IDs a client learns nothing about other streams, and an ID is held to its stream: to a reader that does not
    /// want its topic it is [`Resumed::Unknown`], whether there is such a message or not. A server may refuse it then, or let
    /// the client have all that is kept of its own stream. Counts of missed messages leave out other topics.
    ///
    /// A message without a given ID has one topic then, whose name is not empty, or none
    /// ([`PublishError::SeveralTopics`](crate::server::PublishError::SeveralTopics),
    /// [`EmptyTopic`](crate::server::PublishError::EmptyTopic)), and the name of the topic is in the ID. Of topics whose messages
    /// are all gone the log remembers as many as it has messages. The others are forgotten: their IDs count as those of an
    /// earlier log ([`Resumed::Stale`]), and their numbers go on from a higher power of two.
    ///
    /// ```
    /// use sse_proto::{EventId, Timestamp, server::{EventLog, Interest, LogConfig, Publication, Resumed, StartAt}};
    ///
    /// let now = Timestamp::default();
    /// let mut log = EventLog::new(LogConfig::new().number_by_topic());
    /// for (topic, data) in [("ann", "hello"), ("bob", "hi"), ("ann", "again")] {
    ///     log.publish(Publication::new(data).to([topic]), now)?;
    /// }
    /// let bob = || Interest::all().topics(["bob"]);
    /// let own = EventId::new("1-bob").unwrap();
    /// assert_eq!(log.subscribe_to(bob(), StartAt::After(&own), now).1, Resumed::Exact);
    /// for id in ["2-ann", "7-ann"] {
    ///     let id = EventId::new(id).unwrap();
    ///     assert_eq!(log.subscribe_to(bob(), StartAt::After(&id), now).1, Resumed::Unknown);
    /// }
    /// # Ok::<(), sse_proto::server::PublishError>(())
    /// ```
    #[must_use]
    pub fn number_by_topic(mut self) -> Self {
        self.by_topic = true;
        self
    }

    /// Sets the [epoch](Self::epoch) unless the caller has set one. This is for drivers, which have a random number for
    /// each log.
    #[must_use]
    pub fn or_epoch(mut self, epoch: u64) -> Self {
        self.epoch.get_or_insert(epoch);
        self
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a reader starts. `Debug` shows the length of an ID in place of the ID.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum StartAt<'a> {
    /// After the event with this ID; at the oldest kept one if the log does not have the event any more or never had.
    After(&'a EventId),
    /// With the next message that is published.
    Live,
    /// With the oldest message that is kept.
    Oldest,
}

impl StartAt<'_> {
    /// Holds an ID to the topics of a reader: an ID of a message to other topics counts as unknown, because the reader
    /// cannot have received it. An ID whose message is not kept stays as it is; nothing is known about it. A log that numbers
    /// [by topic](LogConfig::number_by_topic) does it by itself, and whether the message is kept or not.
    ///
    /// ```
    /// use sse_proto::{Timestamp, server::{EventLog, Interest, LogConfig, Publication, Resumed, StartAt}};
    ///
    /// let now = Timestamp::default();
    /// let mut log = EventLog::new(LogConfig::new());
    /// let id = log.publish(Publication::new("for ann").to(["ann"]), now)?.unwrap();
    /// let bob = Interest::all().topics(["bob"]);
    /// let start = StartAt::After(&id).held_to(&bob, &log);
    /// let (_, resumed) = log.subscribe_to(bob, start, now);
    /// assert_eq!(resumed, Resumed::Unknown);
    /// # Ok::<(), sse_proto::server::PublishError>(())
    /// ```
    #[must_use]
    pub fn held_to(self, interest: &Interest, log: &(impl Store + ?Sized)) -> Self {
        static UNUSABLE: EventId = EventId::unusable();
        match self {
            Self::After(id) if log.topics_of(id).is_some_and(|topics| !interest.reads(topics)) => {
                Self::After(&UNUSABLE)
            }
            start => start,
        }
    }
}

impl fmt::Debug for StartAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(id) => f.debug_tuple("After").field(&Hidden(id.len())).finish(),
            Self::Live => f.write_str("Live"),
            Self::Oldest => f.write_str("Oldest"),
        }
    }
}

/// Where a reader starts, compared with where it wished to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Resumed {
    /// As asked, and nothing is missing.
    Exact,
    /// The log knows the event, but messages after it are gone.
    Gap {
        /// The number of messages. For a reader of some topics, those of all topics: as far as the log can tell, at least
        /// one that it wanted is among them. In a log that numbers [by topic](LogConfig::number_by_topic), those of the ID's
        /// topic, or 1.
        missed: u64,
    },
    /// An earlier log made the ID, for example before a restart: what came after it there is not known.
    Stale,
    /// The log does not know the ID, or several events had it: some events may be missing, and some may come again.
    Unknown,
}

/// The result of a read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LogRead {
    /// The log was closed, and everything has been read.
    Closed,
    /// One or more whole encoded messages.
    Events(Bytes),
    /// The reader was so slow that messages are gone that it had not read. The cursor is at the oldest kept one.
    Lagged {
        /// The number of messages that are gone; for a reader of some topics, counted as in [`Resumed::Gap`].
        missed: u64,
    },
    /// Everything has been read.
    UpToDate,
}
