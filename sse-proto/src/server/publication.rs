//! What is published, and to whom.

use alloc::{boxed::Box, vec::Vec};
use core::{error::Error, fmt};

use super::UnusableId;
use crate::{Message, Text, hidden::Hidden};

/// A message with the topics that it is published to.
///
/// A message without topics is for all readers. One with several reaches a reader of any of them, once. `Debug` shows the
/// length of the key in place of the key.
///
/// ```
/// use sse_proto::{Message, server::Publication};
///
/// let news = Publication::new("a goal").to(["football", "news"]);
/// let price = Publication::new(Message::from("73.5")).to(["prices"]).key("price of tin");
/// assert_eq!(price.topics().len(), 1);
/// # let _ = news;
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Publication {
    pub(super) message: Message,
    pub(super) topics: Vec<Text>,
    pub(super) key: Option<Text>,
}

impl Publication {
    /// Returns a publication of this message to all readers.
    pub fn new(message: impl Into<Message>) -> Self {
        Self { message: message.into(), topics: Vec::new(), key: None }
    }

    /// Adds topics. A topic that is named twice counts once.
    #[must_use]
    pub fn to<T: Into<Text>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.topics.extend(topics.into_iter().map(Into::into));
        self.topics.sort_unstable();
        self.topics.dedup();
        self
    }

    /// Names what the message is about. The message replaces earlier ones with the same key, for readers who want this one
    /// and only the latest ([`Interest::latest`](super::Interest::latest)), and have not read the earlier ones yet.
    #[must_use]
    pub fn key(mut self, key: impl Into<Text>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Returns the message.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Returns the topics, in order.
    pub fn topics(&self) -> &[Text] {
        &self.topics
    }
}

impl fmt::Debug for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, topics, key } = self;
        let mut shown = f.debug_struct("Publication");
        shown.field("message", message).field("topics", topics);
        shown.field("key", &key.as_ref().map(|key| Hidden(key.len()))).finish()
    }
}

impl<M: Into<Message>> From<M> for Publication {
    fn from(message: M) -> Self {
        Self::new(message)
    }
}

/// What a log keeps of the topics and the key.
#[derive(Debug)]
pub(super) struct Tags {
    pub(super) topics: Box<[Text]>,
    pub(super) key: Option<Text>,
}

impl Tags {
    /// Returns `None` if there are none. Texts are copied: a slice of a received block would keep the block.
    pub(super) fn of(topics: &[Text], key: Option<&Text>) -> Option<Box<Self>> {
        let copied = |text: &Text| Text::from(text.as_str());
        (!topics.is_empty() || key.is_some())
            .then(|| Box::new(Self { topics: topics.iter().map(copied).collect(), key: key.map(copied) }))
    }

    /// Returns how many bytes the topics and the key need, here and in the index.
    pub(super) fn cost(&self) -> usize {
        let text = |text: &Text| 3 * size_of::<Text>() + 2 * text.len() + size_of::<u64>();
        size_of::<Self>() + self.topics.iter().chain(&self.key).map(text).sum::<usize>()
    }
}

/// Why a message was not published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PublishError {
    /// The log makes IDs, and the given one could be one of them; or earlier IDs were given, and the log could make one of
    /// them. Give all events an ID, or none, or choose an epoch.
    AmbiguousId,
    /// The log is closed.
    Closed,
    /// The log numbers [by topic](super::LogConfig::number_by_topic), and the topic's name is empty, as if there were none.
    EmptyTopic,
    /// A custom store did not accept the message.
    Refused,
    /// The log numbers [by topic](super::LogConfig::number_by_topic), and the message has several: give it an ID, or publish
    /// it once for each.
    SeveralTopics,
    /// The message alone exceeds the bound of the log in bytes.
    TooLarge {
        /// The number of bytes it needs, counted as for [`LogConfig::bytes`](super::LogConfig::bytes).
        size: usize,
        /// The greatest number of bytes that the log may have.
        bound: usize,
    },
    /// No client could ask for what follows the event, because its ID would not come back unchanged.
    UnusableId(UnusableId),
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AmbiguousId => {
                f.write_str("IDs given and IDs made by the log could be the same: give all events an ID, or none")
            }
            Self::Closed => f.write_str("the log is closed"),
            Self::EmptyTopic => f.write_str("a log that numbers by topic takes no topic whose name is empty"),
            Self::Refused => f.write_str("the store did not accept the message"),
            Self::SeveralTopics => f.write_str("a log that numbers by topic takes messages to one topic, or to none"),
            Self::TooLarge { size, bound } => {
                write!(f, "the message needs {size} bytes in the log, which may have {bound} in all")
            }
            Self::UnusableId(reason) => write!(f, "no client could resume after an event with this ID: {reason}"),
        }
    }
}

impl Error for PublishError {}
