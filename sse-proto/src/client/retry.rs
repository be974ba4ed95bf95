//! How long to wait before the next attempt.

use core::time::Duration;

use crate::random::Random;

/// How long the waits before reconnections are.
///
/// A wait is what was asked for plus a random time, so that clients which lost the same server do not all reconnect at
/// once; it is never shorter than what was asked for. The random time is between zero and the longer of two spans. It
/// is zero if [`jitter`](Self::jitter) is zero; then the wait itself grows with failures.
///
/// The two spans are:
///
/// - [`jitter`](Self::jitter), or a quarter of what was asked for if that is longer, and at most what was asked for.
///   A `retry: 200` is followed by 200 to 400 ms, the default 3 s by 3 to 6 s, a `Retry-After: 60` by 60 to 75 s.
/// - What the wait grows by with failures: what was asked for is multiplied by [`factor`](Self::factor) for each attempt
///   in a row that led to no healthy connection, up to [`ceiling`](Self::ceiling). After three failures, the default 3 s
///   are followed by 3 to 24 s.
///
/// After a lost connection or a request without a response, the time asked for is the reconnection time: the value of
/// the server's last `retry` line, or the configured time if there was none (R-034). After a refused response that is
/// tried again, its `Retry-After` takes the place of the configured time for that wait, even if it is shorter. The
/// server's `retry` value still holds: the longer one wins.
///
/// A connection was healthy if it stayed open for [`healthy_after`](Self::healthy_after), or if it brought an
/// event and ended in order: a server that closes a response after some events wants to be asked again, and not later each
/// time.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::client::{Backoff, ClientConfig};
///
/// // Waits exactly as long as the server asks, every time.
/// let exact = Backoff::new().jitter(Duration::ZERO).factor(1);
/// let config = ClientConfig::get("https://example.com/events")?.backoff(exact);
/// # Ok::<(), sse_proto::client::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    pub(super) floor: Duration,
    pub(super) factor: u32,
    pub(super) ceiling: Duration,
    pub(super) jitter: Duration,
    pub(super) healthy_after: Duration,
    pub(super) retry_ceiling: Duration,
}

impl Backoff {
    /// The default waits.
    pub const fn new() -> Self {
        Self {
            floor: Duration::from_millis(100),
            factor: 2,
            ceiling: Duration::from_secs(30),
            jitter: Duration::from_secs(3),
            healthy_after: Duration::from_secs(1),
            retry_ceiling: Duration::from_secs(24 * 60 * 60),
        }
    }

    /// The shortest wait, whatever the server asks for: 100 ms by default. It keeps `retry: 0` from becoming a hot loop.
    #[must_use]
    pub const fn floor(mut self, wait: Duration) -> Self {
        self.floor = wait;
        self
    }

    /// What the wait is multiplied by for each failure: 2 by default. With 0 or 1 it does not grow.
    #[must_use]
    pub const fn factor(mut self, factor: u32) -> Self {
        self.factor = factor;
        self
    }

    /// The longest wait that failures lead to: 30 s by default. What is asked for may be longer.
    #[must_use]
    pub const fn ceiling(mut self, wait: Duration) -> Self {
        self.ceiling = wait;
        self
    }

    /// The span of the random time before failures stretch it: 3 s by default, adjusted to what was asked for as
    /// described [above](Self). With zero no random time is added: for tests, and for servers that expect the exact time.
    /// Waits then grow by [`factor`](Self::factor) alone.
    #[must_use]
    pub const fn jitter(mut self, span: Duration) -> Self {
        self.jitter = span;
        self
    }

    /// How long a connection has to be open for the waits to start anew: 1 s by default. A server that fails at once is
    /// asked less and less often; one that is restarted every few seconds does not count as failing.
    #[must_use]
    pub const fn healthy_after(mut self, time: Duration) -> Self {
        self.healthy_after = time;
        self
    }

    /// The longest wait that a server can ask for: a day by default. A longer one is reduced to it before the random time
    /// is added, and reported as [`Change::DelayCapped`](super::Change::DelayCapped).
    #[must_use]
    pub const fn retry_ceiling(mut self, wait: Duration) -> Self {
        self.retry_ceiling = wait;
        self
    }

    /// Returns the wait before the next reconnection, after `failures` attempts in a row that led to no healthy
    /// connection. It is `asked` or longer.
    pub(super) fn delay(&self, asked: Duration, failures: u32, random: &mut Random) -> Duration {
        let factor = self.factor.max(1).saturating_pow(failures);
        let grown = asked.saturating_mul(factor).min(self.ceiling).saturating_sub(asked);
        if self.jitter.is_zero() {
            return asked + grown;
        }
        let span = self.jitter.max(asked / 4).min(asked).max(grown);
        asked.saturating_add(random.up_to(span))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Backoff, Random};

    const SECOND: Duration = Duration::from_secs(1);

    /// The shortest and the longest of many waits, in milliseconds.
    fn spread(backoff: Backoff, asked: Duration, failures: u32) -> (u128, u128) {
        let mut random = Random::new(1);
        let waits = (0..2_000).map(|_| backoff.delay(asked, failures, &mut random).as_millis());
        waits.fold((u128::MAX, 0), |(least, most), wait| (least.min(wait), most.max(wait)))
    }

    #[test]
    fn the_random_time_is_added_to_what_was_asked_for() {
        for (asked, failures, least, most) in [
            (200, 0, 200, 400),
            (3_000, 0, 3_000, 6_000),
            (3_000, 1, 3_000, 6_000),
            (3_000, 3, 3_000, 24_000),
            (3_000, u32::MAX, 3_000, 30_000),
            (10_000, 0, 10_000, 13_000),
            (60_000, 0, 60_000, 75_000),
            (60_000, 40, 60_000, 75_000),
        ] {
            let (shortest, longest) = spread(Backoff::default(), Duration::from_millis(asked), failures);
            let near = (longest - shortest) / 100;
            assert!((least..=least + near).contains(&shortest), "{shortest} after {asked}, {failures}");
            assert!((most - near..=most).contains(&longest), "{longest} after {asked}, {failures}");
        }
    }

    #[test]
    fn without_jitter_the_wait_grows_by_the_factor_to_the_ceiling() {
        let backoff = Backoff::new().factor(3).jitter(Duration::ZERO);
        let delays =
            [0, 1, 2, 3, u32::MAX].map(|failures| backoff.delay(SECOND, failures, &mut Random::new(1)).as_secs());
        assert_eq!(delays, [1, 3, 9, 27, 30]);
        assert_eq!(backoff.delay(60 * SECOND, 40, &mut Random::new(1)), 60 * SECOND);
        for factor in [0, 1] {
            let constant = backoff.factor(factor);
            assert_eq!(constant.delay(SECOND, 100, &mut Random::new(1)), SECOND);
        }
    }

    #[test]
    fn no_wait_is_too_long_to_be_added_to() {
        let delay = Backoff::default().delay(Duration::MAX, u32::MAX, &mut Random::new(1));
        assert_eq!(delay, Duration::MAX);
    }
}
