//! What a reader of a log joins with.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use super::Interest;
use crate::{Text, hidden::Hidden};

/// The description of a reader that joins. `Debug` shows the length of the key in place of the key.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Subscription {
    pub(super) wanted: Wanted,
    pub(super) key: Option<Text>,
    pub(super) most: Option<usize>,
    pub(super) lag: Option<u64>,
    pub(super) position: u64,
}

impl Subscription {
    /// Returns a subscription to all messages.
    pub fn to_all() -> Self {
        Self::default()
    }

    /// Returns a subscription to nothing, for a session that is counted and drained with the readers of a log, and is fed
    /// from elsewhere. Only [`Subscribers::wake_all`](super::Subscribers::wake_all) wakes it.
    pub fn to_none() -> Self {
        Self { wanted: Wanted::Nothing, position: u64::MAX, ..Self::default() }
    }

    /// Returns a subscription to messages to these topics, and those to none.
    pub fn to<T: Into<Text>>(topics: impl IntoIterator<Item = T>) -> Self {
        let mut topics: Vec<Text> = topics.into_iter().map(Into::into).collect();
        topics.sort_unstable();
        topics.dedup();
        Self { wanted: Wanted::Topics(topics.into()), ..Self::default() }
    }

    /// Returns a subscription to the messages of this interest: those to its topics, or all.
    pub fn of(interest: &Interest) -> Self {
        let wanted = interest.wanted_topics().map_or(Wanted::All, |topics| Wanted::Topics(topics.into()));
        Self { wanted, ..Self::default() }
    }

    /// Sets whose session it is, for example the name of a user.
    #[must_use]
    pub fn key(mut self, key: impl Into<Text>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets how many sessions may have the same key, including this one.
    #[must_use]
    pub fn at_most(mut self, sessions: usize) -> Self {
        self.most = Some(sessions);
        self
    }

    /// Has publishers that ask ([`Subscribers::keep_up`](super::Subscribers::keep_up)) wait while this reader is more than `lag` messages late.
    #[must_use]
    pub fn awaited(mut self, lag: u64) -> Self {
        self.lag = Some(lag);
        self
    }

    /// Sets the position where the reader starts.
    #[must_use]
    pub fn at(mut self, position: u64) -> Self {
        self.position = position;
        self
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, key, most, lag, position } = self;
        let mut shown = f.debug_struct("Subscription");
        shown.field("wanted", wanted).field("key", &key.as_ref().map(|key| Hidden(key.len())));
        shown.field("most", most).field("lag", lag).field("position", position).finish()
    }
}

/// What wakes a reader.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Wanted {
    #[default]
    All,
    Nothing,
    /// Messages to these topics, in order, and those to none.
    Topics(Box<[Text]>),
}
