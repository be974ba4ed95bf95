//! What the sessions of a log and its handles share.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use core::{mem, task::Waker};

use sse_proto::{
    EventId, Message, Text, Timestamp,
    server::{self, CloseReason, Observer, Presence, Publication, PublishError, Store, SubscriberId, Subscribers},
};

use super::SharedLog;
use crate::{
    lock::After,
    transport::{Runtime, Timer},
};

/// What the application wants of a session.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// To end after what waits, and a farewell.
    Finish(Option<Message>, CloseReason),
    /// To end at once.
    GiveUp(CloseReason),
}

impl Order {
    pub(crate) fn apply(&self, machine: &mut server::Session) {
        match self {
            Self::Finish(farewell, reason) => machine.finish(farewell.as_ref(), *reason),
            Self::GiveUp(reason) => machine.give_up(*reason),
        }
    }
}

pub(super) type Announcer = Box<dyn FnMut(&Presence<'_>) -> Option<Publication> + Send>;

/// What the sessions of a log and its handles share.
pub(crate) struct State<T> {
    pub(crate) subscribers: Subscribers,
    /// The tasks of the sessions that wait for messages, by their numbers.
    wakers: Vec<Option<Waker>>,
    /// The tasks of the sessions that wait for their peers.
    pub(super) stalled: BTreeMap<SubscriberId, Waker>,
    /// Sessions that the application has ended.
    ended: BTreeMap<SubscriberId, Order>,
    /// The sessions that have a handle, with its number.
    handles: BTreeMap<SubscriberId, u64>,
    /// Tasks that wait until sessions have read on or left.
    pub(super) watchers: BTreeMap<u64, Waker>,
    /// The number of [watchers](Watcher), which wait until sessions have transmitted.
    watching: usize,
    numbers: u64,
    pub(crate) observer: Option<Arc<dyn Observer + Send + Sync>>,
    /// Makes the messages about keys that enter and leave topics.
    pub(super) announcer: Option<Announcer>,
    pub(crate) clock: T,
    /// Room for the topics of the message that is being published, and for the sessions that it wakes.
    topics: Vec<Text>,
    woken: Vec<SubscriberId>,
    pub(crate) store: Box<dyn Store + Send>,
}

impl<T: Timer> State<T> {
    pub(super) fn new(clock: T, store: Box<dyn Store + Send>) -> Self {
        Self {
            subscribers: Subscribers::default(),
            wakers: Vec::new(),
            stalled: BTreeMap::new(),
            ended: BTreeMap::new(),
            handles: BTreeMap::new(),
            watchers: BTreeMap::new(),
            watching: 0,
            numbers: 0,
            observer: None,
            announcer: None,
            clock,
            topics: Vec::new(),
            woken: Vec::new(),
            store,
        }
    }

    pub(super) fn publish(
        &mut self,
        publication: Publication,
        after: &mut After,
    ) -> Result<Option<EventId>, PublishError> {
        let mut topics = mem::take(&mut self.topics);
        topics.extend_from_slice(publication.topics());
        let (now, position) = (self.clock.now(), self.store.end());
        let published = self.store.publish(publication, now);
        if published.is_ok() {
            self.subscribers.wake(&topics, &mut self.woken);
            self.wake_woken(position, after);
        }
        topics.clear();
        self.topics = topics;
        published
    }

    pub(super) fn notify(&mut self, topics: &[Text], after: &mut After) {
        self.subscribers.wake(topics, &mut self.woken);
        self.wake_woken(self.store.end(), after);
    }

    /// Wakes the sessions that wait for the log or for their peers, and the watchers.
    pub(super) fn wake_all(&mut self, after: &mut After) {
        self.subscribers.wake_all(&mut self.woken);
        self.wake_woken(self.store.end(), after);
        after.wake(mem::take(&mut self.stalled).into_values());
        self.wake_watchers(after);
    }

    /// Wakes the sessions that have waited. What was published before this position was not for them.
    fn wake_woken(&mut self, position: u64, after: &mut After) {
        let Self { woken, wakers, subscribers, .. } = self;
        if self.store.is_only_source() {
            woken.iter().for_each(|id| subscribers.advance(*id, position));
        }
        after.reserve(woken.len());
        after.wake(woken.drain(..).filter_map(|id| wakers.get_mut(id.index())?.take()));
    }

    /// Wakes the tasks that wait until sessions have read on or left.
    pub(crate) fn wake_watchers(&mut self, after: &mut After) {
        if self.watchers.is_empty() {
            return;
        }
        after.wake(mem::take(&mut self.watchers).into_values());
    }

    /// Takes the waker of a session that waits for messages, to wake or to drop it.
    pub(super) fn waker(&mut self, id: SubscriberId) -> Option<Waker> {
        self.wakers.get_mut(id.index())?.take()
    }

    /// Ends these sessions.
    pub(super) fn end(&mut self, sessions: &[SubscriberId], order: &Order, after: &mut After) {
        for id in sessions {
            self.ended.insert(*id, order.clone());
            after.wake(self.waker(*id));
            after.wake(self.stalled.remove(id));
        }
    }

    /// Returns what the application wants of a session. One that is closed already can only be ended at once.
    pub(crate) fn order(&mut self, id: SubscriberId, is_closed: bool) -> Option<Order> {
        if self.ended.is_empty() && !self.subscribers.is_draining() {
            return None;
        }
        let at_once = self.order_at_once(id);
        if is_closed || at_once.is_some() {
            return at_once;
        }
        let drained = || Some(Order::Finish(Some(self.subscribers.farewell()?), CloseReason::Drained));
        self.ended.get(&id).cloned().or_else(drained)
    }

    /// Returns what the application wants of a session even while its peer takes nothing.
    pub(crate) fn order_at_once(&self, id: SubscriberId) -> Option<Order> {
        match self.ended.get(&id) {
            Some(order @ Order::GiveUp(_)) => Some(order.clone()),
            _ => self.subscribers.is_cut(id).then_some(Order::GiveUp(CloseReason::Cut)),
        }
    }

    /// Returns the number of the handle of a session.
    pub(super) fn handle(&mut self, id: SubscriberId) -> u64 {
        self.numbers += 1;
        *self.handles.entry(id).or_insert(self.numbers)
    }

    /// Returns whether the session with this handle is still there. Its ID may be another session's.
    pub(super) fn is_there(&self, id: SubscriberId, handle: u64) -> bool {
        self.handles.get(&id) == Some(&handle)
    }

    /// Registers the task of a session whose peer takes nothing, so that it is woken when the application ends it.
    pub(crate) fn stall(&mut self, id: SubscriberId, waker: Waker, after: &mut After) {
        after.discard(self.stalled.insert(id, waker));
    }

    /// Asks what a session should do whose peer takes nothing, and registers its task, so that it is woken when the
    /// application ends it.
    pub(crate) fn handle_write_pending(
        &mut self,
        id: SubscriberId,
        machine: &mut server::Session,
        waker: Waker,
        now: Timestamp,
        after: &mut After,
    ) -> server::Output {
        if let Some(order) = self.order_at_once(id) {
            order.apply(machine);
        }
        let output = machine.handle_write_pending(now);
        match output {
            server::Output::Wait { .. } => self.stall(id, waker, after),
            _ => after.discard(Some(waker)),
        }
        output
    }

    /// Returns the position before which there is nothing for this session that it has not read, as far as is known.
    pub(crate) fn nothing_before(&self, id: SubscriberId) -> u64 {
        if self.subscribers.is_waiting(id) && self.store.is_only_source() {
            return self.store.end();
        }
        self.subscribers.position(id)
    }

    /// Returns whether somebody waits for this session to transmit.
    pub(crate) fn is_awaited(&self, id: SubscriberId) -> bool {
        self.watching > 0 || self.subscribers.is_awaited(id)
    }

    /// Registers the task of a session that has read everything before `position` and waits for messages.
    pub(crate) fn wait(&mut self, id: SubscriberId, position: u64, waker: Waker, after: &mut After) {
        self.subscribers.wait(id, position);
        if let Some(more) = (id.index() + 1).checked_sub(self.wakers.len()) {
            // By a quarter rather than to twice as many: there may be tens of thousands.
            self.wakers.reserve_exact(if self.wakers.capacity() > id.index() { 0 } else { more + id.index() / 4 });
            self.wakers.resize(id.index() + 1, None);
        }
        let kept = &mut self.wakers[id.index()];
        let known = kept.as_ref().is_some_and(|kept| kept.will_wake(&waker));
        after.discard(if known { Some(waker) } else { kept.replace(waker) });
    }

    /// Returns whether a session that takes everything before `position` can wait from then on, and not only when it has
    /// transmitted that: there is nothing more in the log, not even its end, and nobody has to know.
    pub(crate) fn may_wait_early(&self, id: SubscriberId, position: u64) -> bool {
        position == self.store.end() && !self.store.is_closed() && !self.is_awaited(id)
    }

    /// Returns the change that a session which has just joined, or is about to leave, brings to its topics.
    pub(crate) fn change(&self, id: SubscriberId) -> Option<Change> {
        self.announcer.as_ref()?;
        let topics = self.subscribers.alone_in(id);
        let key = self.subscribers.key(id).filter(|_| !topics.is_empty())?;
        Some(Change { key: key.clone(), topics })
    }

    /// Publishes what the application says about a change.
    pub(crate) fn announce(&mut self, change: &Change, joined: bool, after: &mut After) {
        let Some(announcer) = &mut self.announcer else { return };
        let presence = |topic: &Option<Text>| announcer(&Presence::new(&change.key, topic.as_deref(), joined));
        let publications: Vec<Publication> = change.topics.iter().filter_map(presence).collect();
        for publication in publications {
            // A log that is closed, or that has no room for the message, cannot announce anything.
            let _ = self.publish(publication, after);
        }
    }

    /// Removes a session, and wakes those who wait for that.
    pub(crate) fn leave(&mut self, id: SubscriberId, after: &mut After) {
        let change = self.change(id);
        self.subscribers.leave(id);
        self.ended.remove(&id);
        self.handles.remove(&id);
        after.discard(self.waker(id));
        after.discard(self.stalled.remove(&id));
        self.wake_watchers(after);
        if let Some(change) = change {
            self.announce(&change, false, after);
        }
    }
}

/// The topics that a key has entered or leaves, with `None` for all messages.
pub(crate) struct Change {
    key: Text,
    topics: Vec<Option<Text>>,
}

/// A task that waits until sessions have read on or left. Dropping it takes the task off the list.
pub(super) struct Watcher<'a, K: Runtime> {
    shared: &'a SharedLog<K>,
    pub(super) number: u64,
}

impl<'a, K: Runtime> Watcher<'a, K> {
    pub(super) fn new(shared: &'a SharedLog<K>) -> Self {
        let mut locked = shared.lock();
        let (state, after) = locked.parts();
        // Those who hold messages back would be waited for.
        after.wake(mem::take(&mut state.stalled).into_values());
        state.numbers += 1;
        state.watching += 1;
        Self { shared, number: state.numbers }
    }
}

impl<K: Runtime> Drop for Watcher<'_, K> {
    fn drop(&mut self) {
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        state.watching -= 1;
        after.discard(state.watchers.remove(&self.number));
    }
}
