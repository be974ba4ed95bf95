//! The faults of clients: when a server frees the session of a client that is stuck, half closed, broken off or gone,
//! and what it keeps meanwhile.

mod clients;
mod host;
mod servers;

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

pub(crate) use self::host::host;
use self::{
    clients::{Client, Fault},
    host::{Host, Look},
    servers::Server,
};
use crate::table::Table;

/// What is asked for.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only these servers.
    #[arg(long, value_delimiter = ',')]
    server: Vec<String>,
    /// For how many seconds a session is watched that is not freed.
    #[arg(long, default_value_t = 6)]
    watch: u64,
    /// How many cases run at the same time.
    #[arg(long, default_value_t = 6)]
    at_once: usize,
}

/// The write timeout while the server is live.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);
/// The same during a drain. It is longer than the drain, so that it is seen which of them ends a session.
const WRITE_TIMEOUT_DRAINING: Duration = Duration::from_secs(4);
/// How long a drain may take.
const DRAIN: Duration = Duration::from_secs(1);
/// The number of clients with the same fault.
const CLIENTS: usize = 20;
/// How long the clients are served before a drain begins: their sockets are full by then.
const FILL: Duration = Duration::from_millis(1500);

/// One server whose clients have one fault.
#[derive(Clone, Copy)]
struct Case {
    server: &'static Server,
    fault: Fault,
    draining: bool,
}

/// The result of a case.
struct Observed {
    /// Until there was no session; `None` if there was one to the end.
    sessions: Option<Duration>,
    /// Until there was no socket of a client.
    sockets: Option<Duration>,
    /// Until the server had stopped; `None` also where it was not asked to.
    stopped: Option<Duration>,
    /// The bytes of the heap for each client, at most and at the end.
    heap: [f64; 2],
    /// The resident bytes for each client, at most.
    resident: f64,
}

/// Runs the cases and prints them. There are no bars.
pub(crate) fn run(args: &Args) -> Result<bool, String> {
    for name in &args.server {
        servers::named(name)?;
    }
    let servers =
        servers::ALL.iter().filter(|server| args.server.is_empty() || args.server.contains(&server.name.into()));
    let mut cases = Vec::new();
    for server in servers {
        for fault in Fault::ALL {
            if !fault.needs_http2() || server.http2 {
                cases.extend([false, true].map(|draining| Case { server, fault, draining }));
            }
        }
    }
    let watch = Duration::from_secs(args.watch);
    let waiting = Mutex::new(cases.iter().enumerate().collect::<VecDeque<_>>());
    let results: Mutex<Vec<_>> = Mutex::new(cases.iter().map(|_| None).collect());
    thread::scope(|scope| {
        for _ in 0..args.at_once.max(1) {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some((number, case)) = next else { return };
                    let observed = case.run(watch);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(observed);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let results: Vec<Observed> = results.into_iter().flatten().collect::<Result<_, _>>()?;
    print(&cases, &results, watch);
    Ok(true)
}

fn print(cases: &[Case], results: &[Observed], watch: Duration) {
    println!("## When the sessions of {CLIENTS} faulty clients are freed\n");
    println!(
        "Live with a write timeout of {} s; draining for {} s with one of {} s. The times are until there is no session\n\
         and no socket of a client; one time where both are the same. Heap and resident memory for each client.\n",
        WRITE_TIMEOUT.as_secs(),
        DRAIN.as_secs(),
        WRITE_TIMEOUT_DRAINING.as_secs(),
    );
    let head =
        ["server", "client", "", "freed after", "stopped after", "heap, KiB", "heap after, KiB", "resident, KiB"];
    let mut table = Table::new(head);
    for (case, observed) in cases.iter().zip(results) {
        let Observed { sessions, sockets, stopped, heap, resident } = observed;
        let never = || format!("never ({} s watched)", watch.as_secs());
        let cell = |time: &Option<Duration>| time.map_or_else(never, |time| format!("{:.1} s", time.as_secs_f64()));
        let (session, socket) = (cell(sessions), cell(sockets));
        table.row([
            case.server.name.to_owned(),
            case.fault.name().to_owned(),
            if case.draining { "draining" } else { "live" }.to_owned(),
            if session == socket { session } else { format!("session {session}, socket {socket}") },
            if case.draining { cell(stopped) } else { "-".to_owned() },
            format!("{:.0}", heap[0] / 1024.0),
            format!("{:.0}", heap[1] / 1024.0),
            format!("{:.0}", resident / 1024.0),
        ]);
    }
    table.print();
}

impl Case {
    fn run(self, watch: Duration) -> Result<Observed, String> {
        self.observe(watch).map_err(|error| format!("{}, {}: {error}", self.server.name, self.fault.name()))
    }

    fn observe(self, watch: Duration) -> Result<Observed, String> {
        let write_timeout = if self.draining { WRITE_TIMEOUT_DRAINING } else { WRITE_TIMEOUT };
        let mut host = Host::start(self.server.name, write_timeout)?;
        // The log is full, and every thread has allocated.
        host.tell("publish")?;
        thread::sleep(FILL);
        let before = host.look()?;
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(Client::connect(host.address, self.server.http2, self.fault)?);
        }
        if self.fault.is_quiet() {
            host.tell("pause")?;
        }
        let connected = host.look()?;
        if (connected.sessions, connected.sockets) != (CLIENTS, before.sockets + CLIENTS) {
            return Err(format!("the clients are not connected: {connected:?}"));
        }
        let mut at_most = connected;
        if self.draining {
            self.watch(&mut host, &mut clients, FILL, &mut at_most, |_| false)?;
        }
        let began = Instant::now();
        match self.draining {
            false => clients.iter_mut().try_for_each(Client::begin)?,
            true => {
                clients.iter_mut().try_for_each(Client::begin)?;
                host.tell("drain")?;
            }
        }
        let (mut sessions, mut sockets, mut stopped) = (None, None, None);
        let is_over = |look: &Look| {
            let now = began.elapsed();
            // A server that stops closes its listener as well.
            let listener = usize::from(look.has_stopped);
            let note = |time: &mut Option<Duration>, is_over: bool| match is_over {
                true => drop(time.get_or_insert(now)),
                false => *time = None,
            };
            note(&mut sessions, look.sessions == 0);
            note(&mut sockets, look.sockets + listener <= before.sockets);
            note(&mut stopped, look.has_stopped);
            sessions.is_some() && sockets.is_some() && (stopped.is_some() || !self.draining)
        };
        self.watch(&mut host, &mut clients, watch, &mut at_most, is_over)?;
        thread::sleep(Duration::from_millis(200));
        let after = host.look()?;
        let each = |bytes: i64, before: i64| (bytes - before).max(0) as f64 / CLIENTS as f64;
        Ok(Observed {
            sessions,
            sockets,
            stopped,
            heap: [at_most.heap, after.heap].map(|bytes| each(bytes, before.heap)),
            resident: each(at_most.resident, before.resident),
        })
    }

    /// Looks at the server and has the clients go on for a time, or until it is over.
    fn watch(
        self,
        host: &mut Host,
        clients: &mut [Client],
        time: Duration,
        at_most: &mut Look,
        mut is_over: impl FnMut(&Look) -> bool,
    ) -> Result<(), String> {
        let began = Instant::now();
        while began.elapsed() < time {
            clients.iter_mut().for_each(Client::go_on);
            let look = host.look()?;
            at_most.heap = at_most.heap.max(look.heap);
            at_most.resident = at_most.resident.max(look.resident);
            if is_over(&look) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}
