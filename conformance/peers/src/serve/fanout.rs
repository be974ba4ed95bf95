//! One publisher, many subscribers: in bursts, and one event at a time.

use std::time::Instant;

use super::{
    bars::{self, Checks},
    contenders::{ALL, AXUM_SSE, Contender, LIMIT, TAKEOVER},
    descriptors,
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
    /// CPU time and delivered events of all rounds: the system counts the user part by its ticks, which are too few in
    /// one round.
    spent: Cpu,
    delivered: u64,
    allocations: f64,
}

/// A server with its readers.
struct Running {
    host: Host,
    load: Load,
    burst: u64,
    sent: u64,
}

/// Measures and prints.
pub(super) fn run(order: Order, asked: impl Fn(&Contender) -> bool, checks: &mut Checks) -> Result<(), String> {
    let Order { subscribers, burst, rounds, .. } = order;
    let how = if burst == 1 { "single events".to_owned() } else { format!("bursts of {burst}") };
    let what = format!("{how} to {subscribers}");
    if let Err(why) = descriptors::enough(subscribers) {
        checks.not_measured(&what, &why);
        return Ok(());
    }
    let new = |contender| Row {
        contender,
        cpu: vec![],
        rate: vec![],
        spent: Cpu::default(),
        delivered: 0,
        allocations: f64::NAN,
    };
    let mut rows: Vec<Row> = ALL.iter().filter(|contender| asked(contender)).map(new).collect();
    interleave(&mut rows, order)?;
    println!("## Fan-out to {subscribers} subscribers, {how} (median of {rounds} rounds)\n");
    print(&rows);
    check(&rows, order, &what, checks);
    Ok(())
}

fn interleave(rows: &mut [Row], order: Order) -> Result<(), String> {
    let count = rows.len();
    let times = order.deliveries.div_ceil(order.rounds * order.burst * order.subscribers as u64);
    // The readers of all servers stay connected if there are descriptors for them.
    let stay = descriptors::enough(count * order.subscribers).is_ok();
    let mut kept: Vec<Option<Running>> = rows.iter().map(|_| None).collect();
    for round in 0..order.rounds as usize {
        for step in 0..count {
            // No server always follows the same one.
            let place = ((if round % 2 == 0 { step } else { count - 1 - step }) + round) % count;
            let (row, last) = (&mut rows[place], round + 1 == order.rounds as usize);
            let running = take_turn(row, kept[place].take(), order, times, last);
            let running = running.map_err(|error| format!("{}: {error}", row.contender.name))?;
            kept[place] = running.filter(|_| stay);
        }
    }
    Ok(())
}

/// One round of one server, which is started if it does not run. Returns it, unless this was its last round.
fn take_turn(
    row: &mut Row,
    running: Option<Running>,
    order: Order,
    times: u64,
    last: bool,
) -> Result<Option<Running>, String> {
    let mut running = match running {
        Some(running) => running,
        None => Running::start(row.contender, order)?,
    };
    running.round(row, times)?;
    if last {
        running.count(row, times)?;
    }
    Ok((!last).then_some(running))
}

impl Running {
    fn start(contender: &Contender, order: Order) -> Result<Self, String> {
        let host = Host::start(contender.name)?;
        let load = Load::connect(host.address, "/", order.subscribers)?;
        let mut running = Self { host, load, burst: order.burst, sent: 0 };
        // The first events pay for what is kept afterwards.
        running.repeat(if order.subscribers < 5000 { 4 } else { 2 })?;
        Ok(running)
    }

    fn round(&mut self, row: &mut Row, times: u64) -> Result<(), String> {
        let (start, before) = (Instant::now(), self.host.report()?.cpu);
        let delivered = self.repeat(times)?;
        let (wall, spent) = (start.elapsed(), self.host.report()?.cpu - before);
        let millions = delivered as f64 / 1e6;
        row.cpu.push(spent.total().as_secs_f64() / millions);
        row.rate.push(millions / wall.as_secs_f64());
        row.spent = row.spent + spent;
        row.delivered += delivered;
        Ok(())
    }

    /// Counts allocations, in a round that nothing else is measured in.
    fn count(&mut self, row: &mut Row, times: u64) -> Result<(), String> {
        self.host.count()?;
        let delivered = self.repeat(times.div_ceil(4))?;
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

impl Row {
    /// CPU seconds of the program itself, per million delivered events.
    fn user(&self) -> f64 {
        self.spent.user.as_secs_f64() / (self.delivered as f64 / 1e6)
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
        "CPU/limit",
        "user/limit",
        "CPU/axum Sse",
        "CPU/best peer",
    ]);
    for row in rows {
        let times =
            |other: Option<&Row>| other.map_or("-".to_owned(), |other| format!("{:.2}", ratio(&row.cpu, &other.cpu)));
        let limit = find(rows, LIMIT);
        table.row([
            row.contender.name.to_owned(),
            format!("{:.3}", median(&row.cpu)),
            format!("({:.3})", row.user()),
            format!("{:.2}", median(&row.rate)),
            format!("{:.3}", row.allocations),
            times(limit),
            limit.map_or("-".to_owned(), |limit| format!("{:.2}", row.user() / limit.user())),
            times(find(rows, AXUM_SSE)),
            times(best_peer(rows)),
        ]);
    }
    table.print();
}

fn check(rows: &[Row], order: Order, what: &str, checks: &mut Checks) {
    let Order { subscribers, burst, .. } = order;
    let Some(ours) = find(rows, TAKEOVER) else { return };
    let (limit, axum) =
        if burst == 1 { (bars::SINGLE_LIMIT, bars::SINGLE_AXUM) } else { (bars::BURST_LIMIT, bars::BURST_AXUM) };
    if let Some(peer) = find(rows, LIMIT) {
        checks.at_most(format!("{what}: CPU, times the limit's"), ratio(&ours.cpu, &peer.cpu), limit);
        if burst > 1 {
            let user = ours.user() / peer.user();
            checks.at_most(format!("{what}: user CPU, times the limit's"), user, bars::BURST_LIMIT_USER);
        }
    }
    if let Some(peer) = find(rows, AXUM_SSE) {
        checks.at_most(format!("{what}: CPU, times axum Sse's"), ratio(&ours.cpu, &peer.cpu), axum);
    }
    // Those of a publication are shared by its readers.
    if subscribers >= 1000 {
        let what = format!("{what}: allocations per delivered event");
        checks.at_most(what, ours.allocations, bars::DELIVERED_ALLOCATIONS);
    }
}
