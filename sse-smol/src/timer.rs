//! smol's timer.

use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use sse_driver::Timestamp;

/// smol's timer.
#[derive(Debug)]
pub struct Timer {
    epoch: Instant,
    timer: smol::Timer,
    set: Option<Timestamp>,
}

impl Default for Timer {
    /// A timer whose epoch is now.
    fn default() -> Self {
        Self { epoch: Instant::now(), timer: smol::Timer::never(), set: None }
    }
}

/// As good as never, and still a moment that a clock can name.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

impl sse_driver::transport::Timer for Timer {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.epoch.elapsed())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        if self.set != Some(deadline) {
            self.timer.set_at(self.epoch + deadline.since_epoch().min(FAR));
            self.set = Some(deadline);
        }
        ready!(Pin::new(&mut self.timer).poll(cx));
        self.set = None;
        Poll::Ready(())
    }

    fn seed(&self) -> u64 {
        RandomState::new().hash_one(self.epoch)
    }
}
