//! What the connections of a server know of its stop.

use alloc::{collections::BTreeMap, sync::Arc};
use core::{
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use crate::lock::lock;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU8, Ordering};

/// What a server wants of its connections. It only goes forward.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
enum Phase {
    Serving,
    /// Connections end after the response that they are at.
    Stopping,
    /// Connections end now.
    Cut,
}

/// Shared by a server and its connections.
#[derive(Debug)]
pub(super) struct Stop {
    phase: AtomicU8,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    /// The tasks of the connections, by number: `None` until a task has registered itself for this phase.
    wakers: BTreeMap<u64, Option<Waker>>,
    numbers: u64,
    /// The task of the server, when it waits for a connection to end.
    server: Option<Waker>,
}

impl Stop {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { phase: AtomicU8::new(Phase::Serving as u8), members: Mutex::default() })
    }

    /// Has the connections end after the response that they are at.
    pub(super) fn begin(&self) {
        self.go_to(Phase::Stopping);
    }

    /// Ends the connections that there are, and returns their number.
    pub(super) fn cut(&self) -> usize {
        self.go_to(Phase::Cut)
    }

    /// Adds a connection.
    pub(super) fn join(self: &Arc<Self>) -> Member {
        let mut locked = lock(&self.members);
        let (members, _) = locked.parts();
        members.numbers += 1;
        let number = members.numbers;
        members.wakers.insert(number, None);
        Member { stop: Arc::clone(self), number, registered: None }
    }

    /// Waits until there are fewer connections than this number.
    pub(super) fn poll_fewer_than(&self, cx: &Context<'_>, connections: usize) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut locked = lock(&self.members);
        let (members, after) = locked.parts();
        if members.wakers.len() < connections {
            after.discard(Some(waker));
            return Poll::Ready(());
        }
        after.discard(members.server.replace(waker));
        Poll::Pending
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.phase.load(Ordering::Acquire) != Phase::Serving as u8
    }

    /// Returns the number of connections, all of which are woken.
    fn go_to(&self, phase: Phase) -> usize {
        // Before the wakers are taken: a task that registers itself later sees the new phase.
        self.phase.store(phase as u8, Ordering::Release);
        let mut locked = lock(&self.members);
        let (members, after) = locked.parts();
        after.wake(members.wakers.values_mut().filter_map(Option::take));
        members.wakers.len()
    }
}

/// A connection of a server. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Member {
    stop: Arc<Stop>,
    number: u64,
    /// The phase in which this connection's task has registered itself, and its waker.
    registered: Option<(u8, Waker)>,
}

impl Member {
    pub(super) fn stop(&self) -> &Arc<Stop> {
        &self.stop
    }

    /// Runs a future unless the connections are cut meanwhile. The task is also woken when the stop begins.
    pub(super) async fn until_cut<F: Future>(&mut self, mut work: Pin<&mut F>) -> Option<F::Output> {
        poll_fn(|cx| {
            if self.register(cx.waker()) == Phase::Cut as u8 {
                return Poll::Ready(None);
            }
            work.as_mut().poll(cx).map(Some)
        })
        .await
    }

    /// Registers the task for the next phase, and returns the current one.
    fn register(&mut self, waker: &Waker) -> u8 {
        let phase = self.stop.phase.load(Ordering::Acquire);
        if self.registered.as_ref().is_some_and(|(seen, kept)| *seen == phase && kept.will_wake(waker)) {
            return phase;
        }
        self.registered = Some((phase, waker.clone()));
        let waker = waker.clone();
        let mut locked = lock(&self.stop.members);
        let (members, after) = locked.parts();
        if let Some(kept) = members.wakers.get_mut(&self.number) {
            after.discard(kept.replace(waker));
        }
        drop(locked);
        // It may have changed before the task was registered.
        self.stop.phase.load(Ordering::Acquire)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut locked = lock(&self.stop.members);
        let (members, after) = locked.parts();
        after.discard(members.wakers.remove(&self.number).flatten());
        after.wake(mem::take(&mut members.server));
    }
}

#[cfg(all(test, loom))]
mod models {
    use alloc::sync::Arc;
    use core::{
        future::{pending, poll_fn},
        pin::pin,
    };

    use loom::{future::block_on, thread};

    use super::Stop;

    #[test]
    fn a_connection_is_cut_whenever_the_server_stops() {
        loom::model(|| {
            let stop = Stop::new();
            let mut member = stop.join();
            let connection = thread::spawn(move || {
                block_on(async {
                    assert!(member.until_cut(pin!(pending::<()>())).await.is_none());
                });
            });
            stop.begin();
            stop.cut();
            block_on(poll_fn(|cx| stop.poll_fewer_than(cx, 1)));
            connection.join().unwrap();
            assert_eq!(Arc::strong_count(&stop), 1);
        });
    }
}
