//! A server that stops without losing anybody: each client gets what there is, a farewell, and a time to come back at.
//! A drain ends the sessions of a log, and those that have joined them, as in the example `push`.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example drain
//! curl -N http://127.0.0.1:8080/events                         # in another terminal; then Ctrl-C in the first
//! cargo run -p sse-tokio-frameworks --example drain -- --check # stops by itself, with two clients that look on
//! ```

use std::{
    env,
    error::Error,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, extract::State, routing::get};
use sse_tokio::{
    Change, EventLog, EventSource, EventType, LastEventId, Message, Session,
    server::{DrainConfig, Stopped},
};
use tokio::{net::TcpListener, sync::watch};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if env::args().any(|argument| argument == "--check") {
        return check().await;
    }
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("curl -N http://{}/events", listener.local_addr()?);
    let log = EventLog::default();
    tokio::spawn(publish(log.clone()));
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    for drained in serve(listener, log, stop, farewell()?).await.drained {
        println!("{} clients sent on their way, {} cut", drained.sessions, drained.cut.len());
    }
    Ok(())
}

async fn events(State(log): State<EventLog>, LastEventId(id): LastEventId) -> Session {
    Session::resume(&log, id.as_ref())
}

/// Takes no more connections when it should stop, brings the sessions to their ends, and waits for both. A client that does
/// not read is not waited for.
async fn serve(
    listener: TcpListener,
    log: EventLog,
    stop: impl Future<Output = ()> + Send + 'static,
    config: DrainConfig,
) -> Stopped {
    let app = Router::new().route("/events", get(events)).with_state(log.clone());
    sse_tokio::serve(listener, app).with_graceful_shutdown(stop).drain(&log, config).await
}

fn farewell() -> Result<DrainConfig, Box<dyn Error>> {
    let farewell = Message::new().event(EventType::new("farewell")?).data("the server stops");
    Ok(DrainConfig::new().farewell(farewell))
}

async fn publish(log: EventLog) {
    for seconds in 1_u64.. {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if log.publish(format!("{seconds} s since the start")).is_err() {
            break;
        }
    }
}

/// Stops a server that two clients listen to, and sees what they get.
pub(crate) async fn check() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let log = EventLog::default();
    let (stop, mut stopped) = watch::channel(());
    let stopped = async move { drop(stopped.changed().await) };
    let server = tokio::spawn(serve(listener, log.clone(), stopped, farewell().map_err(|error| error.to_string())?));

    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = EventSource::get(format!("http://{address}/events"))?;
        while !matches!(client.next_change().await, Some(Change::Open(_))) {}
        clients.push(client);
    }
    log.publish("the last news")?;
    let began = Instant::now();
    stop.send(())?;
    for client in &mut clients {
        for expected in [("message", "the last news"), ("farewell", "the server stops")] {
            let event = client.next().await.ok_or("the client has ended")??;
            let got = (event.event_type(), event.data());
            if got != expected {
                return Err(format!("received {got:?}, and not {expected:?}").into());
            }
        }
        let Some(Change::Reestablishing { delay, .. }) = client.next_change().await else {
            return Err("the client does not come back".into());
        };
        println!("told to come back in {} ms", delay.as_millis());
        client.close();
    }
    let stopped = server.await?;
    let all_ended = matches!(&stopped.drained[..], [drained] if drained.sessions == 2 && drained.cut.is_empty());
    if !all_ended || stopped.cut > 0 || is_refused(address).await.is_err() {
        return Err(format!("{stopped:?}").into());
    }
    println!("2 clients sent on their way, none cut, in {} ms", began.elapsed().as_millis());
    Ok(())
}

/// The door is closed.
async fn is_refused(address: SocketAddr) -> Result<(), &'static str> {
    match tokio::net::TcpStream::connect(address).await {
        Ok(_) => Err("the server still takes connections"),
        Err(_) => Ok(()),
    }
}
