//! A server under test in a process of its own, so that its CPU time, its allocations and its memory are its own.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
    runtime::Builder,
    time::{MissedTickBehavior, interval},
};

use super::{
    contenders::{self, Publish},
    event,
};
use crate::{allocs, cpu::Cpu};

/// As many connections may wait to be accepted.
const BACKLOG: u32 = 4096;

/// What a server has cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Report {
    pub(super) cpu: Cpu,
    /// Allocations since counting began.
    pub(super) calls: u64,
    /// Bytes allocated since counting began, and not freed.
    pub(super) live: i64,
    /// The most of those at a time.
    pub(super) peak: i64,
    /// Resident memory in bytes.
    pub(super) resident: u64,
}

/// The server's process, seen from the load generator. It ends with this value.
pub(super) struct Host {
    child: Child,
    pub(super) address: SocketAddr,
    control: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Host {
    pub(super) fn start(contender: &str) -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        let command = command.args(["host", contender]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("no server: {error}"))?;
        let ports = ports(&mut child);
        let connected = ports.and_then(|ports| {
            let [address, control] = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            let control = TcpStream::connect(control).map_err(|error| error.to_string())?;
            control.set_nodelay(true).map_err(|error| error.to_string())?;
            let answers = BufReader::new(control.try_clone().map_err(|error| error.to_string())?);
            Ok((address, control, answers))
        });
        match connected {
            Ok((address, control, answers)) => Ok(Self { child, address, control, answers }),
            Err(error) => {
                stop(&mut child);
                Err(format!("{contender}: {error}"))
            }
        }
    }

    /// Has so many events published at once.
    pub(super) fn burst(&mut self, events: u64) -> Result<(), String> {
        self.tell(&format!("burst {events}\n"))
    }

    /// Has so many events published, one each time the interval is over.
    pub(super) fn pace(&mut self, events: u64, interval: Duration) -> Result<(), String> {
        self.tell(&format!("pace {events} {}\n", interval.as_micros()))
    }

    /// Counts allocations from now on.
    pub(super) fn count(&mut self) -> Result<(), String> {
        self.tell("count\n")
    }

    pub(super) fn report(&mut self) -> Result<Report, String> {
        self.tell("report\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| error.to_string())?;
        let numbers: Vec<i64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [user, system, calls, live, peak, resident] = *numbers else {
            return Err(format!("the server says {line:?}"));
        };
        let time = |nanos: i64| Duration::from_nanos(nanos as u64);
        let cpu = Cpu { user: time(user), system: time(system) };
        Ok(Report { cpu, calls: calls as u64, live, peak, resident: resident as u64 })
    }

    /// How many file descriptors the server has open: one for each connection, and some.
    pub(super) fn descriptors(&self) -> Result<usize, String> {
        let open = fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_err(|error| error.to_string())?;
        Ok(open.count())
    }

    fn tell(&mut self, command: &str) -> Result<(), String> {
        self.control.write_all(command.as_bytes()).map_err(|error| format!("the server is gone: {error}"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

fn ports(child: &mut Child) -> Result<[u16; 2], String> {
    let mut line = String::new();
    let said = child.stdout.take().ok_or("the server has no output")?;
    BufReader::new(said).read_line(&mut line).map_err(|error| error.to_string())?;
    let ports: Vec<u16> = line.split_whitespace().filter_map(|port| port.parse().ok()).collect();
    ports.try_into().map_err(|_| format!("the server says {line:?}"))
}

fn stop(child: &mut Child) {
    drop(child.stdin.take());
    let _ = child.wait();
}

/// Serves until standard input ends.
pub(crate) fn host(contender: &str) -> Result<(), String> {
    let contender = contenders::named(contender)?;
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    let _entered = runtime.enter();
    let (listener, control) = (listen()?, listen()?);
    println!("{} {}", port(&listener)?, port(&control)?);
    let publish = (contender.start)(listener)?;
    runtime.spawn(async move {
        if let Err(error) = obey(control, publish).await {
            eprintln!("{}: {error}", contender.name);
        }
    });
    let mut ignored = Vec::new();
    io::stdin().read_to_end(&mut ignored).map_err(|error| error.to_string())?;
    // Whatever else runs is not waited for.
    std::process::exit(0)
}

/// A listener whose connections have Nagle's algorithm off from the start.
fn listen() -> Result<StdListener, String> {
    let bound = || {
        let socket = TcpSocket::new_v4()?;
        socket.set_nodelay(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        socket.listen(BACKLOG)?.into_std()
    };
    bound().map_err(|error: io::Error| error.to_string())
}

fn port(listener: &StdListener) -> Result<u16, String> {
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// Does what the load generator says.
async fn obey(listener: StdListener, publish: Publish) -> Result<(), String> {
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    let (stream, _) = listener.accept().await.map_err(|error| error.to_string())?;
    let (read, mut write) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(read).lines();
    let mut next = 0_u64;
    let mut make = |count: u64| {
        let made = (next..next + count).map(event::data).collect();
        next += count;
        made
    };
    while let Ok(Some(line)) = lines.next_line().await {
        let mut words = line.split(' ');
        let (command, mut number) = (words.next(), || words.next().and_then(|number| number.parse().ok()).unwrap_or(0));
        match command {
            Some("burst") => publish(make(number())),
            Some("pace") => {
                let (count, mut ticks) = (number(), interval(Duration::from_micros(number().max(1))));
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                for _ in 0..count {
                    ticks.tick().await;
                    publish(make(1));
                }
            }
            Some("count") => allocs::start(),
            Some("report") => write.write_all(report().as_bytes()).await.map_err(|error| error.to_string())?,
            _ => return Err(format!("{line:?} is no command")),
        }
    }
    Ok(())
}

fn report() -> String {
    let (cpu, counted) = (Cpu::now(), allocs::counted());
    let (user, system) = (cpu.user.as_nanos(), cpu.system.as_nanos());
    format!("{user} {system} {} {} {} {}\n", counted.calls, counted.live, counted.peak, resident())
}

/// Resident memory in bytes, 0 where the system does not say.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
