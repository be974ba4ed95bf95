//! A timer that is set as rarely as possible.

use core::task::{Context, Poll};

use sse_proto::Timestamp;

use crate::transport::Timer;

/// Waits for deadlines that mostly move before they come, as a heartbeat's does with each event: the timer below stays set
/// to the earlier moment, and is set again only when that has come.
#[derive(Debug)]
pub(super) struct Alarm<T> {
    timer: T,
    set: Option<Timestamp>,
}

impl<T: Timer> Alarm<T> {
    pub(super) const fn new(timer: T) -> Self {
        Self { timer, set: None }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.timer.now()
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        let now = self.timer.now();
        self.poll_from(cx, now, deadline)
    }

    /// Polls for `deadline` from `now` on, for a caller who has just read the clock.
    pub(super) fn poll_from(&mut self, cx: &mut Context<'_>, mut now: Timestamp, deadline: Timestamp) -> Poll<()> {
        // The clock decides: a runtime's timer may be late, or out of its budget for this turn.
        while now < deadline {
            let until = self.set.map_or(deadline, |set| set.min(deadline));
            self.set = Some(until);
            if self.timer.poll_until(cx, until).is_pending() {
                return Poll::Pending;
            }
            self.set = None;
            now = self.timer.now();
            if until == deadline && now < deadline {
                // The timer is early: poll again after other tasks had their turn.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        self.set = None;
        Poll::Ready(())
    }
}
