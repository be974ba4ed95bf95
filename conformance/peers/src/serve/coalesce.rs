//! What holding messages back saves: single events at a fixed rate, transmitted at once or together.

use std::time::Duration;

use super::{
    contenders::{ALL, TAKEOVER},
    host::Host,
    load::Load,
};
use crate::{sampling::median, table::Table};

/// How long messages are held back, in milliseconds.
const DELAYS: [u64; 3] = [0, 5, 20];

/// How many subscribers there are, how many events are published in a round, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) subscribers: usize,
    pub(super) events: u64,
    pub(super) interval: Duration,
}

struct Row {
    delay: u64,
    host: Host,
    load: Load,
    /// CPU seconds per million events delivered, by round.
    cpu: Vec<f64>,
    /// The median latency in milliseconds, by round.
    latency: Vec<f64>,
}

/// Measures and prints.
pub(super) fn run(order: Order, rounds: u64) -> Result<(), String> {
    let Order { subscribers, events, interval } = order;
    let mut rows = Vec::new();
    for delay in DELAYS {
        let mut host = Host::start(ALL[TAKEOVER].name)?;
        let mut load = Load::connect(host.address, &format!("/coalesce/{delay}"), subscribers)?;
        host.burst(1)?;
        load.receive(1)?;
        rows.push(Row { delay, host, load, cpu: vec![], latency: vec![] });
    }
    let mut sent = 1;
    for _ in 0..rounds {
        sent += events;
        for row in &mut rows {
            row.load.latencies = Some(Vec::new());
            let before = row.host.report()?.cpu;
            row.host.pace(events, interval)?;
            row.load.receive(sent)?;
            let spent = row.host.report()?.cpu - before;
            row.cpu.push(spent.total().as_secs_f64() / (events as f64 * subscribers as f64 / 1e6));
            let mut latencies = row.load.latencies.take().unwrap_or_default();
            latencies.sort_unstable();
            row.latency.push(latencies.get(latencies.len() / 2).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6));
        }
    }
    let rate = 1.0 / interval.as_secs_f64();
    println!("## Held back: {subscribers} subscribers, {rate:.0} single events/s (median of {rounds} rounds)\n");
    let mut table = Table::new(["held back (ms)", "CPU s/M delivered", "latency p50 (ms)"]);
    for row in &rows {
        let cells =
            [format!("{}", row.delay), format!("{:.2}", median(&row.cpu)), format!("{:.1}", median(&row.latency))];
        table.row(cells);
    }
    table.print();
    Ok(())
}
