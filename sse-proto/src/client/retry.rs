//! How long to wait before the next attempt.

use core::time::Duration;

/// How the wait grows while a server cannot be reached.
///
/// The wait before a reconnection is never shorter than the reconnection time. After attempts that failed, a
/// random part is added, from a span that doubles with each failure, so that clients which lost the same server do not
/// come back all at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The shortest wait, whatever the server asks for: 100 ms. It keeps `retry: 0` from becoming a hot loop.
    pub floor: Duration,
    /// The longest wait that failures lead to: 30 s. A longer reconnection time still holds.
    pub ceiling: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { floor: Duration::from_millis(100), ceiling: Duration::from_secs(30) }
    }
}

impl Backoff {
    /// The wait before the next attempt, after so many attempts in a row that did not get through.
    pub(super) fn delay(&self, reconnection_time: Duration, failures: u32, jitter: &mut Jitter) -> Duration {
        let base = reconnection_time.max(self.floor);
        let grown = base.saturating_mul(2_u32.saturating_pow(failures)).min(self.ceiling);
        base + jitter.up_to(grown.saturating_sub(base))
    }
}

/// Random numbers from a seed (splitmix64): this crate has no other source of them.
#[derive(Clone, Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Some duration from zero to `most`, in whole milliseconds.
    fn up_to(&mut self, most: Duration) -> Duration {
        let span = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        match span.checked_add(1) {
            None => Duration::from_millis(self.next()),
            Some(count) => Duration::from_millis(self.next() % count),
        }
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Backoff, Jitter};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_wait_is_the_reconnection_time() {
        let mut jitter = Jitter::new(1);
        assert_eq!(Backoff::default().delay(3 * SECOND, 0, &mut jitter), 3 * SECOND);
        assert_eq!(Backoff::default().delay(Duration::ZERO, 0, &mut jitter), Duration::from_millis(100));
    }

    #[test]
    fn later_waits_spread_between_the_reconnection_time_and_the_ceiling() {
        let mut jitter = Jitter::new(1);
        let mut longest = Duration::ZERO;
        for failures in 1..100 {
            let delay = Backoff::default().delay(SECOND, failures, &mut jitter);
            assert!((SECOND..=30 * SECOND).contains(&delay), "{delay:?} after {failures} failures");
            longest = longest.max(delay);
        }
        assert!(longest > 20 * SECOND, "{longest:?}");
    }

    #[test]
    fn a_long_reconnection_time_holds_beyond_the_ceiling() {
        let delay = Backoff::default().delay(60 * SECOND, 40, &mut Jitter::new(1));
        assert_eq!(delay, 60 * SECOND);
    }
}
