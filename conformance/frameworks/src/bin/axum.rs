//! axum's router, served by `serve`: write timeout, drain and small connections included.

use std::{env, io, time::Duration};

use axum::{Router, extract::State, routing::any};
use sse_tokio::{
    EventLog, Session, serve,
    server::{DrainConfig, EventRequest},
};
use tokio::{net::TcpListener, signal::ctrl_c, time::sleep};

async fn events(State(log): State<EventLog>, EventRequest(request): EventRequest) -> Session {
    // glue
    Session::resume(&log, request.last_event_id())
    // end of glue
}

async fn publish(log: EventLog) {
    for number in 0.. {
        let _ = log.publish(format!("event {number}"));
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let log = EventLog::default();
    tokio::spawn(publish(log.clone()));
    let app = Router::new().route("/events", any(events)).with_state(log.clone());
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    serve(TcpListener::bind(address).await?, app)
        .with_graceful_shutdown(async { drop(ctrl_c().await) })
        .drain(&log, DrainConfig::new())
        .await;
    Ok(())
}
