//! The readers of a log.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::{
    error::Error,
    fmt, iter, mem,
    ops::{Deref, DerefMut},
};

use super::{Subscription, drain::Draining, subscription::Wanted};
use crate::Text;

/// The readers of a log: which topics each of them reads, which of them a message wakes, how many there are, and what they
/// have read.
///
/// A reader is woken once when a message comes that it wants, and not again before it [waits](Self::wait): a burst of
/// messages costs each waiting reader one wake, and the others nothing.
///
/// ```
/// use sse_proto::server::{Subscribers, Subscription};
///
/// let mut subscribers = Subscribers::default();
/// let fan = subscribers.join(Subscription::to(["football"]))?;
/// subscribers.wait(fan, 0);
/// let mut woken = Vec::new();
/// subscribers.wake(&["tennis".into()], &mut woken);
/// assert!(woken.is_empty());
/// subscribers.wake(&["football".into()], &mut woken);
/// subscribers.wake(&["football".into()], &mut woken);
/// assert_eq!(woken, [fan]);
/// # Ok::<(), sse_proto::server::TooManySessions>(())
/// ```
pub struct Subscribers {
    slots: Vec<Option<Subscriber>>,
    free: Vec<u32>,
    len: usize,
    pub(super) groups: Vec<Group>,
    free_groups: Vec<u32>,
    pub(super) topics: BTreeMap<Text, u32>,
    /// The slots of the readers with each key.
    pub(super) keys: BTreeMap<Text, Vec<u32>>,
    /// How many have a bound on how late they may be.
    bounded: usize,
    pub(super) draining: Option<Draining>,
}

/// A reader among the [`Subscribers`]. Its number is used again when it has left.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SubscriberId(pub(super) u32);

impl SubscriberId {
    /// Returns the number, which is small enough for an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) key: Option<Box<Text>>,
    pub(super) groups: Memberships,
    /// How many messages it may be late before publishers wait: the greatest number where they never do.
    lag: u64,
    position: u64,
    waits: bool,
    /// The deadline of a drain came before it had ended.
    cut: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    pub(super) group: u32,
    /// Whether the group's list has this reader.
    listed: bool,
}

/// The groups of a reader. Most readers are in one, and there may be tens of thousands: it needs no allocation.
#[derive(Debug)]
pub(super) enum Memberships {
    One([Membership; 1]),
    Several(Box<[Membership]>),
}

impl Deref for Memberships {
    type Target = [Membership];

    fn deref(&self) -> &[Membership] {
        match self {
            Self::One(one) => one,
            Self::Several(several) => several,
        }
    }
}

impl DerefMut for Memberships {
    fn deref_mut(&mut self) -> &mut [Membership] {
        match self {
            Self::One(one) => one,
            Self::Several(several) => several,
        }
    }
}

/// Readers of one topic.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// `None` for the three groups that always exist.
    pub(super) topic: Option<Text>,
    members: usize,
    /// The slots of readers that waited when they were listed, each with the index of this group among the reader's.
    waiting: Vec<(u32, u32)>,
    /// The number of these that have left since.
    gone: usize,
}

/// The groups of those who want all messages, of those who want some and are woken by messages for all, and of those who
/// want none.
pub(super) const WANT_ALL: u32 = 0;
const WANT_SOME: u32 = 1;
const WANT_NONE: u32 = 2;

impl Default for Subscribers {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            len: 0,
            groups: Vec::from([Group::default(), Group::default(), Group::default()]),
            free_groups: Vec::new(),
            topics: BTreeMap::new(),
            keys: BTreeMap::new(),
            bounded: 0,
            draining: None,
        }
    }
}

impl Subscribers {
    /// Adds a reader.
    ///
    /// # Errors
    ///
    /// There are as many sessions with its key as [`at_most`](Subscription::at_most) allows.
    pub fn join(&mut self, subscription: Subscription) -> Result<SubscriberId, TooManySessions> {
        let sessions = subscription.key.as_ref().map_or(0, |key| self.with_key(key));
        match subscription.most.filter(|most| sessions >= *most) {
            None => Ok(self.join_unlimited(subscription)),
            Some(most) => Err(TooManySessions { sessions, most }),
        }
    }

