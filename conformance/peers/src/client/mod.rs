//! The client benchmark: how much CPU time a client takes to read events over loopback.

mod bars;
mod contenders;
mod memory;
mod server;

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

pub(crate) use self::server::serve;
use self::{
    contenders::{ALL, Answer, Contender, On, Reading},
    server::{Framing, Order, Server, Shape},
};
use crate::{
    allocs,
    cpu::Cpu,
    peers::Role,
    sampling::{Effort, median, ratio},
    table::Table,
};

/// What is asked for.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The number of events that each client reads in a round; slow ones read fewer.
    #[arg(long, default_value_t = EVENTS)]
    events: u64,
    /// The size of the server's writes in bytes.
    #[arg(long, value_delimiter = ',', default_value = "65536")]
    write: Vec<usize>,
    /// How the body is delimited.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "event,write")]
    framing: Vec<Framing>,
    /// Which fields an event has.
    #[arg(long, value_enum, default_value = "data")]
    shape: Shape,
    /// Only these clients.
    #[arg(long, value_delimiter = ',')]
    client: Vec<String>,
    /// Only these places to run in.
    #[arg(long, value_enum, value_delimiter = ',')]
    place: Vec<Place>,
    /// Only `EventReader` over bytes in memory.
    #[arg(long)]
    in_memory: bool,
}

const EVENTS: u64 = 1_000_000;
/// Enough to see that a client works and how fast it is.
const PROBE: u64 = 20_000;
/// The longest time that a client should take for one round.
const LONGEST: Duration = Duration::from_millis(1500);

impl Default for Args {
    fn default() -> Self {
        Self {
            events: EVENTS,
            write: vec![bars::WRITE],
            framing: vec![Framing::Event, Framing::Write],
            shape: Shape::Data,
            client: Vec::new(),
            place: Vec::new(),
            in_memory: false,
        }
    }
}

/// Where the consumer runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Place {
    /// `block_on` of a current-thread runtime.
    CurrentThread,
    /// A task on a multi-thread runtime.
    Spawned,
    /// `block_on` of a multi-thread runtime: a plain `#[tokio::main]`.
    Main,
    /// `smol::block_on`.
    Smol,
    /// `async_std::task::block_on`.
    AsyncStd,
}

impl Place {
    const ALL: [Self; 5] = [Self::CurrentThread, Self::Spawned, Self::Main, Self::Smol, Self::AsyncStd];

    const fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current-thread",
            Self::Spawned => "spawned",
            Self::Main => "tokio::main",
            Self::Smol => "smol",
            Self::AsyncStd => "async-std",
        }
    }

    /// Whose place it is.
    const fn on(self) -> On {
        match self {
            Self::AsyncStd => On::AsyncStd,
            Self::CurrentThread | Self::Main | Self::Spawned => On::Tokio,
            Self::Smol => On::Smol,
        }
    }

    /// The executor, if it has to be built.
    fn runtime(self) -> Result<Option<Runtime>, String> {
        let mut builder = match self {
            Self::AsyncStd | Self::Smol => return Ok(None),
            Self::CurrentThread => Builder::new_current_thread(),
            Self::Main | Self::Spawned => Builder::new_multi_thread(),
        };
        builder.enable_all().build().map(Some).map_err(|error| error.to_string())
    }

    fn run(self, runtime: Option<&Runtime>, reading: Reading) -> Answer {
        match (self, runtime) {
            (Self::AsyncStd, _) => async_std::task::block_on(reading),
            (Self::Spawned, Some(runtime)) => runtime.block_on(runtime.spawn(reading))?,
            (_, Some(runtime)) => runtime.block_on(reading),
            (_, None) => smol::block_on(reading),
        }
    }
}

/// What one client took in one place, by round.
struct Row {
    contender: &'static Contender,
    place: Place,
    /// CPU seconds per million events.
    cpu: Vec<f64>,
    user: Vec<f64>,
    /// Million events per second.
    rate: Vec<f64>,
    allocations: f64,
}

/// Measures and prints; says whether all bars were reached.
pub(crate) fn run(args: &Args, effort: Effort) -> Result<bool, String> {
    let quick = effort.per_round == Effort::smoke().per_round;
    if args.client.is_empty() {
        memory::run(effort)?;
    }
    if args.in_memory {
        return Ok(true);
    }
    let server = Server::start()?;
    let mut reached = Vec::new();
    for &framing in &args.framing {
        for &write in &args.write {
            let order = Order { events: if quick { PROBE } else { args.events }, write, framing, shape: args.shape };
            let rows = measure(args, &server, order, effort.rounds)?;
            let what = format!("{write} B a write, {}", framing.name());
            println!("## Clients, {what} (median of {} rounds)\n", effort.rounds);
            print(&rows);
            if write == bars::WRITE {
                println!("## Clients, {what}: the bars\n");
                reached.push(bars::print(&rows));
            }
        }
    }
    Ok(!reached.contains(&false))
}

