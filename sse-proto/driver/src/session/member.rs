//! The groups that a session is in, and who gets its reports.

use alloc::{sync::Arc, vec::Vec};
use core::task::Waker;

use sse_proto::{
    Text,
    server::{Observer, SessionInfo, SubscriberId, Subscription, Transmitted},
};

use crate::{
    event_log::{Order, SessionHandle, Sessions, SharedLog},
    transport::Runtime,
};

/// The groups that a session has joined, and the observers of these and of its log. Most sessions have neither.
pub(super) struct Groups<K: Runtime> {
    pub(super) joined: Vec<Membership<K>>,
    pub(super) recipients: Vec<Recipient>,
    /// What was transmitted while there were recipients.
    pub(super) transmitted: Transmitted,
}

/// An observer, and whose session it is in the observer's group.
pub(super) struct Recipient {
    pub(super) observer: Arc<dyn Observer + Send + Sync>,
    pub(super) key: Option<Text>,
}

impl<K: Runtime> Default for Groups<K> {
    fn default() -> Self {
        Self { joined: Vec::new(), recipients: Vec::new(), transmitted: Transmitted::default() }
    }
}

impl Recipient {
    /// Reports about a session that reads these topics. No lock may be held, because an observer may use the log.
    pub(super) fn report(&self, topics: Option<&[Text]>, report: impl Fn(&dyn Observer, &SessionInfo<'_>)) {
        report(&*self.observer, &SessionInfo::new(self.key.as_deref(), topics));
    }
}

/// A session that reads nothing from the group's log, and is ended with the others. Dropping it leaves the group.
pub(super) struct Membership<K: Runtime> {
    shared: Arc<SharedLog<K>>,
    id: SubscriberId,
    /// Whether the session has got the order to finish.
    is_finishing: bool,
}

impl<K: Runtime> Membership<K> {
    /// Joins a group, and returns who gets the group's reports.
    pub(super) fn new(sessions: &Sessions<K>, key: Option<Text>) -> (Self, Option<Recipient>) {
        let mut subscription = Subscription::to_none();
        if let Some(key) = key.clone() {
            subscription = subscription.key(key);
        }
        let mut locked = sessions.shared.lock();
        let (state, _) = locked.parts();
        let recipient = state.observer.clone().map(|observer| Recipient { observer, key });
        let id = state.subscribers.join_unlimited(subscription);
        drop(locked);
        (Self { shared: Arc::clone(&sessions.shared), id, is_finishing: false }, recipient)
    }

    /// Returns what the application wants of the session, and registers the task for the next order.
    pub(super) fn order(&mut self, waker: &Waker) -> Option<Order> {
        let waker = waker.clone();
        let mut locked = self.shared.lock_for_session();
        let (state, after) = locked.parts();
        state.wait(self.id, u64::MAX, waker, after);
        let order = state.order(self.id, self.is_finishing);
        self.is_finishing |= order.is_some();
        order
    }

    /// Returns what the application wants of the session even while its peer takes nothing, and registers the task for the
    /// next order.
    pub(super) fn order_at_once(&self, waker: &Waker) -> Option<Order> {
        let waker = waker.clone();
        let mut locked = self.shared.lock_for_session();
        let (state, after) = locked.parts();
        state.stall(self.id, waker, after);
        state.order_at_once(self.id)
    }

    pub(super) fn handle(&self) -> SessionHandle<K> {
        SessionHandle::new(&self.shared, self.id)
    }

    pub(super) fn is_in(&self, sessions: &Sessions<K>) -> bool {
        Arc::ptr_eq(&self.shared, &sessions.shared)
    }
}

impl<K: Runtime> Drop for Membership<K> {
    fn drop(&mut self) {
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        state.leave(self.id, after);
    }
}
