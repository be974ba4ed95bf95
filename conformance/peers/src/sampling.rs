//! Interleaved rounds: each contender in turn, round after round, so that a noisy moment hits all of them.

use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// The least time of a contender in a round.
    pub(crate) per_round: Duration,
    /// The size of a corpus in bytes.
    pub(crate) corpus_len: usize,
}

impl Effort {
    pub(crate) const fn full(rounds: usize) -> Self {
        Self { rounds, per_round: Duration::from_millis(60), corpus_len: 8 * 1024 * 1024 }
    }

    /// Shows that everything runs, not how fast.
    pub(crate) const fn smoke() -> Self {
        Self { rounds: 1, per_round: Duration::from_millis(1), corpus_len: 256 * 1024 }
    }
}

/// A contender at its work.
pub(crate) struct Task<'a> {
    /// What one pass does, in the unit of the rate.
    pub(crate) amount: f64,
    /// Does one pass and says how long that took.
    pub(crate) pass: Box<dyn FnMut() -> Duration + 'a>,
}

/// The rates per second of each task, by round.
pub(crate) fn interleave(tasks: &mut [Task<'_>], effort: Effort) -> Vec<Vec<f64>> {
    let count = tasks.len();
    let mut rates = vec![Vec::with_capacity(effort.rounds); count];
    for round in 0..effort.rounds {
        for place in 0..count {
            // No contender always follows the same one.
            let place = if round % 2 == 0 { place } else { count - 1 - place };
            let at = (place + round) % count;
            let task = &mut tasks[at];
            let mut time = Duration::ZERO;
            let mut passes = 0_u32;
            while time < effort.per_round || passes == 0 {
                time += (task.pass)();
                passes += 1;
            }
            rates[at].push(task.amount * f64::from(passes) / time.as_secs_f64());
        }
    }
    rates
}

/// The middle of the values.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => sorted[len / 2],
        len => (sorted[len / 2 - 1] + sorted[len / 2]) / 2.0,
    }
}

/// The median of the ratios of two contenders, round by round.
pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    median(&ratios)
}