fn measure(args: &Args, server: &Server, order: Order, rounds: usize) -> Result<Vec<Row>, String> {
    let places = Place::ALL.into_iter().filter(|place| args.place.is_empty() || args.place.contains(place));
    let asked =
        |contender: &&Contender| args.client.is_empty() || args.client.iter().any(|name| contender.name == name);
    let mut runs = Vec::new();
    for place in places {
        let runtime = place.runtime()?;
        for contender in ALL.iter().filter(asked).filter(|contender| contender.on == place.on()) {
            let (allocations, events) = probe(contender, place, runtime.as_ref(), server, order)?;
            let row = Row { contender, place, cpu: vec![], user: vec![], rate: vec![], allocations };
            runs.push((row, events));
        }
    }
    for round in 0..rounds {
        let count = runs.len();
        for step in 0..count {
            // No client always follows the same one.
            let place = if round % 2 == 0 { step } else { count - 1 - step };
            let (row, events) = &mut runs[(place + round) % count];
            let runtime = row.place.runtime()?;
            let spent = once(row.contender, row.place, runtime.as_ref(), server, Order { events: *events, ..order })?;
            let millions = *events as f64 / 1e6;
            row.cpu.push(spent.cpu.total().as_secs_f64() / millions);
            row.user.push(spent.cpu.user.as_secs_f64() / millions);
            row.rate.push(millions / spent.wall.as_secs_f64());
        }
    }
    Ok(runs.into_iter().map(|(row, _)| row).collect())
}

/// Allocations per event, and how many events fit in a round.
fn probe(
    contender: &Contender,
    place: Place,
    runtime: Option<&Runtime>,
    server: &Server,
    order: Order,
) -> Result<(f64, u64), String> {
    let few = PROBE / 10;
    let run = |events| allocs::during(|| once(contender, place, runtime, server, Order { events, ..order }));
    // What a connection costs is in both, and falls out of the difference.
    let (short, long) = (run(few), run(few + PROBE));
    short.0?;
    let wall = long.0?.wall;
    let allocations = long.1.saturating_sub(short.1) as f64 / PROBE as f64;
    let fitting = (PROBE as f64 * LONGEST.as_secs_f64() / wall.as_secs_f64()) as u64;
    Ok((allocations, order.events.min(fitting.max(PROBE))))
}

struct Spent {
    wall: Duration,
    cpu: Cpu,
}

/// Reads the stream once, and makes sure of what came.
fn once(
    contender: &Contender,
    place: Place,
    runtime: Option<&Runtime>,
    server: &Server,
    order: Order,
) -> Result<Spent, String> {
    let reading = (contender.read)(server.address, order);
    let (start, before) = (Instant::now(), Cpu::now());
    let found = place.run(runtime, reading);
    let (wall, after) = (start.elapsed(), Cpu::now());
    let found = found.map_err(|error| format!("{}: {error}", contender.name))?;
    if found != order.expected() {
        return Err(format!("{} found {found}, not {}", contender.name, order.expected()));
    }
    Ok(Spent { wall, cpu: after - before })
}

/// The cheapest peer in this place.
fn best_peer(rows: &[Row], place: Place) -> Option<&Row> {
    let peers = rows.iter().filter(|row| row.contender.role == Role::Peer && row.place == place);
    peers.min_by(|left, right| median(&left.cpu).total_cmp(&median(&right.cpu)))
}

fn find(rows: &[Row], contender: usize, place: Place) -> Option<&Row> {
    rows.iter().find(|row| row.contender.name == ALL[contender].name && row.place == place)
}

fn print(rows: &[Row]) {
    let mut table = Table::new([
        "client",
        "place",
        "CPU s/M events",
        "(user)",
        "M events/s",
        "allocations/event",
        "CPU/best peer",
        "CPU/raw",
        "CPU/bare hyper",
    ]);
    for row in rows {
        let times =
            |other: Option<&Row>| other.map_or("-".to_owned(), |other| format!("{:.2}", ratio(&row.cpu, &other.cpu)));
        table.row([
            row.contender.name.to_owned(),
            row.place.name().to_owned(),
            format!("{:.3}", median(&row.cpu)),
            format!("({:.3})", median(&row.user)),
            format!("{:.2}", median(&row.rate)),
            format!("{:.3}", row.allocations),
            times(best_peer(rows, row.place)),
            times(find(rows, contenders::RAW, row.place)),
            times(find(rows, contenders::BARE, row.place)),
        ]);
    }
    table.print();
}
