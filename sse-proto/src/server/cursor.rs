//! A reader's place in a log, and what it wants of it.

use alloc::boxed::Box;
use core::fmt;

use crate::Text;

/// A place in a log: the next message to read, and which messages are wanted.
#[derive(Debug)]
pub struct Cursor {
    pub(super) next: u64,
    pub(super) interest: Interest,
}

impl Cursor {
    /// A cursor for a [`Store`](super::Store) of your own: `next` is the position of the next message to read.
    pub const fn new(next: u64, interest: Interest) -> Self {
        Self { next, interest }
    }

    /// Moves to the message at this position.
    pub fn move_to(&mut self, next: u64) {
        self.next = next;
    }

    /// Moves on by one message, which the filter refused or a later one supersedes.
    pub(super) fn pass_over(&mut self, withheld: bool) {
        self.next += 1;
        let Some(choice) = &mut self.interest.choice else { return };
        match withheld {
            true => choice.passed_over.withheld += 1,
            false => choice.passed_over.superseded += 1,
        }
    }

    /// The position of the next message to read. Positions count the messages of a log from 0.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// What is wanted.
    pub fn interest(&self) -> &Interest {
        &self.interest
    }

    /// How many messages the reader did not get for another reason than that they were gone.
    pub fn passed_over(&self) -> PassedOver {
        self.interest.choice.as_ref().map(|choice| choice.passed_over).unwrap_or_default()
    }
}

/// Messages that a reader did not get although they were there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PassedOver {
    /// Wanted messages that a later wanted one with the same key replaced.
    pub superseded: u64,
    /// Messages that the reader's filter refused.
    pub withheld: u64,
}

/// Which messages a reader wants: all of them, unless told otherwise.
///
/// ```
/// use sse_proto::{Timestamp, server::{Interest, EventLog, LogConfig, LogRead, Publication, StartAt}};
///
/// let now = Timestamp::default();
/// let mut log = EventLog::new(LogConfig::new());
/// let interest = Interest::all().topics(["football"]).filter(|entry| !entry.encoded().is_empty());
/// let (mut cursor, _) = log.subscribe_to(interest, StartAt::Live, now);
/// log.publish(Publication::new("a serve").to(["tennis"]), now)?;
/// log.publish(Publication::new("a goal").to(["football"]), now)?;
/// assert_eq!(log.read(&mut cursor, 1024), LogRead::Events("data: a goal\nid: 2\n\n".into()));
/// # Ok::<(), sse_proto::server::PublishError>(())
/// ```
#[derive(Default)]
pub struct Interest {
    /// In order; `None` wants all.
    pub(super) topics: Option<Box<[Text]>>,
    /// Most readers make none.
    pub(super) choice: Option<Box<Choice>>,
}

/// What is chosen among the messages to the topics.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) filter: Option<Filter>,
    pub(super) latest: bool,
    pub(super) passed_over: PassedOver,
}

impl Choice {
    /// Whether the filter lets a message through.
    pub(super) fn passes(&self, entry: &Entry<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter(entry))
    }
}

type Filter = Box<dyn Fn(&Entry<'_>) -> bool + Send>;

impl Interest {
    /// All messages.
    pub const fn all() -> Self {
        Self { topics: None, choice: None }
    }

    /// Only messages to any of these topics, and those to no topic, which are for all.
    #[must_use]
    pub fn topics<T: Into<Text>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        let mut topics: alloc::vec::Vec<Text> = topics.into_iter().map(Into::into).collect();
        topics.sort_unstable();
        topics.dedup();
        self.topics = Some(topics.into());
        self
    }

    /// Asks this function for each message to the topics, replayed or live, before it is sent. The function decides
    /// what the reader may see. A client's ID proves nothing, so check the client's rights here. With
    /// [`latest`](Self::latest) it is also asked for later messages with the same key, and so more than once for some.
    #[must_use]
    pub fn filter(mut self, filter: impl Fn(&Entry<'_>) -> bool + Send + 'static) -> Self {
        self.choice.get_or_insert_default().filter = Some(Box::new(filter));
        self
    }

    /// Sends only the latest of the messages with one [key](super::Publication::key) that this reader wants and has not
    /// read. A reader that has fallen back gets the newest state of each thing, and one that keeps up gets everything.
    /// A message is left out only for one that the topics and the filter let through. Messages without a key are never
    /// left out.
    ///
    /// A custom [`Store`](super::Store) may ignore this and send all of them.
    #[must_use]
    pub fn latest(mut self) -> Self {
        self.choice.get_or_insert_default().latest = true;
        self
    }

    /// The topics, in order; `None` for all messages.
    pub fn wanted_topics(&self) -> Option<&[Text]> {
        self.topics.as_deref()
    }

    /// Whether a message is wanted: by its topics and by the filter.
    pub fn wants(&self, entry: &Entry<'_>) -> bool {
        let by_topic = match &self.topics {
            None => true,
            Some(_) if entry.topics.is_empty() => true,
            Some(wanted) => entry.topics.iter().any(|topic| wanted.binary_search(topic).is_ok()),
        };
        by_topic && self.choice.as_ref().is_none_or(|choice| choice.passes(entry))
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interest").field("topics", &self.topics).finish_non_exhaustive()
    }
}

/// A message of a log, as a filter sees it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    topics: &'a [Text],
    encoded: &'a [u8],
}

impl<'a> Entry<'a> {
    /// A message to these topics, in order, for a [`Store`](super::Store) of your own.
    pub const fn new(topics: &'a [Text], encoded: &'a [u8]) -> Self {
        Self { topics, encoded }
    }

    /// The topics that the message was published to, in order; none if it is for all.
    pub fn topics(&self) -> &'a [Text] {
        self.topics
    }

    /// The message as it is sent, ID and all; a [`Decoder`](crate::Decoder) takes it apart.
    pub fn encoded(&self) -> &'a [u8] {
        self.encoded
    }
}
