//! How long an event takes from its making to its reader, when the server has little to do.

use std::time::Duration;

use super::{
    checks::Checks,
    contenders::{ALL, Contender, OURS},
    host::Host,
    load::Load,
};
use crate::{peers::Role, table::Table};

/// How many subscribers there are, and how often an event comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) subscribers: usize,
    pub(super) events: u64,
    pub(super) interval: Duration,
}

struct Row {
    contender: &'static Contender,
    /// In nanoseconds, sorted.
    latencies: Vec<u64>,
}

impl Row {
    /// In microseconds.
    fn quantile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((last as f64 * part).round() as usize).map_or(f64::NAN, |nanos| *nanos as f64 / 1e3)
    }
}

/// Measures and prints; says whether all bars were reached.
pub(super) fn run(order: Order, rounds: u64, asked: impl Fn(&Contender) -> bool) -> Result<bool, String> {
    let Order { subscribers, events, interval } = order;
    let mut running = Vec::new();
    // The limit keeps only the latest burst: it loses events where nobody waits for all to have them.
    for contender in ALL.iter().filter(|contender| contender.role != Role::Limit && asked(contender)) {
        let mut host = Host::start(contender.name)?;
        let mut load = Load::connect(host.address, subscribers)?;
        host.burst(1)?;
        load.receive(1)?;
        load.latencies = Some(Vec::new());
        running.push((contender, host, load));
    }
    let mut sent = 1;
    for _ in 0..rounds {
        let count = events / rounds;
        sent += count;
        for (contender, host, load) in &mut running {
            host.pace(count, interval)?;
            load.receive(sent).map_err(|error| format!("{}: {error}", contender.name))?;
        }
    }
    let sorted = |(contender, _, load): (&'static Contender, Host, Load)| {
        let mut latencies = load.latencies.unwrap_or_default();
        latencies.sort_unstable();
        Row { contender, latencies }
    };
    let rows: Vec<Row> = running.into_iter().map(sorted).collect();
    let rate = 1.0 / interval.as_secs_f64();
    println!("## Latency for {subscribers} subscribers, {rate:.0} events/s (microseconds)\n");
    print(&rows);
    Ok(bars(&rows, subscribers))
}

fn best_peer(rows: &[Row]) -> Option<&Row> {
    let peers = rows.iter().filter(|row| row.contender.role == Role::Peer);
    peers.min_by(|left, right| left.quantile(0.99).total_cmp(&right.quantile(0.99)))
}

fn print(rows: &[Row]) {
    let mut table = Table::new(["server", "p50", "p99", "max", "p99/best peer"]);
    for row in rows {
        let times =
            best_peer(rows).map_or("-".to_owned(), |peer| format!("{:.2}", row.quantile(0.99) / peer.quantile(0.99)));
        let cell = |part| format!("{:.0}", row.quantile(part));
        table.row([row.contender.name.to_owned(), cell(0.5), cell(0.99), cell(1.0), times]);
    }
    table.print();
}

fn bars(rows: &[Row], subscribers: usize) -> bool {
    let Some(ours) = rows.iter().find(|row| row.contender.name == ALL[OURS].name) else { return true };
    let mut checks = Checks::new();
    if let Some(peer) = best_peer(rows) {
        let what = format!("p99, times the best peer's ({})", peer.contender.name);
        checks.at_most(what, ours.quantile(0.99) / peer.quantile(0.99), 1.1);
    }
    if subscribers <= 100 {
        checks.at_most("the longest, in milliseconds", ours.quantile(1.0) / 1e3, 20.0);
    }
    checks.print()
}
