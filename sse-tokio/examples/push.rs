//! A handler that pushes: six events as JSON, one each second, with a heartbeat in between, and a farewell.
//!
//! ```sh
//! cargo run -p sse-tokio --example push --features axum,json
//! curl -N http://127.0.0.1:8080/events
//! cargo run -p sse-tokio --example push --features axum,json -- --check # serves, listens, and compares
//! ```

use std::{env, error::Error, future::IntoFuture, io, net::SocketAddr, time::Duration};

use axum::{Router, extract::State, routing::get, serve::ListenerExt};
use serde::{Deserialize, Serialize};
use sse_tokio::{EventSource, EventType, Heartbeat, Message, Retry, Session, SessionConfig};
use tokio::{net::TcpListener, time::sleep};

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
    serve(listener, Duration::from_secs(1)).await?;
    Ok(())
}

/// Nothing is spawned: the handler within runs while the response is written, the response ends when it does, and it is
/// dropped when the client goes away.
async fn events(State(pause): State<Duration>) -> Session {
    let config = SessionConfig {
        heartbeat: Some(Heartbeat::quiet(pause / 3)),
        retry: Some(Retry::from_millis(3000)),
        ..SessionConfig::default()
    };
    Session::run(config, move |sender| async move {
        for number in 1..=EVENTS {
            sleep(pause).await;
            let Ok(message) = Message::new().json(&Reading::new(number)) else { return };
            if sender.send(message).await.is_err() {
                return;
            }
        }
        // The standard has no end of a stream: without a word, the client comes back for more.
        if let Ok(end) = EventType::new("end") {
            sender.close_with(Message::new().event(end));
        }
    })
}

async fn listen(address: &str) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn serve(listener: TcpListener, pause: Duration) -> io::Result<()> {
    let app = Router::new().route("/events", get(events)).with_state(pause);
    // Without TCP_NODELAY the second of two small events can wait 40 ms for the first to be acknowledged.
    axum::serve(listener.tap_io(|socket| drop(socket.set_nodelay(true))), app).await
}

/// Listens to a server of its own, at a quicker pace.
pub(crate) async fn check() -> Result<(), Box<dyn Error>> {
    let (listener, address) = listen("127.0.0.1:0").await?;
    let server = tokio::spawn(serve(listener, Duration::from_millis(20)).into_future());
    let mut source = EventSource::get(format!("http://{address}/events"))?;
    let mut readings: Vec<Reading> = Vec::new();
    while let Some(event) = source.next().await {
        let event = event?;
        match event.event_type() {
            "end" => break,
            _ => readings.push(event.json()?),
        }
    }
    server.abort();
    let expected: Vec<Reading> = (1..=EVENTS).map(Reading::new).collect();
    if readings != expected {
        return Err(format!("received {readings:?}").into());
    }
    println!("received {EVENTS} of {EVENTS} events, and the farewell");
    Ok(())
}
