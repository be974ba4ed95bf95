//! async-std's sleep.

use std::{
    fmt,
    future::Future,
    hash::{BuildHasher, RandomState},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use async_std::task::sleep;
use sse_driver::Timestamp;

/// async-std's timer.
pub struct Timer {
    epoch: Instant,
    sleep: Option<(Timestamp, Sleep)>,
}

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Default for Timer {
    /// A timer whose epoch is now.
    fn default() -> Self {
        Self { epoch: Instant::now(), sleep: None }
    }
}

impl sse_driver::transport::Timer for Timer {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.epoch.elapsed())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        let now = self.now();
        let (_, sleeping) = match &mut self.sleep {
            Some(set) if set.0 == deadline => set,
            set => set.insert((deadline, Box::pin(sleep(deadline.since(now))))),
        };
        ready!(sleeping.as_mut().poll(cx));
        self.sleep = None;
        Poll::Ready(())
    }

    fn seed(&self) -> u64 {
        RandomState::new().hash_one(self.epoch)
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
