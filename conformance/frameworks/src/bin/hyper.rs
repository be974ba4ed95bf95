//! hyper, served by `serve`: write timeout, drain and small connections included.

use std::{env, io, time::Duration};

use sse_tokio::{
    EventLog, Session, serve,
    server::{DrainConfig, events},
};
use tokio::{net::TcpListener, signal::ctrl_c, time::sleep};

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
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let opened = log.clone();
    // glue
    let service = events(move |request| Session::resume(&opened, request.last_event_id()).into_http_response());
    // end of glue
    serve(TcpListener::bind(address).await?, service)
        .with_graceful_shutdown(async { drop(ctrl_c().await) })
        .drain(&log, DrainConfig::new())
        .await;
    Ok(())
}
