//! One publisher, many subscribers: in bursts, and one event at a time.

use std::time::Instant;

use super::{
    checks::Checks,
    contenders::{ALL, AXUM_SSE, Contender, OURS},
    host::Host,
    load::Load,
};
use crate::{
    cpu::Cpu,
    peers::Role,
    sampling::{median, ratio},
    table::Table,
};

/// How many subscribers there are, and how many events come at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) subscribers: usize,
    pub(super) burst: u64,
    /// How many events are delivered for each server, in all rounds.
    pub(super) deliveries: u64,
    pub(super) rounds: u64,
}

/// What one server took, by round.
struct Row {
    contender: &'static Contender,
    /// CPU seconds per million delivered events.
    cpu: Vec<f64>,
    /// Million delivered events per second.
    rate: Vec<f64>,
    /// CPU seconds of the program itself, per million delivered events, over all rounds: the system counts it by its
    /// ticks, which are too few in one.
    user: f64,
    allocations: f64,
}

/// A server with its readers.
struct Running {
    host: Host,
    load: Load,
    burst: u64,
    sent: u64,
    spent: Cpu,
    delivered: u64,
}

/// So many connections may be open at a time, over all servers.
const CONNECTIONS: usize = 8000;

/// Measures and prints; says whether all bars were reached.
pub(super) fn run(order: Order, asked: impl Fn(&Contender) -> bool) -> Result<bool, String> {
    let new = |contender| Row { contender, cpu: vec![], rate: vec![], user: f64::NAN, allocations: f64::NAN };
    let mut rows: Vec<Row> = ALL.iter().filter(|contender| asked(contender)).map(new).collect();
    if rows.len() * order.subscribers <= CONNECTIONS {
        interleave(&mut rows, order)?;
    } else {
        // One after the other, because there cannot be so many connections.
        rows.iter_mut().try_for_each(|row| interleave(std::slice::from_mut(row), order))?;
    }
    let Order { subscribers, burst, rounds, .. } = order;
    let how = if burst == 1 { "single events".to_owned() } else { format!("bursts of {burst}") };
    println!("## Fan-out to {subscribers} subscribers, {how} (median of {rounds} rounds)\n");
    print(&rows);
    Ok(bars(&rows, burst))
}

fn interleave(rows: &mut [Row], order: Order) -> Result<(), String> {
    let named = |row: &Row, error| format!("{}: {error}", row.contender.name);
    let start = |row: &Row| Running::start(row.contender, order).map_err(|error| named(row, error));
    let mut running = rows.iter().map(start).collect::<Result<Vec<_>, _>>()?;
    let count = rows.len();
    let times = order.deliveries.div_ceil(order.rounds * order.burst * order.subscribers as u64);
    for round in 0..order.rounds as usize {
        for step in 0..count {
            // No server always follows the same one.
            let place = (if round % 2 == 0 { step } else { count - 1 - step } + round) % count;
            let row = &mut rows[place];
            running[place].round(row, times).map_err(|error| named(row, error))?;
        }
    }
    for (row, running) in rows.iter_mut().zip(running) {
        running.end(row, times).map_err(|error| named(row, error))?;
    }
    Ok(())
}

impl Running {
    fn start(contender: &Contender, order: Order) -> Result<Self, String> {
        let host = Host::start(contender.name)?;
        let load = Load::connect(host.address, order.subscribers)?;
        let mut running = Self { host, load, burst: order.burst, sent: 0, spent: Cpu::default(), delivered: 0 };
        // The first events pay for what is kept afterwards.
        running.repeat(4)?;
        Ok(running)
    }

    fn round(&mut self, row: &mut Row, times: u64) -> Result<(), String> {
        let (start, before) = (Instant::now(), self.host.report()?.cpu);
        let delivered = self.repeat(times)?;
        let (wall, spent) = (start.elapsed(), self.host.report()?.cpu - before);
        let millions = delivered as f64 / 1e6;
        row.cpu.push(spent.total().as_secs_f64() / millions);
        row.rate.push(millions / wall.as_secs_f64());
        self.spent = self.spent + spent;
        self.delivered += delivered;
        Ok(())
    }

    fn end(mut self, row: &mut Row, times: u64) -> Result<(), String> {
        row.user = self.spent.user.as_secs_f64() / (self.delivered as f64 / 1e6);
        self.host.count()?;
        let delivered = self.repeat(times)?;
        row.allocations = self.host.report()?.calls as f64 / delivered as f64;
        Ok(())
    }

    /// Returns how many events were delivered.
    fn repeat(&mut self, times: u64) -> Result<u64, String> {
        for _ in 0..times {
            self.host.burst(self.burst)?;
            self.sent += self.burst;
            self.load.receive(self.sent)?;
        }
        Ok(times * self.burst * self.load.readers() as u64)
    }
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
            format!("({:.2})", row.user),
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
    checks.at_most("user CPU seconds per million", ours.user, user);
    checks.at_most("allocations per delivered event", ours.allocations, 0.05);
    checks.print()
}
