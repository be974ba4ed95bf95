//! axum with its own server.

use std::{env, io, time::Duration};

use axum::{Router, extract::State, routing::any, serve::ListenerExt};
use sse_tokio::{
    EventLog, Session,
    server::{DrainConfig, EventRequest},
    transport::WriteTimeout,
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
    // Without the write timeout, one client that does not read would keep the server from stopping.
    let listener = TcpListener::bind(address).await?.tap_io(|socket| drop(socket.set_nodelay(true)));
    let listener = WriteTimeout::new(listener, Duration::from_secs(60));
    let stop = async move {
        let _ = ctrl_c().await;
        log.drain(DrainConfig::new()).await;
    };
    axum::serve(listener, app).with_graceful_shutdown(stop).await
}
