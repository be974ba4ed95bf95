//! A runtime's timer as hyper's.

use alloc::boxed::Box;
use core::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use hyper::rt;
use sse_proto::Timestamp;

use crate::{Alarm, transport::Timer};

/// Makes the timers that hyper asks for.
pub(super) struct HyperTimer<T>(PhantomData<fn() -> T>);

impl<T> HyperTimer<T> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Timer + Default + Send + 'static> rt::Timer for HyperTimer<T> {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        let alarm = Alarm::new(T::default());
        let deadline = alarm.now() + duration;
        Box::pin(Sleep { alarm: Mutex::new(alarm), deadline })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }
}

impl<T> fmt::Debug for HyperTimer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTimer").finish_non_exhaustive()
    }
}

/// Is ready at its deadline.
struct Sleep<T> {
    /// Behind a lock because hyper wants it to be `Sync`.
    alarm: Mutex<Alarm<T>>,
    deadline: Timestamp,
}

impl<T: Timer + Send> rt::Sleep for Sleep<T> {}

/// Nothing in it is ever pinned.
impl<T> Unpin for Sleep<T> {}

impl<T: Timer> Future for Sleep<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { alarm, deadline } = self.get_mut();
        alarm.get_mut().unwrap_or_else(PoisonError::into_inner).poll(cx, *deadline)
    }
}
