//! Publishing at the pace of readers.

use core::{future::poll_fn, task::Poll, time::Duration};

use sse_proto::{
    EventId,
    server::{Publication, PublishError},
};

use super::{EventLog, state::Watcher};
use crate::{Alarm, transport::Runtime};

/// The result of [`EventLog::publish_acknowledged`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Acknowledged {
    /// The ID of the message: the given one, or one that the log made for the event.
    pub id: Option<EventId>,
    /// The number of sessions that had not received it in time.
    pub late: usize,
}

impl<K: Runtime> EventLog<K> {
    /// Publishes a message when no [awaited](crate::server::Subscribe::awaited) session is too late, or after `patience` at the latest: a
    /// session that is still too late then is treated as all others are.
    ///
    /// Dropping the future before it is ready publishes nothing.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    pub async fn publish_awaiting(
        &self,
        publication: impl Into<Publication>,
        patience: Duration,
    ) -> Result<Option<EventId>, PublishError> {
        let publication = publication.into();
        let mut alarm = Alarm::new(K::Timer::default());
        let deadline = alarm.now() + patience;
        let watcher = Watcher::<K>::new(&self.shared);
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut locked = self.shared.lock();
            let (state, after) = locked.parts();
            if state.store.is_closed() || state.subscribers.keep_up(state.store.end()) {
                return Poll::Ready(());
            }
            after.discard(state.watchers.insert(watcher.number, waker));
            drop(locked);
            alarm.poll(cx, deadline)
        })
        .await;
        self.publish(publication)
    }

    /// Publishes a message, and waits until every session that wants it has it, or until `patience` is over. A session has a
    /// message when the HTTP engine, or the writer that the session writes to, has taken all its bytes. Sessions that end
    /// meanwhile are not waited for.
    ///
    /// The message is published at once: dropping the future only ends the wait.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    pub async fn publish_acknowledged(
        &self,
        publication: impl Into<Publication>,
        patience: Duration,
    ) -> Result<Acknowledged, PublishError> {
        let publication = publication.into();
        let mut alarm = Alarm::new(K::Timer::default());
        let deadline = alarm.now() + patience;
        // Before anybody takes the message, so that each says when it has transmitted it.
        let watcher = Watcher::<K>::new(&self.shared);
        let (id, end) = {
            let mut locked = self.shared.lock();
            let (state, after) = locked.parts();
            (state.publish(publication, after)?, state.store.end())
        };
        let late = poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut locked = self.shared.lock();
            let (state, after) = locked.parts();
            let late = state.subscribers.late(end);
            if late == 0 {
                return Poll::Ready(0);
            }
            after.discard(state.watchers.insert(watcher.number, waker));
            drop(locked);
            alarm.poll(cx, deadline).map(|()| late)
        });
        Ok(Acknowledged { id, late: late.await })
    }
}
