//! The lock around what tasks share, and what has to wait until the lock is free.

use alloc::{boxed::Box, vec::Vec};
use core::{any::Any, mem, ops::Deref, panic::AssertUnwindSafe, task::Waker};
use std::{panic::catch_unwind, sync::PoisonError};

use crate::{
    sync::{Mutex, MutexGuard},
    unwind,
};

/// Locks what tasks share.
///
/// A lock that a panic has poisoned is used on: the machines never leave anything half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    Locked { state: hold(mutex), after: After::default() }
}

/// Access to what tasks share, with a list of what to do when the lock is free again.
///
/// Waking a task and dropping a waker run code of the executor, which may poll the task there and then, so that it asks
/// for the same lock. Dropping this value therefore unlocks first, then drops the stale wakers, then wakes the tasks;
/// also while a panic unwinds. Cloning a waker is code of the executor as well: clone it before the lock is taken.
pub(crate) struct Locked<'a, T> {
    // The fields are dropped in this order, and are private so that nobody takes them apart.
    state: MutexGuard<'a, T>,
    after: After,
}

impl<T> Locked<'_, T> {
    /// Returns what the lock guards, and the list of what to do after the release.
    pub(crate) fn parts(&mut self) -> (&mut T, &mut After) {
        (&mut self.state, &mut self.after)
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state
    }
}

/// What to do when a lock is free again. Nothing in it is allocated for the first waker of each kind.
#[derive(Default)]
pub(crate) struct After {
    stale: Wakers,
    woken: Wakers,
}

impl After {
    /// Drops a waker after the release of the lock.
    pub(crate) fn discard(&mut self, waker: Option<Waker>) {
        self.stale.extend(waker);
    }

    /// Wakes tasks after the release of the lock.
    pub(crate) fn wake(&mut self, tasks: impl IntoIterator<Item = Waker>) {
        self.woken.extend(tasks);
    }

    /// Makes room for this number of tasks to wake, so that the list does not grow step by step.
    pub(crate) fn reserve(&mut self, tasks: usize) {
        self.woken.rest.reserve_exact(tasks.saturating_sub(1));
    }
}

impl Drop for After {
    fn drop(&mut self) {
        if self.stale.is_empty() && self.woken.is_empty() {
            return;
        }
        let dropping = self.stale.drain(drop);
        let waking = self.woken.drain(Waker::wake);
        if let Some(panic) = dropping.or(waking) {
            unwind::resume(panic);
        }
    }
}

/// Some wakers, mostly one at most.
#[derive(Default)]
struct Wakers {
    first: Option<Waker>,
    rest: Vec<Waker>,
}

impl Wakers {
    fn extend(&mut self, wakers: impl IntoIterator<Item = Waker>) {
        for waker in wakers {
            match &self.first {
                None => self.first = Some(waker),
                Some(_) => self.rest.push(waker),
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Hands each waker to `act`, also those after one that panics. Returns the first panic.
    fn drain(&mut self, act: fn(Waker)) -> Option<Box<dyn Any + Send>> {
        let mut wakers = self.first.take().into_iter().chain(mem::take(&mut self.rest));
        let mut first = None;
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| wakers.by_ref().for_each(act))) {
            first.get_or_insert(panic);
        }
        first
    }
}

/// Locks what one task uses at a time, and which is behind a lock for the compiler's sake. A panic of the application's
/// code under this lock does no harm: the machines never leave anything half done.
pub(crate) fn hold<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use alloc::{sync::Arc, task::Wake, vec::Vec};
    use core::{panic::AssertUnwindSafe, task::Waker};
    use std::{
        panic::catch_unwind,
        sync::{Mutex, TryLockError},
    };

    use super::lock;

    /// What happened, in order.
    type Events = Arc<Mutex<Vec<&'static str>>>;

    struct Task {
        events: Events,
        woken: &'static str,
        panics: bool,
    }

    impl Task {
        fn waker(events: &Events, woken: &'static str, panics: bool) -> Waker {
            Arc::new(Self { events: Arc::clone(events), woken, panics }).into()
        }
    }

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            push(&self.events, self.woken);
            assert!(!self.panics, "a waker that panics");
        }
    }

    impl Drop for Task {
        fn drop(&mut self) {
            push(&self.events, "dropped");
        }
    }

    fn push(events: &Events, event: &'static str) {
        match events.try_lock() {
            Ok(mut events) => events.push(event),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().push(event),
            Err(TryLockError::WouldBlock) => panic!("a waker ran under the lock"),
        }
    }

    #[test]
    fn wakers_run_after_the_release_and_the_stale_ones_first() {
        let events = Events::default();
        let mut locked = lock(&events);
        let (list, after) = locked.parts();
        after.wake([Task::waker(&events, "first", false), Task::waker(&events, "second", false)]);
        after.discard(Some(Task::waker(&events, "stale", false)));
        list.push("locked");
        drop(locked);
        assert_eq!(*lock(&events), ["locked", "dropped", "first", "dropped", "second", "dropped"]);
    }

    #[test]
    fn a_waker_that_panics_costs_the_others_nothing() {
        let events = Events::default();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let tasks = ["first", "second", "third"].map(|name| Task::waker(&events, name, name != "third"));
            lock(&events).parts().1.wake(tasks);
        }));
        assert!(panicked.is_err());
        assert_eq!(*lock(&events), ["first", "dropped", "second", "dropped", "third", "dropped"]);
    }

    #[test]
    fn tasks_are_woken_when_the_holder_of_the_lock_panics() {
        let events = Events::default();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut locked = lock(&events);
            locked.parts().1.wake([Task::waker(&events, "first", true)]);
            panic!("under the lock");
        }));
        assert!(panicked.is_err());
        assert_eq!(*lock(&events), ["first", "dropped"]);
    }
}
