//! Where a client that is being judged writes down what happens.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Action, Do, Entry};

/// The log of one client. It tells the client what to do, and when to stop.
#[derive(Debug)]
pub struct Journal {
    action: Option<Action>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    log: Vec<Entry>,
    acted: bool,
    stopped: bool,
    wakers: Vec<Waker>,
}

/// What a client has to do after it has written something down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Reaction {
    /// Call `close()` now, and write down whatever comes all the same.
    Close,
    /// Go on.
    Continue,
    /// Give the connection up and connect again at once, if it can do that.
    Restart,
}

impl Journal {
    /// An empty log of a client that is told to do this on the way.
    pub fn new(action: Option<Action>) -> Self {
        Self { action, state: Mutex::default() }
    }

    /// Writes down what happened, at the moment when it happened.
    pub fn record(&self, entry: Entry) -> Reaction {
        let mut state = self.lock();
        let due = self.action.as_ref().filter(|action| !state.acted && action.on == entry.to_string());
        let reaction = due.map_or(Reaction::Continue, |action| match action.what {
            Do::Close => Reaction::Close,
            Do::Restart => Reaction::Restart,
        });
        state.acted |= reaction != Reaction::Continue;
        state.log.push(entry);
        reaction
    }

    /// Whether everything has been seen: the client is to close its connection and return.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Waits until everything has been seen.
    pub fn stopped(&self) -> Stopped<'_> {
        Stopped(self)
    }

    /// What was written down so far.
    pub fn log(&self) -> Vec<Entry> {
        self.lock().log.clone()
    }

    #[cfg_attr(not(feature = "peer"), expect(dead_code, reason = "the bare machine stops by itself"))]
    pub(super) fn stop(&self) {
        let wakers = {
            let mut state = self.lock();
            state.stopped = true;
            core::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is ready when everything has been seen: see [`Journal::stopped`].
#[derive(Debug)]
pub struct Stopped<'a>(&'a Journal);

impl Future for Stopped<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.stopped {
            return Poll::Ready(());
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}
