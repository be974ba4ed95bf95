//! What ours by takeover must reach, and what it reached.

use std::time::Duration;

use crate::table::Table;

// Memory of an idle subscriber.
/// Resident bytes of the process for each connection.
pub(super) const IDLE_RESIDENT: f64 = 2.5 * 1024.0;
/// Bytes of a session without a connection and without the runtime's timer.
pub(super) const IDLE_SESSION: f64 = 512.0;

// Bursts to many subscribers.
/// CPU time, times the limit's.
pub(super) const BURST_LIMIT: f64 = 1.15;
/// CPU time of the program itself, times the limit's.
pub(super) const BURST_LIMIT_USER: f64 = 1.5;
/// CPU time, times axum's.
pub(super) const BURST_AXUM: f64 = 0.5;

// Single events to many subscribers.
/// CPU time, times the limit's.
pub(super) const SINGLE_LIMIT: f64 = 1.1;
/// CPU time, times axum's.
pub(super) const SINGLE_AXUM: f64 = 0.85;
/// Allocations for each delivered event, in bursts as well, with at least 1000 subscribers.
pub(super) const DELIVERED_ALLOCATIONS: f64 = 0.05;

// One stream as fast as it goes.
/// Million events per second.
pub(super) const STREAM_RATE: f64 = 6.0;
/// CPU seconds per million events.
pub(super) const STREAM_CPU: f64 = 0.15;
/// A few for each block of 64 KiB, which are more than three hundred events, are no allocation per event.
pub(super) const STREAM_ALLOCATIONS: f64 = 0.02;

// Latency.
/// The 99th percentile, times the best peer's.
pub(super) const LATENCY_PEER: f64 = 1.1;
/// The longest of a round, in milliseconds, for at most 100 subscribers.
pub(super) const LATENCY_LONGEST: f64 = 20.0;

// Readers that read nothing.
/// The rate of the other readers, times that without the stalled ones.
pub(super) const STALLED_OTHERS: f64 = 0.95;
/// How long after the write timeout the last one may still be there.
pub(super) const STALLED_SLACK: Duration = Duration::from_secs(1);
/// Bytes resident after the stalled ones are gone that were not there before they came.
pub(super) const STALLED_KEPT: f64 = 1024.0 * 1024.0;
/// Bytes allocated for one stalled reader: what our log may keep by default, with what comes on top for a moment.
pub(super) const STALLED_EXTRA: f64 = 1.25 * 1024.0 * 1024.0;

// Going on in a long log.
/// The time from the middle, times that from the end: more is no tie.
pub(super) const RESUME_MIDDLE: f64 = 1.15;

/// The part of the heartbeats that are due which must be sent.
pub(super) const HEARTBEATS_SENT: f64 = 0.9;

/// The figures that have a bar, over all parts.
pub(super) struct Checks {
    table: Table,
    all: bool,
}

impl Checks {
    pub(super) fn new() -> Self {
        Self { table: Table::new(["ours by takeover", "reached", "bar", "ok"]), all: true }
    }

    pub(super) fn at_most(&mut self, what: impl Into<String>, reached: f64, bar: f64) {
        self.add(what.into(), &format!("{reached:.3}"), &format!("≤ {bar}"), reached <= bar);
    }

    pub(super) fn at_least(&mut self, what: impl Into<String>, reached: f64, bar: f64) {
        self.add(what.into(), &format!("{reached:.3}"), &format!("≥ {bar}"), reached >= bar);
    }

    pub(super) fn holds(&mut self, what: impl Into<String>, holds: bool) {
        self.add(what.into(), if holds { "yes" } else { "no" }, "yes", holds);
    }

    /// Counts as missed: what could not be measured was not reached.
    pub(super) fn not_measured(&mut self, what: &str, why: &str) {
        eprintln!("NOT MEASURED: {what}: {why}");
        self.add(what.to_owned(), &format!("not measured: {why}"), "-", false);
    }

    /// Prints the figures beside their bars; says whether all were reached.
    pub(super) fn print(self) -> bool {
        if !self.table.is_empty() {
            println!("## Bars\n");
            self.table.print();
        }
        self.all
    }

    fn add(&mut self, what: String, reached: &str, bar: &str, ok: bool) {
        self.all &= ok;
        self.table.row([what, reached.to_owned(), bar.to_owned(), if ok { "yes" } else { "NO" }.to_owned()]);
    }
}
