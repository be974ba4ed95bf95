//! Holding messages back for a moment, so that several are transmitted together.

use alloc::boxed::Box;
use core::time::Duration;

use crate::Timestamp;

/// Holds back what waits. Most sessions transmit at once and have none.
#[derive(Debug)]
pub(super) struct Coalescing {
    delay: Duration,
    /// When what waits is transmitted; `None` while nothing waits.
    until: Option<Timestamp>,
}

impl Coalescing {
    pub(super) fn new(delay: Duration) -> Option<Box<Self>> {
        (!delay.is_zero()).then(|| Box::new(Self { delay, until: None }))
    }

    /// Returns whether what waits is held back. The time begins with the first message.
    pub(super) fn holds(&mut self, now: Timestamp) -> bool {
        now < *self.until.get_or_insert(now + self.delay)
    }

    /// Has what waits transmitted at once.
    pub(super) fn release(&mut self) {
        self.until = Some(Timestamp::default());
    }

    /// Notes that nothing waits.
    pub(super) fn handle_empty(&mut self) {
        self.until = None;
    }

    pub(super) fn until(&self) -> Option<Timestamp> {
        self.until
    }
}
