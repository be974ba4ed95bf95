//! One reader of many that reads nothing: what the others lose, what it costs, and what it is told when it wakes.

use std::time::Instant;

use sse_tokio::SessionConfig;

use super::{
    bars::{self, Checks},
    contenders::{ALL, AXUM_SSE, Contender, TAKEOVER},
    host::Host,
    load::Load,
};
use crate::{sampling::median, table::Table};

/// The readers, the stalled one counted.
const READERS: usize = 100;
const BURST: u64 = 32;
/// So many events before the last one a client comes back.
const BACK: u64 = 100;

/// A server with its readers.
struct Running {
    host: Host,
    load: Load,
    sent: u64,
    /// Delivered events per second, by round.
    rate: Vec<f64>,
    live_before: i64,
}

/// Measures and prints.
pub(super) fn run(
    events: u64,
    rounds: u64,
    asked: impl Fn(&Contender) -> bool,
    checks: &mut Checks,
) -> Result<(), String> {
    let mut table = Table::new([
        "server",
        "others' rate, times that without",
        "extra KiB at the end",
        "KiB at most, all in all",
        "missed",
        "told",
        "resumed",
    ]);
    for number in [TAKEOVER, AXUM_SSE] {
        let contender = &ALL[number];
        if !asked(contender) {
            continue;
        }
        let measured = measure(contender, events, rounds).map_err(|error| format!("{}: {error}", contender.name))?;
        let Measured { rate, extra, peak, missed, told, resumed } = measured;
        let kib = |bytes: f64| format!("{:.0}", bytes / 1024.0);
        let told_cell = if told {
            "yes"
        } else if missed == 0 {
            "-"
        } else {
            "no"
        };
        let resumed_cell = resumed.map_or("no IDs", |exact| if exact { "no gap" } else { "GAP" });
        table.row([
            contender.name.to_owned(),
            format!("{rate:.2}"),
            kib(extra),
            kib(peak),
            missed.to_string(),
            told_cell.to_owned(),
            resumed_cell.to_owned(),
        ]);
        if number == TAKEOVER {
            let name = "one stalled reader";
            checks.at_least(format!("{name}: rate of the others, times that without"), rate, bars::STALLED_OTHERS);
            checks.at_most(format!("{name}: extra bytes"), extra, bars::STALLED_EXTRA);
            checks.holds(format!("{name}: misses events, so that there is something to report"), missed > 0);
            checks.holds(format!("{name}: gets a report of it"), told);
            checks.holds(format!("{name}: one that reconnects misses nothing"), resumed == Some(true));
        }
    }
    println!("## One stalled reader among {READERS}, {events} events (median of {rounds} rounds)\n");
    table.print();
    Ok(())
}

struct Measured {
    rate: f64,
    /// Bytes at the end that are there only with the stalled reader.
    extra: f64,
    peak: f64,
    missed: u64,
    told: bool,
    /// Whether a client that came back had everything; `None` if the server gives no IDs.
    resumed: Option<bool>,
}

fn measure(contender: &Contender, events: u64, rounds: u64) -> Result<Measured, String> {
    let [mut without, mut with] = [Running::start(contender)?, Running::start(contender)?];
    with.load.stall(0);
    let times = events.div_ceil(rounds * BURST);
    for round in 0..rounds {
        let both = if round % 2 == 0 { [&mut without, &mut with] } else { [&mut with, &mut without] };
        both.into_iter().try_for_each(|running| running.round(times))?;
    }
    let ratios: Vec<f64> = with.rate.iter().zip(&without.rate).map(|(with, without)| with / without).collect();
    let (grown, normal) = (with.growth()?, without.growth()?);
    let peak = with.host.report()?.peak as f64;
    let (delivered, record) = with.load.wake(0, with.sent)?;
    let told = String::from_utf8_lossy(&record).contains(&format!("event: {}\n", SessionConfig::RESYNC));
    let resumed = match id_of(&record, with.sent - BACK) {
        None => None,
        Some(id) => {
            let delivered = with.load.resume(with.host.address, &id, with.sent - BACK, with.sent)?;
            Some((delivered.events, delivered.missed) == (BACK - 1, 0))
        }
    };
    Ok(Measured { rate: median(&ratios), extra: grown - normal, peak, missed: delivered.missed, told, resumed })
}

impl Running {
    fn start(contender: &Contender) -> Result<Self, String> {
        let mut host = Host::start(contender.name)?;
        host.count()?;
        let load = Load::connect(host.address, "/", READERS)?;
        let live_before = host.report()?.live;
        Ok(Self { host, load, sent: 0, rate: Vec::new(), live_before })
    }

    fn round(&mut self, times: u64) -> Result<(), String> {
        let start = Instant::now();
        for _ in 0..times {
            self.host.burst(BURST)?;
            self.sent += BURST;
            self.load.receive(self.sent)?;
        }
        self.rate.push((times * BURST) as f64 / start.elapsed().as_secs_f64());
        Ok(())
    }

    fn growth(&mut self) -> Result<f64, String> {
        Ok((self.host.report()?.live - self.live_before) as f64)
    }
}

/// The ID of the event with this number.
fn id_of(record: &[u8], number: u64) -> Option<String> {
    let text = String::from_utf8_lossy(record);
    let at = text.find(&format!("data: {{\"seq\":{number:010}"))?;
    let start = text[..at].rfind("\n\n").map_or(0, |end| end + 2);
    let mut lines = text[start..].lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| line.strip_prefix("id: ")).map(str::to_owned)
}
