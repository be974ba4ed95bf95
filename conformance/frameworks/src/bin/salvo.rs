//! salvo.

use std::{env, time::Duration};

use salvo::{
    Depot, Listener, Request, Response, Router, Server, affix_state, conn::TcpListener, handler, http::ResBody,
};
use sse_tokio::{
    EventLog, Session,
    server::{self, DrainConfig, respond},
};
use tokio::{signal::ctrl_c, time::sleep};

#[handler]
async fn events(asked: &mut Request, depot: &mut Depot, response: &mut Response) {
    let log = depot.get_typed::<EventLog>().expect("the router has it");
    let open = |request: server::Request| Session::resume(log, request.last_event_id()).into_http_response();
    // glue
    response.merge_hyper(respond(asked.method(), asked.headers(), open).map(ResBody::stream));
    // end of glue
}

async fn publish(log: EventLog) {
    for number in 0.. {
        let _ = log.publish(format!("event {number}"));
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::main]
async fn main() {
    let log = EventLog::default();
    tokio::spawn(publish(log.clone()));
    let app = Router::with_path("events").hoop(affix_state::inject(log.clone())).goal(events);
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let server = Server::new(TcpListener::new(address).bind().await);
    let handle = server.handle();
    tokio::spawn(async move {
        let _ = ctrl_c().await;
        handle.stop_graceful(Duration::from_secs(60));
        log.drain(DrainConfig::new()).await;
    });
    server.serve(app).await;
}
