//! A client against a server that is killed and started again, over and over, on the same port: does every event come once?
//!
//! ```sh
//! cargo build --release -p sse-tokio --example quickstart
//! cargo run --release -p sse-conformance --example restarts -- target/release/examples/quickstart listen
//! ```
//!
//! The arguments are a command that follows the URL which is put behind them and prints a line `TYPE "ID" DATA` for each
//! event. The server is a process of its own, which is killed (SIGKILL on Unix) ten times within a minute. It has event
//! number n ready n times 50 ms after the start of it all, whenever it is asked, and goes on behind the ID that it is asked
//! for. The exit code is 0 if every event came once and in order.

use core::{convert::Infallible, net::SocketAddr, time::Duration};
use std::{
    env,
    error::Error,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitCode, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use sse_tokio::{
    EventId, EventLog, Message, Retry, SessionConfig, last_event_id,
    server::{LogConfig, PublishError, StartAt},
    transport::Io,
};
use tokio::net::TcpListener;

/// The time between events.
const PERIOD: Duration = Duration::from_millis(50);
const KILLS: usize = 10;
/// How long the server lives, and how long it is gone: 10 times both is a minute.
const LIFE: Duration = Duration::from_millis(4_800);
const GONE: Duration = Duration::from_millis(1_200);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address, start] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(serve(address.parse()?, Duration::from_millis(start.parse()?)))?;
            Ok(ExitCode::SUCCESS)
        }
        [client, ref more @ ..] => run(client, more),
        [] => Err("the command of a client is missing, target/release/examples/quickstart listen, say".into()),
    }
}

/// Kills and starts the server while the client listens, and looks what the client got.
fn run(client: &str, arguments: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let start = now();
    let mut server = start_server(address, start)?;
    let mut client =
        Ended(Command::new(client).args(arguments).arg(format!("http://{address}/")).stdout(Stdio::piped()).spawn()?);
    let received = Arc::new(Mutex::new(Vec::new()));
    let lines = BufReader::new(client.0.stdout.take().ok_or("the client has no output")?).lines();
    let all = Arc::clone(&received);
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(number) = number_in(&line) {
                all.lock().unwrap_or_else(PoisonError::into_inner).push(number);
            } else {
                println!("{:6} ms  {line}", (now() - start).as_millis());
            }
        }
    });
    for kill in 1..=KILLS {
        thread::sleep(LIFE);
        drop(server);
        println!("{:6} ms  kill {kill}", (now() - start).as_millis());
        thread::sleep(GONE);
        server = start_server(address, start)?;
    }
    // The client gets the time to come back, and what there is by then.
    let last = number_at(now() - start) + 20;
    thread::sleep(Duration::from_secs(6));
    drop(client);
    let received = received.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let expected: Vec<u64> = (0..received.len() as u64).collect();
    let in_order = received == expected;
    let enough = received.last().is_some_and(|number| *number >= last);
    println!("received {} events, {} kills", received.len(), KILLS);
    println!("each once and in order: {in_order}; up to number {last} at least: {enough}");
    Ok(if in_order && enough { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The number of the event in a line of the client.
fn number_in(line: &str) -> Option<u64> {
    let mut words = line.split(' ');
    let (event_type, id, data) = (words.next()?, words.next()?, words.next()?);
    let number = data.parse().ok()?;
    (event_type == "message" && id == format!("\"{number}\"")).then_some(number)
}

/// A process that ends with its guard.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // A process that is gone already needs no killing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_server(address: SocketAddr, start: Duration) -> Result<Ended, Box<dyn Error>> {
    let (address, start) = (address.to_string(), start.as_millis().to_string());
    Ok(Ended(Command::new(env::current_exe()?).args(["serve", &address, &start]).spawn()?))
}

/// The time since 1970: both processes know it.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The number of the event that is published so long after the start.
fn number_at(time: Duration) -> u64 {
    u64::try_from(time.as_millis() / PERIOD.as_millis()).unwrap_or(u64::MAX)
}

async fn serve(address: SocketAddr, start: Duration) -> Result<(), Box<dyn Error>> {
    let log = EventLog::new(LogConfig::new().events(100_000).bytes(64 * 1024 * 1024));
    // What the client has had already is there before it comes back.
    let next = publish(&log, 0, start)?;
    let listener = TcpListener::bind(address).await?;
    tokio::spawn(go_on(log.clone(), next, start));
    loop {
        let (stream, _) = listener.accept().await?;
        let log = log.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let id = last_event_id(request.headers());
            let config = SessionConfig::new().retry(Retry::from_millis(500));
            let session = log.session().start_at(StartAt::Oldest).after(id.as_ref()).config(config).open();
            async move { Ok::<_, Infallible>(session.into_http_response()) }
        });
        // How a connection ends is the client's affair.
        tokio::spawn(async move {
            drop(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service).await);
        });
    }
}

/// Publishes what is due from this event on, and returns the number of the next one.
fn publish(log: &EventLog, mut next: u64, start: Duration) -> Result<u64, PublishError> {
    while next <= number_at(now().saturating_sub(start)) {
        log.publish(Message::from(next.to_string()).id(EventId::from(next)))?;
        next += 1;
    }
    Ok(next)
}

/// Publishes for as long as that is possible.
async fn go_on(log: EventLog, mut next: u64, start: Duration) {
    while let Ok(then) = publish(&log, next, start) {
        next = then;
        tokio::time::sleep(PERIOD).await;
    }
}
