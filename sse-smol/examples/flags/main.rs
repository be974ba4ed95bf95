//! Feature flags: a server that begins with all of them and continues with the changes, and an SDK that keeps its values
//! while the server is away.
//!
//! ```sh
//! cargo run -p sse-smol --features json --example flags
//! ```
//!
//! `sdk.rs` and `server.rs` are what the two programs have to write. The test of the SDK (`tests/flags.rs`) has a clock that
//! jumps, and waits for nothing.

pub(crate) mod sdk;
mod server;

use std::{
    error::Error,
    time::{Duration, Instant},
};

use smol::{Timer, net::TcpListener};
use sse_smol::{ClientConfig, Event, EventId, EventSource};

use self::{sdk::Flags, server::Server};

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/flags", listener.local_addr()?);
    let server = Server::default();
    let serving = smol::spawn(server.clone().serve(listener));
    server.set("dark", true)?;

    let (flags, task) = Flags::open(&url, "73857293")?;
    until(|| flags.is_live() && flags.is_on("dark")).await?;
    println!("dark is on: a new client gets all flags");
    server.set("dark", false)?;
    until(|| !flags.is_on("dark")).await?;
    println!("dark is off");
    server.log.disconnect("sdk");
    server.set("beta", true)?;
    until(|| flags.is_live() && flags.is_on("beta")).await?;
    println!("beta is on: it came after the connection was cut");
    task.cancel().await;
    until(|| server.log.sessions() == 0).await?;
    println!("closed, and the server knows");

    let put = first_event(ClientConfig::get(&url)?).await?;
    server.set("beta", false)?;
    let id = EventId::new(put.last_event_id())?;
    let patch = first_event(ClientConfig::get(&url)?.last_event_id(id)).await?;
    serving.cancel().await;
    println!("a new client begins with {:?}, and one that comes back with {:?}", put.event_type(), patch.event_type());
    if (put.event_type(), patch.event_type(), patch.data()) == ("put", "patch", r#"["beta",false]"#) {
        Ok(())
    } else {
        Err("the other way round".into())
    }
}

async fn first_event(config: ClientConfig) -> Result<Event, Box<dyn Error>> {
    Ok(EventSource::open(config)?.next().await.ok_or("the source has ended")??)
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
