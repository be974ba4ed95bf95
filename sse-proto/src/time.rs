//! Time as a value.

use core::{ops::Add, time::Duration};

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
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(Duration);

impl Timestamp {
    /// The moment `since_epoch` after the caller's epoch.
    pub const fn new(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// The moment `millis` milliseconds after the caller's epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// The time since the caller's epoch.
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// The time from `earlier` to this moment; zero if `earlier` is the later one.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// The moment `wait` later; the greatest possible moment on overflow.
    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}
