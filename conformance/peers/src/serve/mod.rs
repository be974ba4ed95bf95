//! The server benchmark: what a server costs for each subscriber.

mod bars;
mod coalesce;
mod contenders;
mod descriptors;
mod event;
mod fanout;
mod heartbeat;
mod host;
mod idle;
mod latency;
mod load;
mod resume;
mod single;
mod stalled;
mod write_timeout;

use std::time::Duration;

pub(crate) use self::host::host;
use self::{bars::Checks, contenders::Contender};
use crate::sampling::Effort;

/// What is asked for.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    part: Vec<Part>,
    /// How many subscribers the events fan out to, each of them with each `--burst`. Each takes a file descriptor on
    /// either side.
    #[arg(long, value_delimiter = ',')]
    subscribers: Vec<usize>,
    /// How many events are published at once.
    #[arg(long, value_delimiter = ',', default_value = "32,1")]
    burst: Vec<u64>,
    /// Only these servers.
    #[arg(long, value_delimiter = ',')]
    server: Vec<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self { part: Vec::new(), subscribers: Vec::new(), burst: vec![32, 1], server: Vec::new() }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Part {
    /// Messages that are held back, so that several are transmitted together.
    Coalesce,
    /// One publisher, many subscribers.
    Fanout,
    /// The cost of heartbeats.
    Heartbeat,
    /// The memory of subscribers that wait.
    Idle,
    /// The time from a publication to its readers.
    Latency,
    /// Going on in a long log.
    Resume,
    /// One connection, as fast as it goes.
    Single,
    /// A reader that reads nothing.
    Stalled,
    /// Many readers that read nothing, until they are cut.
    WriteTimeout,
}

/// How many subscribers there are and how many events come at once, where there is a bar for both.
const FANOUT: [(usize, u64); 5] = [(1000, 32), (10_000, 32), (100, 1), (1000, 1), (10_000, 1)];

/// Measures and prints; says whether all bars were reached.
pub(crate) fn run(args: &Args, effort: Effort) -> Result<bool, String> {
    let quick = effort.per_round == Effort::smoke().per_round;
    for name in &args.server {
        contenders::named(name)?;
    }
    let asked = |contender: &Contender| args.server.is_empty() || args.server.iter().any(|name| contender.name == name);
    let part = |part| args.part.is_empty() || args.part.contains(&part);
    // The full number, or the one that shows that it runs.
    let scaled = |full: u64, smoke: u64| if quick { smoke } else { full };
    let rounds = |full: u64| if quick { 1 } else { full };
    let mut checks = Checks::new();
    if part(Part::Fanout) {
        for (subscribers, burst) in args.fanout(quick) {
            let order = fanout::Order {
                subscribers,
                burst,
                deliveries: match (burst, subscribers) {
                    // Single events cost ten times as much.
                    (1, _) => scaled(600_000, 2000),
                    _ => scaled(6_000_000, 15_000),
                },
                // With so many, the readers of one server make room for those of the next.
                rounds: rounds(if subscribers > 2000 { 3 } else { 10 }),
            };
            fanout::run(order, asked, &mut checks)?;
        }
    }
    if part(Part::Single) {
        single::run(scaled(500_000, 10_000), rounds(7) as usize, asked, &mut checks)?;
    }
    if part(Part::Idle) {
        let (alone, connected) = (scaled(10_000, 1000) as usize, scaled(8000, 50) as usize);
        idle::run(idle::Order { alone, connected }, asked, &mut checks)?;
    }
    if part(Part::Stalled) {
        stalled::run(scaled(48_000, 24_000), rounds(15), asked, &mut checks)?;
    }
    // It takes as long as the timeout, however little else it does.
    if part(Part::WriteTimeout) && !(quick && args.part.is_empty()) {
        let order = write_timeout::Order { stalled: 300, others: 700, events: 3200, rounds: 10 };
        write_timeout::run(order, asked, &mut checks)?;
    }
    if part(Part::Resume) {
        let (rounds, per_round) = (effort.rounds * 3, effort.per_round / 3);
        let effort = Effort { rounds, per_round, ..effort };
        resume::run(scaled(100_000, 10_000) as usize, effort, &mut checks)?;
    }
    if part(Part::Heartbeat) {
        heartbeat::run(scaled(10_000, 100) as usize, scaled(4, 1) as u32, &mut checks)?;
    }
    if part(Part::Latency) {
        for (subscribers, events, millis) in [(1, 250, 1), (100, 60, 4), (1000, 20, 25)] {
            let (subscribers, events) = if quick { (subscribers.min(50), 10) } else { (subscribers, events) };
            let order = latency::Order { subscribers, events, interval: Duration::from_millis(millis) };
            latency::run(order, rounds(12), asked, &mut checks)?;
        }
    }
    if part(Part::Coalesce) {
        for (subscribers, events, millis) in [(1000, 50, 20), (100, 500, 1)] {
            let (subscribers, events) = if quick { (subscribers.min(50), 10) } else { (subscribers, events) };
            let order = coalesce::Order { subscribers, events, interval: Duration::from_millis(millis) };
            coalesce::run(order, rounds(5))?;
        }
    }
    Ok(checks.print())
}

impl Args {
    /// How many subscribers there are, and how many events come at once.
    fn fanout(&self, quick: bool) -> Vec<(usize, u64)> {
        let asked = |(_, burst): &(usize, u64)| self.burst.contains(burst);
        match (&*self.subscribers, quick) {
            ([], false) => return FANOUT.into_iter().filter(asked).collect(),
            ([], true) => return [(50, 32), (50, 1)].into_iter().filter(asked).collect(),
            _ => {}
        }
        let each = |&subscribers| self.burst.iter().map(move |&burst| (subscribers, burst));
        self.subscribers.iter().flat_map(each).collect()
    }
}
