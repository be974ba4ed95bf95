//! tokio's clock and its sleep.

use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use sse_driver::Timestamp;
use tokio::time::{Instant, Sleep, sleep_until};

/// tokio's timer. It reads tokio's own clock, so that a paused clock pauses it, too.
#[derive(Debug)]
pub struct Timer {
    epoch: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Default for Timer {
    /// A timer whose epoch is now.
    fn default() -> Self {
        Self { epoch: Instant::now(), sleep: None }
    }
}

/// As good as never, and still a moment that a clock can name.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

impl sse_driver::transport::Timer for Timer {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.epoch.elapsed())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        let at = self.epoch + deadline.since_epoch().min(FAR);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(())
    }

    fn seed(&self) -> u64 {
        RandomState::new().hash_one(self.epoch)
    }
}
