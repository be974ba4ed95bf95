//! A reader's place in a log, and which messages it wants.

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
    /// Returns a cursor for a custom [`Store`](super::Store): `next` is the position of the next message to read.
    pub const fn new(next: u64, interest: Interest) -> Self {
        Self { next, interest }
    }

    /// Moves the cursor to the message at this position.
    pub fn move_to(&mut self, next: u64) {
        self.next = next;
    }

    /// Moves past a message that the filter refused (`withheld`) or that a later one supersedes, and counts it.
    pub(super) fn pass_over(&mut self, withheld: bool) {
        self.next += 1;
        let Some(choice) = &mut self.interest.choice else { return };
        match withheld {
            true => choice.passed_over.withheld += 1,
            false => choice.passed_over.superseded += 1,
        }
    }

    /// Returns the position of the next message to read. Positions count the messages of a log from 0.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Returns which messages the reader wants.
    pub fn interest(&self) -> &Interest {
        &self.interest
    }

    /// Returns the numbers of messages that the reader did not get although they were kept.
    pub fn passed_over(&self) -> PassedOver {
        self.interest.choice.as_ref().map(|choice| choice.passed_over).unwrap_or_default()
    }
}

/// The numbers of messages that a reader did not get although they were kept.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PassedOver {
    /// Wanted messages that a later wanted one with the same key replaced.
    pub superseded: u64,
    /// Messages that the reader's filter refused.
    pub withheld: u64,
}

/// Which messages a reader wants: all of them by default.
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
    /// The wanted topics in order; `None` wants all messages.
    pub(super) topics: Option<Box<[Text]>>,
    /// The choice among the messages to the topics. Most readers make none.
    pub(super) choice: Option<Box<Choice>>,
}

/// The choice among the messages to the topics, and what it has passed over.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) filter: Option<Filter>,
    pub(super) latest: bool,
    pub(super) passed_over: PassedOver,
}

impl Choice {
    /// Returns whether the filter lets a message through.
    pub(super) fn passes(&self, entry: &Entry<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter(entry))
    }
}

type Filter = Box<dyn Fn(&Entry<'_>) -> bool + Send>;

impl Interest {
    /// Returns the interest in all messages.
    pub const fn all() -> Self {
        Self { topics: None, choice: None }
    }

    /// Wants only messages to any of these topics, and those to no topic, which are for all.
    #[must_use]
    pub fn topics<T: Into<Text>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        let mut topics: alloc::vec::Vec<Text> = topics.into_iter().map(Into::into).collect();
        topics.sort_unstable();
        topics.dedup();
        self.topics = Some(topics.into());
        self
    }

    /// Asks this function about each message to the topics, replayed or live, before it is sent. The function decides
    /// what the reader may see. A client's ID proves nothing, so check the client's rights here. With
    /// [`latest`](Self::latest) it is also asked for later messages with the same key, and so more than once for some.
    #[must_use]
    pub fn filter(mut self, filter: impl Fn(&Entry<'_>) -> bool + Send + 'static) -> Self {
        self.choice.get_or_insert_default().filter = Some(Box::new(filter));
        self
    }

    /// Sends only the latest of the messages with one [key](super::Publication::key) that this reader wants and has not
    /// read. A reader that is late gets the newest state of each thing, and one that keeps up gets everything.
    /// A message is left out only for one that the topics and the filter let through. Messages without a key are never
    /// left out.
    ///
    /// A custom [`Store`](super::Store) may ignore this and send all of them.
    #[must_use]
    pub fn latest(mut self) -> Self {
        self.choice.get_or_insert_default().latest = true;
        self
    }

    /// Returns the topics, in order; `None` for all messages.
    pub fn wanted_topics(&self) -> Option<&[Text]> {
        self.topics.as_deref()
    }

    /// Returns whether a message is wanted, by its topics and by the filter.
    pub fn wants(&self, entry: &Entry<'_>) -> bool {
        self.reads(entry.topics) && self.choice.as_ref().is_none_or(|choice| choice.passes(entry))
    }

    /// Returns whether a message to these topics is wanted, before the filter is asked.
    pub(super) fn reads(&self, topics: &[Text]) -> bool {
        match &self.topics {
            None => true,
            Some(_) if topics.is_empty() => true,
            Some(wanted) => topics.iter().any(|topic| wanted.binary_search(topic).is_ok()),
        }
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
    /// Returns a message to these topics, in order, for a custom [`Store`](super::Store).
    pub const fn new(topics: &'a [Text], encoded: &'a [u8]) -> Self {
        Self { topics, encoded }
    }

    /// Returns the topics that the message was published to, in order; none if it is for all.
    pub fn topics(&self) -> &'a [Text] {
        self.topics
    }

    /// Returns the message as it is sent, with its ID; a [`Decoder`](crate::Decoder) decodes it.
    pub fn encoded(&self) -> &'a [u8] {
        self.encoded
    }
}
