//! The server benchmark: what a server costs for each subscriber.

mod checks;
mod contenders;
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

use std::time::Duration;

use self::contenders::Contender;
pub(crate) use self::host::host;
use crate::sampling::Effort;

/// What is asked for.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    part: Vec<Part>,
    /// How many subscribers the events fan out to. Each takes a file descriptor on either side.
    #[arg(long, value_delimiter = ',', default_value = "1000")]
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
        Self { part: Vec::new(), subscribers: vec![1000], burst: vec![32, 1], server: Vec::new() }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Part {
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
}

/// Measures and prints; says whether all bars were reached.
pub(crate) fn run(args: &Args, effort: Effort) -> Result<bool, String> {
    let quick = effort.per_round == Effort::smoke().per_round;
    for name in &args.server {
        contenders::named(name)?;
    }
    let asked = |contender: &Contender| args.server.is_empty() || args.server.iter().any(|name| contender.name == name);
    let part = |part| args.part.is_empty() || args.part.contains(&part);
    // The same with a hundredth of the work, say.
    let scaled = |full: u64, smoke: u64| if quick { smoke } else { full };
    let rounds = |full: u64| if quick { 1 } else { full };
    let mut reached = Vec::new();
    if part(Part::Fanout) {
        for &subscribers in &args.subscribers {
            let subscribers = if quick { subscribers.min(50) } else { subscribers };
            for &burst in &args.burst {
                // Single events cost ten times as much.
                let deliveries = if burst == 1 { scaled(400_000, 4000) } else { scaled(3_000_000, 30_000) };
                let order = fanout::Order { subscribers, burst, deliveries, rounds: rounds(20) };
                reached.push(fanout::run(order, asked)?);
            }
        }
    }
    if part(Part::Single) {
        reached.push(single::run(scaled(500_000, 10_000), rounds(7) as usize, asked)?);
    }
    if part(Part::Idle) {
        let (alone, connected) = (scaled(10_000, 1000) as usize, scaled(2000, 50) as usize);
        reached.push(idle::run(idle::Order { alone, connected }, asked)?);
    }
    if part(Part::Stalled) {
        reached.push(stalled::run(scaled(48_000, 24_000), rounds(15), asked)?);
    }
    if part(Part::Resume) {
        let (rounds, per_round) = (effort.rounds * 3, effort.per_round / 3);
        reached.push(resume::run(scaled(100_000, 10_000) as usize, Effort { rounds, per_round, ..effort })?);
    }
    if part(Part::Heartbeat) {
        reached.push(heartbeat::run(scaled(10_000, 100) as usize, scaled(4, 1) as u32)?);
    }
    if part(Part::Latency) {
        for (subscribers, events, millis) in [(1, 300, 5), (100, 200, 10), (1000, 60, 50)] {
            let (subscribers, events) = if quick { (subscribers.min(50), events / 10) } else { (subscribers, events) };
            let order = latency::Order { subscribers, events, interval: Duration::from_millis(millis) };
            reached.push(latency::run(order, rounds(5), asked)?);
        }
    }
    Ok(!reached.contains(&false))
}
