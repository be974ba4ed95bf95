//! One connection, and events that are at hand: what encoding and writing them costs.

use std::time::Instant;

use super::{
    checks::Checks,
    contenders::{ALL, AXUM_SSE, Contender, OURS},
    host::Host,
    load::drain,
};
use crate::{
    sampling::{median, ratio},
    table::Table,
};

struct Row {
    contender: &'static Contender,
    host: Host,
    /// CPU seconds per million events.
    cpu: Vec<f64>,
    /// Million events per second.
    rate: Vec<f64>,
    allocations: f64,
}

/// Measures and prints; says whether all bars were reached.
pub(super) fn run(events: u64, rounds: usize, asked: impl Fn(&Contender) -> bool) -> Result<bool, String> {
    let mut rows = Vec::new();
    for contender in ALL.iter().filter(|contender| asked(contender)) {
        let host = Host::start(contender.name)?;
        drain(host.address, events / 10).map_err(|error| format!("{}: {error}", contender.name))?;
        rows.push(Row { contender, host, cpu: vec![], rate: vec![], allocations: f64::NAN });
    }
    let count = rows.len();
    for round in 0..rounds {
        for step in 0..count {
            // No server always follows the same one.
            let place = if round % 2 == 0 { step } else { count - 1 - step };
            let row = &mut rows[(place + round) % count];
            once(row, events).map_err(|error| format!("{}: {error}", row.contender.name))?;
        }
    }
    for row in &mut rows {
        // What a connection costs is in both, and falls out of the difference.
        let few = events / 10;
        row.host.count()?;
        drain(row.host.address, few)?;
        let short = row.host.report()?.calls;
        drain(row.host.address, few + events)?;
        let long = row.host.report()?.calls - short;
        row.allocations = long.saturating_sub(short) as f64 / events as f64;
    }
    println!("## One stream, encoding included (median of {rounds} rounds)\n");
    print(&rows);
    Ok(bars(&rows))
}

fn once(row: &mut Row, events: u64) -> Result<(), String> {
    let (start, before) = (Instant::now(), row.host.report()?.cpu);
    drain(row.host.address, events)?;
    let (wall, spent) = (start.elapsed(), row.host.report()?.cpu - before);
    let millions = events as f64 / 1e6;
    row.cpu.push(spent.total().as_secs_f64() / millions);
    row.rate.push(millions / wall.as_secs_f64());
    Ok(())
}

fn find(rows: &[Row], contender: usize) -> Option<&Row> {
    rows.iter().find(|row| row.contender.name == ALL[contender].name)
}

fn print(rows: &[Row]) {
    let head = ["server", "M events/s", "M events/CPU s", "CPU s/M events", "allocations/event", "CPU/axum Sse"];
    let mut table = Table::new(head);
    for row in rows {
        let times = find(rows, AXUM_SSE).map_or("-".to_owned(), |peer| format!("{:.2}", ratio(&row.cpu, &peer.cpu)));
        table.row([
            row.contender.name.to_owned(),
            format!("{:.2}", median(&row.rate)),
            format!("{:.2}", 1.0 / median(&row.cpu)),
            format!("{:.3}", median(&row.cpu)),
            format!("{:.3}", row.allocations),
            times,
        ]);
    }
    table.print();
}

fn bars(rows: &[Row]) -> bool {
    let Some(ours) = find(rows, OURS) else { return true };
    let mut checks = Checks::new();
    checks.at_least("million events per second", median(&ours.rate), 6.0);
    checks.at_most("CPU seconds per million", median(&ours.cpu), 0.15);
    // A few for each block of 64 KiB, which are more than three hundred events, are no allocation per event.
    checks.at_most("allocations per event", ours.allocations, 0.02);
    checks.print()
}
