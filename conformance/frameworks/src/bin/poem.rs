//! poem.

use std::{env, io, time::Duration};

use poem::{EndpointExt, Request, Response, Route, Server, handler, listener::TcpListener, web::Data};
use sse_tokio::{
    EventLog, Session,
    server::{self, DrainConfig, respond},
};
use tokio::{signal::ctrl_c, time::sleep};

#[handler]
fn events(Data(log): Data<&EventLog>, asked: &Request) -> Response {
    let open = |request: server::Request| Session::resume(log, request.last_event_id()).into_http_response();
    // glue
    respond(asked.method(), asked.headers(), open).into()
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
    let app = Route::new().at("/events", events).data(log.clone());
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let stop = async move {
        let _ = ctrl_c().await;
        log.drain(DrainConfig::new()).await;
    };
    let timeout = Some(Duration::from_secs(60));
    Server::new(TcpListener::bind(address)).run_with_graceful_shutdown(app, stop, timeout).await
}
