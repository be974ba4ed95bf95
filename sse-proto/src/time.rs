//! Time as a value.

use core::{fmt, ops::Add, time::Duration};

/// A moment, as the time since an epoch that the caller chose (for example the start of the program).
///
/// This crate reads no clock: the driver of a state machine passes the time in. It should not run backwards; if it does,
/// the machines wait a little longer and nothing else happens.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::Timestamp;
///
/// let start = Timestamp::default();
/// let later = start + Duration::from_secs(3);
/// assert_eq!(later.since(start), Duration::from_secs(3));
/// assert_eq!(start.since(later), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp {
    /// Five hundred years fit in, and every session of a server keeps several of them.
    nanos: u64,
}

impl Timestamp {
    /// The moment `since_epoch` after the caller's epoch; the greatest possible one, which is 584 years after it, if that is
    /// earlier.
    pub const fn new(since_epoch: Duration) -> Self {
        let nanos = match since_epoch.as_secs().checked_mul(1_000_000_000) {
            None => u64::MAX,
            Some(nanos) => nanos.saturating_add(since_epoch.subsec_nanos() as u64),
        };
        Self { nanos }
    }

    /// The moment `millis` milliseconds after the caller's epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self { nanos: millis.saturating_mul(1_000_000) }
    }

    /// The time since the caller's epoch.
    pub const fn since_epoch(self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    /// The time from `earlier` to this moment; zero if `earlier` is the later one.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// The moment `wait` later; the greatest possible moment on overflow.
    fn add(self, wait: Duration) -> Self {
        Self { nanos: self.nanos.saturating_add(Self::new(wait).nanos) }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timestamp").field(&self.since_epoch()).finish()
    }
}
