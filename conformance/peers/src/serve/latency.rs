//! How long an event takes from its making to its reader, when the server has little to do.

use std::time::Duration;

use super::{
    bars::{self, Checks},
    contenders::{ALL, Contender, TAKEOVER},
    host::Host,
    load::Load,
};
use crate::{
    peers::Role,
    sampling::{median, ratio},
    table::Table,
};

/// How many subscribers there are, how many events each server publishes in a round, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) subscribers: usize,
    pub(super) events: u64,
    pub(super) interval: Duration,
}

/// What one server took, by round, in microseconds.
struct Row {
    contender: &'static Contender,
    p50: Vec<f64>,
    p99: Vec<f64>,
    longest: Vec<f64>,
}

/// Measures and prints.
pub(super) fn run(
    order: Order,
    rounds: u64,
    asked: impl Fn(&Contender) -> bool,
    checks: &mut Checks,
) -> Result<(), String> {
    let Order { subscribers, events, interval } = order;
    let mut running = Vec::new();
    // The limit keeps only the latest burst: it loses events where nobody waits for all to have them.
    for contender in ALL.iter().filter(|contender| contender.role != Role::Limit && asked(contender)) {
        let mut host = Host::start(contender.name)?;
        let mut load = Load::connect(host.address, "/", subscribers)?;
        host.burst(1)?;
        load.receive(1)?;
        let row = Row { contender, p50: vec![], p99: vec![], longest: vec![] };
        running.push((row, host, load));
    }
    let mut sent = 1;
    let count = running.len();
    for round in 0..rounds as usize {
        sent += events;
        for step in 0..count {
            // No server always follows the same one.
            let place = if round % 2 == 0 { step } else { count - 1 - step };
            let (row, host, load) = &mut running[(place + round) % count];
            load.latencies = Some(Vec::new());
            host.pace(events, interval)?;
            load.receive(sent).map_err(|error| format!("{}: {error}", row.contender.name))?;
            row.add(load.latencies.take().unwrap_or_default());
        }
    }
    let rows: Vec<Row> = running.into_iter().map(|(row, ..)| row).collect();
    let rate = 1.0 / interval.as_secs_f64();
    println!(
        "## Latency for {subscribers} subscribers, {rate:.0} events/s (microseconds, median of {rounds} rounds)\n"
    );
    print(&rows);
    check(&rows, subscribers, checks);
    Ok(())
}

impl Row {
    /// Takes the latencies of one round, in nanoseconds.
    fn add(&mut self, mut latencies: Vec<u64>) {
        latencies.sort_unstable();
        let last = latencies.len().saturating_sub(1);
        let quantile = |part: f64| {
            latencies.get((last as f64 * part).round() as usize).map_or(f64::NAN, |nanos| *nanos as f64 / 1e3)
        };
        self.p50.push(quantile(0.5));
        self.p99.push(quantile(0.99));
        self.longest.push(quantile(1.0));
    }
}

fn best_peer(rows: &[Row]) -> Option<&Row> {
    let peers = rows.iter().filter(|row| row.contender.role == Role::Peer);
    peers.min_by(|left, right| median(&left.p99).total_cmp(&median(&right.p99)))
}

fn print(rows: &[Row]) {
    let mut table = Table::new(["server", "p50", "p99", "longest", "p99/best peer"]);
    for row in rows {
        let times = best_peer(rows).map_or("-".to_owned(), |peer| format!("{:.2}", ratio(&row.p99, &peer.p99)));
        let cell = |values: &[f64]| format!("{:.0}", median(values));
        table.row([row.contender.name.to_owned(), cell(&row.p50), cell(&row.p99), cell(&row.longest), times]);
    }
    table.print();
}

fn check(rows: &[Row], subscribers: usize, checks: &mut Checks) {
    let Some(ours) = rows.iter().find(|row| row.contender.name == ALL[TAKEOVER].name) else { return };
    if let Some(peer) = best_peer(rows) {
        let what = format!("latency for {subscribers}: p99, times the best peer's ({})", peer.contender.name);
        checks.at_most(what, ratio(&ours.p99, &peer.p99), bars::LATENCY_PEER);
    }
    if subscribers <= 100 {
        let what = format!("latency for {subscribers}: the longest, in milliseconds");
        checks.at_most(what, median(&ours.longest) / 1e3, bars::LATENCY_LONGEST);
    }
}
