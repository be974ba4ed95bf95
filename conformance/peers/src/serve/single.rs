//! One connection, and events that are at hand: what encoding and writing them costs.

use std::time::Instant;

use super::{
    bars::{self, Checks},
    contenders::{ALL, AXUM_SSE, Contender, TAKEOVER},
    host::Host,
    load::drain,
};
use crate::{
    sampling::{median, ratio},
    table::Table,
};

/// What is asked for: a stream of events, and from ours events that another task sends through a channel.
const STREAM: &str = "stream";
const CHANNEL: &str = "channel";

struct Row {
    contender: &'static Contender,
    asked: &'static str,
    host: Host,
    /// CPU seconds per million events.
    cpu: Vec<f64>,
    /// Million events per second.
    rate: Vec<f64>,
    allocations: f64,
}

impl Row {
    fn start(contender: &'static Contender, asked: &'static str, events: u64) -> Result<Self, String> {
        let host = Host::start(contender.name)?;
        let row = Self { contender, asked, host, cpu: vec![], rate: vec![], allocations: f64::NAN };
        row.drain(events / 10)?;
        Ok(row)
    }

    fn name(&self) -> String {
        format!("{}, {}", self.contender.name, self.asked)
    }

    fn drain(&self, events: u64) -> Result<(), String> {
        let drained = drain(self.host.address, &format!("/{}/{events}", self.asked), events);
        drained.map_err(|error| format!("{}: {error}", self.name()))
    }
}

/// Measures and prints.
pub(super) fn run(
    events: u64,
    rounds: usize,
    asked: impl Fn(&Contender) -> bool,
    checks: &mut Checks,
) -> Result<(), String> {
    let streams = ALL.iter().map(|contender| (contender, STREAM)).chain([(&ALL[TAKEOVER], CHANNEL)]);
    let start = |(contender, what)| Row::start(contender, what, events);
    let mut rows = streams.filter(|(contender, _)| asked(contender)).map(start).collect::<Result<Vec<_>, _>>()?;
    let count = rows.len();
    for round in 0..rounds {
        for step in 0..count {
            // No server always follows the same one.
            let place = if round % 2 == 0 { step } else { count - 1 - step };
            once(&mut rows[(place + round) % count], events)?;
        }
    }
    for row in &mut rows {
        // What a connection costs is in both, and falls out of the difference.
        let few = events / 10;
        row.host.count()?;
        row.drain(few)?;
        let short = row.host.report()?.calls;
        row.drain(few + events)?;
        let long = row.host.report()?.calls - short;
        row.allocations = long.saturating_sub(short) as f64 / events as f64;
    }
    println!("## One stream, encoding included (median of {rounds} rounds)\n");
    print(&rows);
    check(&rows, checks);
    Ok(())
}

fn once(row: &mut Row, events: u64) -> Result<(), String> {
    let (start, before) = (Instant::now(), row.host.report()?.cpu);
    row.drain(events)?;
    let (wall, spent) = (start.elapsed(), row.host.report()?.cpu - before);
    let millions = events as f64 / 1e6;
    row.cpu.push(spent.total().as_secs_f64() / millions);
    row.rate.push(millions / wall.as_secs_f64());
    Ok(())
}

fn find(rows: &[Row], contender: usize) -> Option<&Row> {
    rows.iter().find(|row| row.asked == STREAM && row.contender.name == ALL[contender].name)
}

fn print(rows: &[Row]) {
    let head = ["server", "M events/s", "M events/CPU s", "CPU s/M events", "allocations/event", "CPU/axum Sse"];
    let mut table = Table::new(head);
    for row in rows {
        let times = find(rows, AXUM_SSE).map_or("-".to_owned(), |peer| format!("{:.2}", ratio(&row.cpu, &peer.cpu)));
        table.row([
            row.name(),
            format!("{:.2}", median(&row.rate)),
            format!("{:.2}", 1.0 / median(&row.cpu)),
            format!("{:.3}", median(&row.cpu)),
            format!("{:.3}", row.allocations),
            times,
        ]);
    }
    table.print();
}

fn check(rows: &[Row], checks: &mut Checks) {
    for ours in rows.iter().filter(|row| row.contender.name == ALL[TAKEOVER].name) {
        let what = format!("one {}", ours.asked);
        checks.at_least(format!("{what}: million events per second"), median(&ours.rate), bars::STREAM_RATE);
        checks.at_most(format!("{what}: CPU seconds per million"), median(&ours.cpu), bars::STREAM_CPU);
        checks.at_most(format!("{what}: allocations per event"), ours.allocations, bars::STREAM_ALLOCATIONS);
    }
}
