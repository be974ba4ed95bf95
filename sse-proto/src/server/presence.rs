//! Who is there: the keys of the readers of each topic.

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use super::{
    SubscriberId, Subscribers,
    subscribers::{Membership, WANT_ALL},
};
use crate::Text;

/// The change of a topic's readers that the first session of a key brings, and the last one when it leaves.
#[derive(Clone, Copy, Eq, PartialEq)]
#[non_exhaustive]
pub struct Presence<'a> {
    /// Whose sessions they are.
    pub key: &'a str,
    /// The topic; `None` for sessions that read all messages.
    pub topic: Option<&'a str>,
    /// Whether the first session of the key has joined; otherwise the last one has left.
    pub joined: bool,
}

impl<'a> Presence<'a> {
    /// Returns the description of this change.
    pub const fn new(key: &'a str, topic: Option<&'a str>, joined: bool) -> Self {
        Self { key, topic, joined }
    }
}

impl Subscribers {
    /// Returns the keys that readers have, in order, each once.
    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        self.keys.keys()
    }

    /// Returns the keys of the readers that asked for this topic, in order, each once. It looks at every reader.
    pub fn keys_in(&self, topic: &str) -> Vec<Text> {
        let Some(group) = self.topics.get(topic) else { return Vec::new() };
        let members = self.iter().filter(|(_, subscriber)| is_in(&subscriber.groups, *group));
        let keys: BTreeSet<&Text> = members.filter_map(|(_, subscriber)| subscriber.key.as_deref()).collect();
        keys.into_iter().cloned().collect()
    }

    /// Returns the topics in which this reader is the only one of its key, with `None` for all messages: those that the key
    /// has entered when the reader has just joined, and those that it leaves when the reader leaves. A reader without a key
    /// is in none.
    pub fn alone_in(&self, id: SubscriberId) -> Vec<Option<Text>> {
        let Some(subscriber) = self.subscriber(id) else { return Vec::new() };
        let Some(key) = &subscriber.key else { return Vec::new() };
        let others: Vec<_> =
            self.of_key(key).filter(|other| *other != id).filter_map(|other| self.subscriber(other)).collect();
        let alone = |group: u32| !others.iter().any(|other| is_in(&other.groups, group));
        let topic = |membership: &Membership| match &self.groups[membership.group as usize].topic {
            Some(topic) => Some(Some(topic.clone())),
            None => (membership.group == WANT_ALL).then_some(None),
        };
        subscriber.groups.iter().filter(|membership| alone(membership.group)).filter_map(topic).collect()
    }
}

fn is_in(groups: &[Membership], group: u32) -> bool {
    groups.iter().any(|membership| membership.group == group)
}

/// The key is left out, because it may be secret.
impl fmt::Debug for Presence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, joined, .. } = self;
        f.debug_struct("Presence").field("topic", topic).field("joined", joined).finish_non_exhaustive()
    }
}
