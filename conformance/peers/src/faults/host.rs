//! A server in a process of its own, so that its descriptors and its memory are its own.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use sse_tokio::EventLog;
use tokio::{runtime::Builder, sync::watch};

use super::servers::{self, Setup};
use crate::allocs;

/// A message is published this often, and has this number of bytes: as much as fills the buffers of a connection within a
/// second.
const INTERVAL: Duration = Duration::from_millis(5);
const MESSAGE: usize = 64 * 1024;

/// What a server has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub(super) sessions: usize,
    /// Its sockets, the one that listens included.
    pub(super) sockets: usize,
    /// The bytes of the heap, beyond those at its start.
    pub(super) heap: i64,
    pub(super) resident: i64,
    pub(super) has_stopped: bool,
}

/// The server's process, seen from the clients. It ends with this value.
pub(super) struct Host {
    child: Child,
    pub(super) address: SocketAddr,
    orders: Option<ChildStdin>,
    reports: BufReader<ChildStdout>,
}

impl Host {
    pub(super) fn start(server: &str, write_timeout: Duration) -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        let command = command.args(["faulty-host", server, &write_timeout.as_millis().to_string()]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let (orders, reports) = (child.stdin.take(), child.stdout.take());
        let reports = BufReader::new(reports.ok_or("the server has no output")?);
        let mut host = Self { child, address: (Ipv4Addr::LOCALHOST, 0).into(), orders, reports };
        let port = host.line()?.trim().parse().map_err(|error| format!("no port: {error}"))?;
        host.address.set_port(port);
        Ok(host)
    }

    pub(super) fn tell(&mut self, order: &str) -> Result<(), String> {
        let orders = self.orders.as_mut().ok_or("the server has no input")?;
        writeln!(orders, "{order}").map_err(|error| format!("the server is gone: {error}"))
    }

    pub(super) fn look(&mut self) -> Result<Look, String> {
        self.tell("look")?;
        let line = self.line()?;
        let numbers: Vec<i64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [sessions, sockets, heap, resident, has_stopped] = *numbers else {
            return Err(format!("the server says {line:?}"));
        };
        let (sessions, sockets) = (sessions as usize, sockets as usize);
        Ok(Look { sessions, sockets, heap, resident, has_stopped: has_stopped != 0 })
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.reports.read_line(&mut line).map_err(|error| error.to_string())?;
        Ok(line)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

/// Serves until standard input ends.
pub(crate) fn host(server: &str, write_timeout: Duration) -> Result<(), String> {
    let server = servers::named(server)?;
    let runtime =
        Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| error.to_string())?;
    let _entered = runtime.enter();
    allocs::start();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    println!("{}", listener.local_addr().map_err(|error| error.to_string())?.port());
    let log = EventLog::default();
    let [(stop, stopping), (has_stopped, stopped), (publish, publishing)] = [(); 3].map(|()| watch::channel(false));
    (server.run)(listener, Setup { log: log.clone(), write_timeout, stop: stopping, has_stopped });
    runtime.spawn(publish_when_asked(log.clone(), publishing));
    for order in io::stdin().lines() {
        match order.map_err(|error| error.to_string())?.as_str() {
            "publish" => drop(publish.send_replace(true)),
            "pause" => drop(publish.send_replace(false)),
            "drain" => drop(stop.send_replace(true)),
            "look" => {
                let (heap, stopped) = (allocs::counted().live, u8::from(*stopped.borrow()));
                println!("{} {} {heap} {} {stopped}", log.sessions(), sockets(), resident());
            }
            order => return Err(format!("{order:?} is no order")),
        }
    }
    // Whatever else runs is not waited for.
    std::process::exit(0)
}

async fn publish_when_asked(log: EventLog, mut publishing: watch::Receiver<bool>) {
    let message = "x".repeat(MESSAGE);
    while publishing.wait_for(|publish| *publish).await.is_ok() {
        log.publish(message.as_str()).expect("the log is open, and the message is small");
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Returns the number of the process's sockets.
fn sockets() -> usize {
    let descriptors = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let targets = descriptors.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

/// Returns the resident memory in bytes, 0 where the system does not report it.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
