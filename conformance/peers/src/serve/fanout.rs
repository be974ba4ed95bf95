//! One publisher, many subscribers: in bursts, and one event at a time.

use std::time::Instant;

use super::{
    checks::Checks,
    contenders::{ALL, AXUM_SSE, Contender, OURS},
    host::Host,
    load::Load,
};
use crate::{
    peers::Role,
    sampling::{median, ratio},
    table::Table,
};

/// How many subscribers there are, and how many events come at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) subscribers: usize,
    pub(super) burst: u64,
    /// How many times: each time, all must have all before it goes on.
    pub(super) times: u64,
}

/// What one server took, by round.
struct Row {
    contender: &'static Contender,
    /// CPU seconds per million delivered events.
    cpu: Vec<f64>,
    user: Vec<f64>,
    /// Million delivered events per second.
    rate: Vec<f64>,
    allocations: f64,
}

/// Measures and prints; says whether all bars were reached.
pub(super) fn run(order: Order, rounds: usize, asked: impl Fn(&Contender) -> bool) -> Result<bool, String> {
    let new = |contender| Row { contender, cpu: vec![], user: vec![], rate: vec![], allocations: f64::NAN };
    let mut rows: Vec<Row> = ALL.iter().filter(|contender| asked(contender)).map(new).collect();
    let count = rows.len();
    for round in 0..rounds {
        for step in 0..count {
            // No server always follows the same one.
            let place = if round % 2 == 0 { step } else { count - 1 - step };
            let row = &mut rows[(place + round) % count];
            once(row, order).map_err(|error| format!("{}: {error}", row.contender.name))?;
        }
    }
    let Order { subscribers, burst, .. } = order;
    let how = if burst == 1 { "single events".to_owned() } else { format!("bursts of {burst}") };
    println!("## Fan-out to {subscribers} subscribers, {how} (median of {rounds} rounds)\n");
    print(&rows);
    Ok(bars(&rows, burst))
}

/// A server from its start to its end.
fn once(row: &mut Row, order: Order) -> Result<(), String> {
    let Order { subscribers, burst, times } = order;
    let mut host = Host::start(row.contender.name)?;
    let mut load = Load::connect(host.address, subscribers)?;
    let mut sent = 0;
    let mut repeat = |host: &mut Host, times: u64| {
        for _ in 0..times {
            host.burst(burst)?;
            sent += burst;
            load.receive(sent)?;
        }
        Ok::<_, String>((times * burst * subscribers as u64) as f64)
    };
    // The first events pay for what is kept afterwards.
    repeat(&mut host, 4)?;
    let (start, before) = (Instant::now(), host.report()?);
    let millions = repeat(&mut host, times)? / 1e6;
    let (wall, after) = (start.elapsed(), host.report()?);
    let spent = after.cpu - before.cpu;
    row.cpu.push(spent.total().as_secs_f64() / millions);
    row.user.push(spent.user.as_secs_f64() / millions);
    row.rate.push(millions / wall.as_secs_f64());
    if row.allocations.is_nan() {
        host.count()?;
        let delivered = repeat(&mut host, times.div_ceil(4))?;
        row.allocations = host.report()?.calls as f64 / delivered;
    }
    Ok(())
}

/// The cheapest peer.
fn best_peer(rows: &[Row]) -> Option<&Row> {
    let peers = rows.iter().filter(|row| row.contender.role == Role::Peer);
    peers.min_by(|left, right| median(&left.cpu).total_cmp(&median(&right.cpu)))
}

fn find(rows: &[Row], contender: usize) -> Option<&Row> {
    rows.iter().find(|row| row.contender.name == ALL[contender].name)
}

fn print(rows: &[Row]) {
    let mut table = Table::new([
        "server",
        "CPU s/M delivered",
        "(user)",
        "M delivered/s",
        "allocations/delivered",
        "CPU/axum Sse",
        "CPU/best peer",
    ]);
    for row in rows {
        let times =
            |other: Option<&Row>| other.map_or("-".to_owned(), |other| format!("{:.2}", ratio(&row.cpu, &other.cpu)));
        table.row([
            row.contender.name.to_owned(),
            format!("{:.2}", median(&row.cpu)),
            format!("({:.2})", median(&row.user)),
            format!("{:.2}", median(&row.rate)),
            format!("{:.3}", row.allocations),
            times(find(rows, AXUM_SSE)),
            times(best_peer(rows)),
        ]);
    }
    table.print();
}

/// Prints which bars were reached; says whether all were.
fn bars(rows: &[Row], burst: u64) -> bool {
    let Some(ours) = find(rows, OURS) else { return true };
    let (axum, best, user) = if burst == 1 { (0.85, 1.0, 1.2) } else { (0.5, 0.9, 0.2) };
    let mut checks = Checks::new();
    if let Some(peer) = find(rows, AXUM_SSE) {
        checks.at_most("CPU, times axum Sse's", ratio(&ours.cpu, &peer.cpu), axum);
    }
    if let Some(peer) = best_peer(rows) {
        let what = format!("CPU, times the best peer's ({})", peer.contender.name);
        checks.at_most(what, ratio(&ours.cpu, &peer.cpu), best);
    }
    checks.at_most("user CPU seconds per million", median(&ours.user), user);
    checks.at_most("allocations per delivered event", ours.allocations, 0.05);
    checks.print()
}
