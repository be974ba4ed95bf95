//! Many readers that read nothing: what the others lose, when the server is rid of them, and whether it has its memory
//! back.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    bars::{self, Checks},
    contenders::{ALL, Contender, TAKEOVER},
    descriptors,
    host::Host,
    load::Load,
};
use crate::sampling::median;

/// How long ours waits for a reader that takes nothing, at the path that it has for this.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
const PATH: &str = "/impatient";
const BURST: u64 = 32;
/// Enough for the buffers of a connection on either side, of which the system makes up to 4 MiB.
const FILL: u64 = 24 * 1024;
const FILL_BURST: u64 = 512;

/// How many readers there are, and how much is published while the others are measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) stalled: usize,
    pub(super) others: usize,
    /// Events in all rounds.
    pub(super) events: u64,
    pub(super) rounds: u64,
}

/// A server with its readers.
struct Running {
    host: Host,
    load: Load,
    sent: u64,
    /// Delivered events per second, by round.
    rate: Vec<f64>,
}

struct Measured {
    /// The rate of the others, times that without the stalled ones.
    rate: f64,
    /// How long after its buffers were full the last stalled reader was gone, and how many were not.
    gone: Duration,
    left: usize,
    /// Bytes resident at the end that were not there before.
    kept: f64,
}

/// Measures and prints.
pub(super) fn run(order: Order, asked: impl Fn(&Contender) -> bool, checks: &mut Checks) -> Result<(), String> {
    let Order { stalled, others, .. } = order;
    let what = format!("{stalled} stalled readers beside {others}");
    if let Err(why) = descriptors::enough(stalled + 2 * others) {
        checks.not_measured(&what, &why);
        return Ok(());
    }
    let contender = &ALL[TAKEOVER];
    // The others have no write timeout.
    if !asked(contender) {
        return Ok(());
    }
    let measured = measure(contender, order).map_err(|error| format!("{}: {error}", contender.name))?;
    let Measured { rate, gone, left, kept } = measured;
    checks.at_least(format!("{what}: rate of the others, times that without"), rate, bars::STALLED_OTHERS);
    checks.at_most(format!("{what}: not gone within the timeout"), left as f64, 0.0);
    let most = (TIMEOUT + bars::STALLED_SLACK).as_secs_f64();
    checks.at_most(format!("{what}: seconds until the last is gone"), gone.as_secs_f64(), most);
    checks.at_most(format!("{what}: bytes kept"), kept, bars::STALLED_KEPT);
    Ok(())
}

fn measure(contender: &Contender, order: Order) -> Result<Measured, String> {
    let mut without = Running::start(contender, order.others)?;
    let mut with = Running::start(contender, order.others)?;
    let connections = with.host.descriptors()?;
    let before = with.host.report()?.resident;
    without.publish(FILL / FILL_BURST, FILL_BURST)?;
    with.load.add_stalled(with.host.address, PATH, order.stalled)?;
    let all = with.host.descriptors()?;
    with.publish(FILL / FILL_BURST, FILL_BURST)?;
    let full = Instant::now();
    let times = order.events.div_ceil(order.rounds * BURST);
    for round in 0..order.rounds {
        let both = if round % 2 == 0 { [&mut without, &mut with] } else { [&mut with, &mut without] };
        both.into_iter().try_for_each(|running| running.round(times))?;
    }
    if with.host.descriptors()? < all {
        return Err(format!("stalled readers were cut before all was measured, after {:?}", full.elapsed()));
    }
    let deadline = full + TIMEOUT + bars::STALLED_SLACK;
    while with.host.descriptors()? > connections && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    let (gone, left) = (full.elapsed(), with.host.descriptors()?.saturating_sub(connections));
    // The others are served as before.
    with.publish(1, BURST)?;
    let kept = with.host.report()?.resident as f64 - before as f64;
    let ratios: Vec<f64> = with.rate.iter().zip(&without.rate).map(|(with, without)| with / without).collect();
    Ok(Measured { rate: median(&ratios), gone, left, kept })
}

impl Running {
    /// A server whose log is full already.
    fn start(contender: &Contender, readers: usize) -> Result<Self, String> {
        let host = Host::start(contender.name)?;
        let load = Load::connect(host.address, PATH, readers)?;
        let mut running = Self { host, load, sent: 0, rate: Vec::new() };
        running.publish(16, FILL_BURST)?;
        Ok(running)
    }

    fn publish(&mut self, times: u64, burst: u64) -> Result<(), String> {
        for _ in 0..times {
            self.host.burst(burst)?;
            self.sent += burst;
            self.load.receive(self.sent)?;
        }
        Ok(())
    }

    fn round(&mut self, times: u64) -> Result<(), String> {
        let start = Instant::now();
        self.publish(times, BURST)?;
        self.rate.push((times * BURST) as f64 / start.elapsed().as_secs_f64());
        Ok(())
    }
}
