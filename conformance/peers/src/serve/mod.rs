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
    /// Only these servers.
    #[arg(long, value_delimiter = ',')]
    server: Vec<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self { subscribers: vec![1000], server: Vec::new() }
    }
}

/// So many events come at once.
const BURST: u64 = 32;

/// Measures and prints; says whether all bars were reached.
pub(crate) fn run(args: &Args, effort: Effort) -> Result<bool, String> {
    let quick = effort.per_round == Effort::smoke().per_round;
    let rounds = effort.rounds.min(3);
    for name in &args.server {
        contenders::named(name)?;
    }
    let asked = |contender: &Contender| args.server.is_empty() || args.server.iter().any(|name| contender.name == name);
    let mut reached = Vec::new();
    for &subscribers in &args.subscribers {
        let subscribers = if quick { subscribers.min(50) } else { subscribers };
        // So many deliveries, whatever the number of subscribers.
        for (burst, deliveries) in [(BURST, 1_000_000), (1, 200_000)] {
            let deliveries = if quick { deliveries / 100 } else { deliveries };
            let times = (deliveries / (subscribers as u64 * burst)).max(4);
            reached.push(fanout::run(Order { subscribers, burst, times }, rounds, asked)?);
        }
    }
    Ok(!reached.contains(&false))
}