    /// Adds a reader, however many there are with its key.
    pub fn join_unlimited(&mut self, subscription: Subscription) -> SubscriberId {
        let Subscription { wanted, key, lag, position, .. } = subscription;
        let (group, topics) = match &wanted {
            Wanted::All => (WANT_ALL, &[][..]),
            Wanted::Nothing => (WANT_NONE, &[][..]),
            Wanted::Topics(topics) => (WANT_SOME, &topics[..]),
        };
        let first = Membership { group, listed: false };
        let groups = if topics.is_empty() {
            Memberships::One([first])
        } else {
            let others = topics.iter().map(|topic| Membership { group: self.group(topic), listed: false });
            Memberships::Several(iter::once(first).chain(others).collect())
        };
        for membership in &*groups {
            self.groups[membership.group as usize].members += 1;
        }
        self.bounded += usize::from(lag.is_some_and(|lag| lag != u64::MAX));
        self.len += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            if self.slots.len() == self.slots.capacity() {
                // By a quarter rather than to twice as many: there may be tens of thousands.
                self.slots.reserve_exact(self.slots.len() / 4 + 4);
            }
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        if let Some(key) = &key {
            self.keys.entry(key.clone()).or_default().push(slot);
        }
        self.slots[slot as usize] = Some(Subscriber {
            key: key.map(Box::new),
            groups,
            lag: lag.unwrap_or(u64::MAX),
            position,
            waits: false,
            cut: false,
        });
        SubscriberId(slot)
    }

    /// Removes a reader.
    pub fn leave(&mut self, id: SubscriberId) {
        let Some(subscriber) = self.slots.get_mut(id.index()).and_then(Option::take) else { return };
        self.len -= 1;
        self.bounded -= usize::from(subscriber.lag != u64::MAX);
        if let Some(key) = &subscriber.key
            && let Some(slots) = self.keys.get_mut(&**key)
        {
            slots.retain(|slot| *slot != id.0);
            if slots.is_empty() {
                self.keys.remove(&**key);
            }
        }
        for Membership { group, listed } in &*subscriber.groups {
            self.leave_group(*group, *listed);
        }
        self.free.push(id.0);
    }

    /// Notes that a reader has read everything before this position and waits for more.
    pub fn wait(&mut self, id: SubscriberId, position: u64) {
        let Some(Some(subscriber)) = self.slots.get_mut(id.index()) else { return };
        subscriber.position = position;
        subscriber.waits = true;
        for (place, membership) in (0..).zip(&mut *subscriber.groups) {
            if !mem::replace(&mut membership.listed, true) {
                self.groups[membership.group as usize].waiting.push((id.0, place));
            }
        }
    }

    /// Notes that a reader has read everything before this position, and does not wait.
    pub fn advance(&mut self, id: SubscriberId, position: u64) {
        if let Some(Some(subscriber)) = self.slots.get_mut(id.index()) {
            subscriber.position = position;
        }
    }

    /// Adds the readers that wait for a message with these topics to `woken`. They do not wait any more.
    pub fn wake(&mut self, topics: &[Text], woken: &mut Vec<SubscriberId>) {
        self.wake_group(WANT_ALL, woken);
        if topics.is_empty() {
            self.wake_group(WANT_SOME, woken);
        }
        for topic in topics {
            if let Some(group) = self.topics.get(topic) {
                self.wake_group(*group, woken);
            }
        }
    }

    /// Adds all readers that wait to `woken`, for a log that was closed or drains. They do not wait any more.
    pub fn wake_all(&mut self, woken: &mut Vec<SubscriberId>) {
        for group in [WANT_ALL, WANT_SOME, WANT_NONE] {
            self.wake_group(group, woken);
        }
    }

    /// Returns the number of readers.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there is no reader.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of readers that asked for this topic. Those who want all messages are not counted.
    pub fn in_topic(&self, topic: &str) -> usize {
        self.topics.get(topic).map_or(0, |group| self.groups[*group as usize].members)
    }

    /// Returns the number of sessions with this key.
    pub fn with_key(&self, key: &str) -> usize {
        self.keys.get(key).map_or(0, Vec::len)
    }

    /// Returns the key of a reader.
    pub fn key(&self, id: SubscriberId) -> Option<&Text> {
        self.subscriber(id)?.key.as_deref()
    }

    /// Returns the readers with this key.
    pub fn of_key(&self, key: &str) -> impl Iterator<Item = SubscriberId> {
        self.keys.get(key).into_iter().flatten().copied().map(SubscriberId)
    }

    /// Returns the position before which a reader has read everything that it wants, as far as was
    /// [noted](Self::advance).
    pub fn position(&self, id: SubscriberId) -> u64 {
        self.subscriber(id).map_or(0, |subscriber| subscriber.position)
    }

    /// Returns whether a reader [waits](Self::wait) and has not been woken.
    pub fn is_waiting(&self, id: SubscriberId) -> bool {
        self.subscriber(id).is_some_and(|subscriber| subscriber.waits)
    }

    /// Returns whether publishers wait for this reader ([`Subscription::awaited`]).
    pub fn is_awaited(&self, id: SubscriberId) -> bool {
        self.subscriber(id).is_some_and(|subscriber| subscriber.lag != u64::MAX)
    }

