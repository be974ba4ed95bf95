//! How long to wait before the next attempt.

use core::time::Duration;

use crate::random::Random;

/// How the wait grows while a server cannot be reached.
///
/// The wait after the loss of a healthy connection is the reconnection time. With each attempt that leads to no
/// healthy connection, the span of the wait is multiplied by the factor, up to the ceiling, and the wait is a random one
/// from the reconnection time to the end of the span, so that clients which lost the same server do not come back all at
/// once.
///
/// A connection was healthy if it stayed open for [`healthy_after`](Self::healthy_after), or if it brought an
/// event and ended in order: a server that closes a response after some events wants to be asked again, and not later each
/// time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The shortest wait, whatever the server asks for: 100 ms. It keeps `retry: 0` from becoming a hot loop.
    pub floor: Duration,
    /// What the span of the wait is multiplied with after each failure: 2. With 0 or 1 the wait does not grow.
    pub factor: u32,
    /// The longest wait that failures lead to: 30 s. A longer reconnection time still holds.
    pub ceiling: Duration,
    /// Whether the wait is a random one from its span. If not, it is the whole span: `true`.
    pub jitter: bool,
    /// How long a connection has to be open for the waits to start anew: 1 s. A server that falls over at once is asked
    /// less and less; one that is restarted every few seconds is no such server.
    pub healthy_after: Duration,
    /// The longest wait that a server can ask for: a day. A longer one is cut, and reported as
    /// [`Output::DelayCapped`](super::Output::DelayCapped).
    pub retry_ceiling: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            floor: Duration::from_millis(100),
            factor: 2,
            ceiling: Duration::from_secs(30),
            jitter: true,
            healthy_after: Duration::from_secs(1),
            retry_ceiling: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl Backoff {
    /// The wait before the next reconnection, after so many in a row that led to nothing.
    pub(super) fn delay(&self, reconnection_time: Duration, failures: u32, random: &mut Random) -> Duration {
        let base = reconnection_time.max(self.floor);
        let grown = base.saturating_mul(self.factor.max(1).saturating_pow(failures)).min(self.ceiling).max(base);
        if self.jitter { base + random.up_to(grown - base) } else { grown }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Backoff, Random};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_wait_is_the_reconnection_time() {
        let mut random = Random::new(1);
        assert_eq!(Backoff::default().delay(3 * SECOND, 0, &mut random), 3 * SECOND);
        assert_eq!(Backoff::default().delay(Duration::ZERO, 0, &mut random), Duration::from_millis(100));
    }

    #[test]
    fn later_waits_spread_between_the_reconnection_time_and_the_ceiling() {
        let mut random = Random::new(1);
        let mut longest = Duration::ZERO;
        for failures in 1..100 {
            let delay = Backoff::default().delay(SECOND, failures, &mut random);
            assert!((SECOND..=30 * SECOND).contains(&delay), "{delay:?} after {failures} failures");
            longest = longest.max(delay);
        }
        assert!(longest > 20 * SECOND, "{longest:?}");
    }

    #[test]
    fn without_jitter_the_wait_is_the_whole_span() {
        let backoff = Backoff { factor: 3, jitter: false, ..Backoff::default() };
        let delays =
            [0, 1, 2, 3, u32::MAX].map(|failures| backoff.delay(SECOND, failures, &mut Random::new(1)).as_secs());
        assert_eq!(delays, [1, 3, 9, 27, 30]);
        for factor in [0, 1] {
            let constant = Backoff { factor, ..backoff };
            assert_eq!(constant.delay(SECOND, 100, &mut Random::new(1)), SECOND);
        }
    }

    #[test]
    fn a_long_reconnection_time_holds_beyond_the_ceiling() {
        let delay = Backoff::default().delay(60 * SECOND, 40, &mut Random::new(1));
        assert_eq!(delay, 60 * SECOND);
    }
}
