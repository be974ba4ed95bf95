//! An SDK for feature flags: it follows a server, and keeps its values while the server is away.
//!
//! ```sh
//! cargo run -p sse-smol --features json --example flags
//! ```
//!
//! `sdk.rs` is what a program has to write; its test (`tests/flags.rs`) has a clock that jumps, and waits for nothing. The
//! server is in the same program.

pub(crate) mod sdk;

use std::{
    collections::HashMap,
    convert::Infallible,
    error::Error,
    io,
    time::{Duration, Instant},
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use smol::{Timer, net::TcpListener};
use sse_smol::{EventLog, EventType, Message, Retry, SessionConfig, last_event_id, server::StartAt, transport::Io};

use self::sdk::Flags;

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/flags", listener.local_addr()?);
    let log = EventLog::default();
    let server = smol::spawn(serve(listener, log.clone()));
    log.publish(Message::new().event(EventType::from_static("all")).json(&HashMap::from([("dark", true)]))?)?;

    let (flags, task) = Flags::open(&url, "73857293")?;
    until(|| flags.is_live() && flags.is_on("dark")).await?;
    println!("dark is on");
    publish_one(&log, "dark", false)?;
    until(|| !flags.is_on("dark")).await?;
    println!("dark is off");
    log.disconnect("sdk");
    publish_one(&log, "beta", true)?;
    until(|| flags.is_live() && flags.is_on("beta")).await?;
    println!("beta is on: it came after the connection was cut");
    task.cancel().await;
    until(|| log.sessions() == 0).await?;
    println!("closed, and the server knows");
    server.cancel().await;
    Ok(())
}

fn publish_one(log: &EventLog, name: &str, on: bool) -> Result<(), Box<dyn Error>> {
    log.publish(Message::new().event(EventType::from_static("one")).json(&(name, on))?)?;
    Ok(())
}

async fn serve(listener: TcpListener, log: EventLog) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let log = log.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let id = last_event_id(request.headers());
            let config = SessionConfig::new().retry(Retry::from_millis(10));
            let session = log.session().start_at(StartAt::Oldest).after(id.as_ref()).config(config).key("sdk").open();
            async { Ok::<_, Infallible>(session.into_http_response()) }
        });
        smol::spawn(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service)).detach();
    }
}

async fn until(holds: impl Fn() -> bool) -> Result<(), &'static str> {
    let begin = Instant::now();
    while !holds() {
        if begin.elapsed() > Duration::from_secs(30) {
            return Err("nothing came");
        }
        Timer::after(Duration::from_millis(5)).await;
    }
    Ok(())
}
