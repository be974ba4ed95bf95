//! A handler that pushes: six events as JSON, one each second, with a heartbeat in between, and a farewell. When the server
//! is stopped, the farewell comes earlier, and the server ends when all have theirs.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example push
//! curl -N http://127.0.0.1:8080/events                                # in another terminal; then Ctrl-C in the first
//! cargo run -p sse-tokio-frameworks --example push -- --check # serves, listens, and compares
//! ```

use std::{env, error::Error, io, net::SocketAddr, time::Duration};

use axum::{Router, extract::State, routing::get};
use serde::{Deserialize, Serialize};
use sse_tokio::{
    EventSource, EventType, Message, Retry, Sender, Session, SessionConfig,
    server::{DrainConfig, Heartbeat, SendValueError, Sessions, Stopped},
    typed::JsonError,
};
use tokio::{net::TcpListener, sync::watch, time::sleep};

const EVENTS: u32 = 6;

#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Reading {
    number: u32,
    text: String,
}

impl Reading {
    fn new(number: u32) -> Self {
        Self { number, text: format!("this is event {number}") }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if env::args().any(|argument| argument == "--check") {
        return check().await;
    }
    let (listener, address) = listen("127.0.0.1:8080").await?;
    println!("curl -N http://{address}/events");
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    serve(listener, Duration::from_secs(1), stop).await;
    Ok(())
}

/// What each handler gets.
#[derive(Clone)]
struct Pushing {
    pause: Duration,
    sessions: Sessions,
}

/// Nothing is spawned: the handler within runs while the response is written, the response ends when it does, and it is
/// dropped when the client goes away.
async fn events(State(Pushing { pause, sessions }): State<Pushing>) -> Session {
    let config = SessionConfig::new().heartbeat(Heartbeat::quiet(pause / 3)).retry(Retry::from_millis(3000));
    let session = Session::run(config, move |sender| async move {
        if push(&sender, pause).await.is_ok() {
            // The standard has no end of a stream: without a word, the client comes back for more.
            sender.close_with(Message::new().event(EventType::from_static("end")));
        }
    });
    // A graceful stop waits for this handler, unless a drain ends it.
    session.join(&sessions)
}

async fn push(sender: &Sender, pause: Duration) -> Result<(), SendValueError<JsonError>> {
    for number in 1..=EVENTS {
        sleep(pause).await;
        sender.send_json(&Reading::new(number)).await?;
    }
    Ok(())
}

async fn listen(address: &str) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until it should stop, and then until all sessions have their farewell.
async fn serve(listener: TcpListener, pause: Duration, stop: impl Future<Output = ()> + Send + 'static) -> Stopped {
    let sessions = Sessions::new();
    let app = Router::new().route("/events", get(events)).with_state(Pushing { pause, sessions: sessions.clone() });
    let farewell = Message::new().event(EventType::from_static("stopping"));
    let drain = DrainConfig::new().farewell(farewell);
    sse_tokio::serve(listener, app).with_graceful_shutdown(stop).drain(&sessions, drain).await
}

/// Listens to a server of its own, at a quicker pace, and then stops it while it pushes.
pub(crate) async fn check() -> Result<(), Box<dyn Error>> {
    let (listener, address) = listen("127.0.0.1:0").await?;
    let (stop, mut stopped) = watch::channel(());
    let stopped = async move { drop(stopped.changed().await) };
    let server = tokio::spawn(serve(listener, Duration::from_millis(20), stopped));
    let mut source = EventSource::get(format!("http://{address}/events"))?;
    let mut readings: Vec<Reading> = Vec::new();
    while let Some(event) = source.next().await {
        let event = event?;
        match event.event_type() {
            "end" => break,
            _ => readings.push(event.json()?),
        }
    }
    let expected: Vec<Reading> = (1..=EVENTS).map(Reading::new).collect();
    if readings != expected {
        return Err(format!("received {readings:?}").into());
    }
    println!("received {EVENTS} of {EVENTS} events, and the farewell");

    let mut source = EventSource::get(format!("http://{address}/events"))?;
    source.next().await.ok_or("the client has ended")??;
    stop.send(())?;
    while source.next().await.ok_or("the client has ended")??.event_type() != "stopping" {}
    source.close();
    server.await?;
    println!("the server has stopped, and said so");
    Ok(())
}