    /// Returns whether publishing one more message to a log that ends at `end` keeps every awaited reader within its
    /// allowed lag ([`Subscription::awaited`]).
    pub fn keep_up(&self, end: u64) -> bool {
        let within = |subscriber: &Subscriber| {
            // One that has read everything accepts whatever comes next.
            subscriber.position >= end || end.saturating_add(1) - subscriber.position <= subscriber.lag
        };
        self.bounded == 0 || self.iter().all(|(_, subscriber)| within(subscriber))
    }

    /// Returns the number of readers that have not read everything before this position, of what they want.
    pub fn late(&self, position: u64) -> usize {
        // One that waits has read all that was for it: a message that it wants would have woken it.
        self.iter().filter(|(_, subscriber)| !subscriber.waits && subscriber.position < position).count()
    }

    /// Returns how many messages the slowest reader is late, in a log that ends at `end`: for a reader of some topics, those of
    /// all topics count.
    pub fn lag(&self, end: u64) -> u64 {
        let late = self.iter().filter(|(_, subscriber)| !subscriber.waits);
        late.map(|(_, subscriber)| end.saturating_sub(subscriber.position)).max().unwrap_or_default()
    }

    /// Returns whether the deadline of a drain came before this reader had ended, so that it must give up.
    pub fn is_cut(&self, id: SubscriberId) -> bool {
        matches!(self.slots.get(id.index()), Some(Some(subscriber)) if subscriber.cut)
    }

    /// Cuts all readers, and returns their keys.
    pub(super) fn cut_all(&mut self) -> Vec<Option<Text>> {
        let cut = |subscriber: &mut Subscriber| {
            subscriber.cut = true;
            subscriber.key.as_deref().cloned()
        };
        self.slots.iter_mut().flatten().map(cut).collect()
    }

    pub(super) fn subscriber(&self, id: SubscriberId) -> Option<&Subscriber> {
        self.slots.get(id.index())?.as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SubscriberId, &Subscriber)> {
        (0..).zip(&self.slots).filter_map(|(slot, subscriber)| Some((SubscriberId(slot), subscriber.as_ref()?)))
    }

    /// Returns the group of a topic, which it makes if there is none.
    fn group(&mut self, topic: &Text) -> u32 {
        if let Some(group) = self.topics.get(topic) {
            return *group;
        }
        // A slice of a received block would keep the block.
        let topic = Text::from(topic.as_str());
        let group = self.free_groups.pop().unwrap_or_else(|| {
            self.groups.push(Group::default());
            (self.groups.len() - 1) as u32
        });
        self.groups[group as usize].topic = Some(topic.clone());
        self.topics.insert(topic, group);
        group
    }

    fn leave_group(&mut self, group: u32, listed: bool) {
        let left = &mut self.groups[group as usize];
        left.members -= 1;
        left.gone += usize::from(listed);
        if left.gone > 16 && left.gone > left.waiting.len() / 2 {
            // The slot of one that has left may be another reader's by now, and so be listed twice.
            left.waiting.sort_unstable();
            left.waiting.dedup();
            let slots = &self.slots;
            let waits = |slot: u32, place: u32| {
                let membership = slots.get(slot as usize)?.as_ref()?.groups.get(place as usize)?;
                Some(membership.listed && membership.group == group)
            };
            left.waiting.retain(|(slot, place)| waits(*slot, *place) == Some(true));
            left.gone = 0;
        }
        if left.members == 0
            && let Some(topic) = left.topic.take()
        {
            left.waiting = Vec::new();
            left.gone = 0;
            self.topics.remove(&topic);
            self.free_groups.push(group);
        }
    }

    fn wake_group(&mut self, group: u32, woken: &mut Vec<SubscriberId>) {
        let mut waiting = mem::take(&mut self.groups[group as usize].waiting);
        for (slot, place) in waiting.drain(..) {
            let Some(Some(subscriber)) = self.slots.get_mut(slot as usize) else { continue };
            let Some(membership) = subscriber.groups.get_mut(place as usize) else { continue };
            // The slot of one that has left may be another reader's by now.
            if membership.group == group && mem::replace(&mut membership.listed, false) && subscriber.waits {
                subscriber.waits = false;
                woken.push(SubscriberId(slot));
            }
        }
        // The room is used again.
        self.groups[group as usize].waiting = waiting;
        self.groups[group as usize].gone = 0;
    }
}

/// Shows counts only, because keys may be secret.
impl fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Subscribers");
        shown.field("len", &self.len).field("draining", &self.draining.is_some()).finish_non_exhaustive()
    }
}

/// There are as many sessions with one key as allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooManySessions {
    /// The number of sessions with the key.
    pub sessions: usize,
    /// The greatest number allowed.
    pub most: usize,
}

impl fmt::Display for TooManySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, most } = self;
        write!(f, "there are {sessions} sessions with this key, and at most {most} are allowed")
    }
}

impl Error for TooManySessions {}
