//! A deadline for writes that do not depend on a session.

use core::{
    fmt,
    task::{Context, Poll, ready},
    time::Duration,
};
use std::io;

use sse_proto::Timestamp;

use crate::{Alarm, transport::Timer};

/// Fails the writes of a connection when its peer has taken nothing for too long: the part that the adapters' wrappers of
/// sockets (`WriteTimeout`) share, and that a custom one needs.
pub struct WriteDeadline<T> {
    alarm: Alarm<T>,
    timeout: Option<Duration>,
    /// Since when nothing was taken; `None` while no write waits.
    since: Option<Timestamp>,
}

impl<T: Timer + Default> WriteDeadline<T> {
    /// Lets a write wait for this long; `None` lets it wait for ever.
    pub fn new(timeout: impl Into<Option<Duration>>) -> Self {
        Self { alarm: Alarm::new(T::default()), timeout: timeout.into(), since: None }
    }
}

impl<T: Timer> WriteDeadline<T> {
    /// Passes on what a write, a flush or a shutdown returned, and fails one that is pending for too long. The time begins
    /// when one is pending, and ends when one is ready.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](io::ErrorKind::TimedOut), beside those of the operation.
    pub fn check<R>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            self.since = None;
            return polled;
        }
        let Some(timeout) = self.timeout else { return Poll::Pending };
        let now = self.alarm.now();
        let since = *self.since.get_or_insert(now);
        ready!(self.alarm.poll_from(cx, now, since + timeout));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer took nothing for too long")))
    }
}

impl<T> fmt::Debug for WriteDeadline<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteDeadline").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
