//! The server benchmark: what a server costs for each subscriber.

mod checks;
mod contenders;
mod event;
mod fanout;
mod host;
mod load;

pub(crate) use self::host::host;
use self::{contenders::Contender, fanout::Order};
use crate::sampling::Effort;

/// What is asked for.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
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
        Self { subscribers: vec![1000], burst: vec![32, 1], server: Vec::new() }
    }
}

/// Measures and prints; says whether all bars were reached.
pub(crate) fn run(args: &Args, effort: Effort) -> Result<bool, String> {
    let quick = effort.per_round == Effort::smoke().per_round;
    for name in &args.server {
        contenders::named(name)?;
    }
    let asked = |contender: &Contender| args.server.is_empty() || args.server.iter().any(|name| contender.name == name);
    let mut reached = Vec::new();
    for &subscribers in &args.subscribers {
        let subscribers = if quick { subscribers.min(50) } else { subscribers };
        for &burst in &args.burst {
            // Single events cost ten times as much.
            let deliveries = if burst == 1 { 400_000 } else { 3_000_000 };
            let (deliveries, rounds) = if quick { (deliveries / 100, 1) } else { (deliveries, 20) };
            reached.push(fanout::run(Order { subscribers, burst, deliveries, rounds }, asked)?);
        }
    }
    Ok(!reached.contains(&false))
}
