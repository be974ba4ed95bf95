//! warp.

use std::{env, error::Error, net::SocketAddr, time::Duration};

use sse_tokio::{
    EventLog, Session,
    server::{DrainConfig, Request, respond},
};
use tokio::{signal::ctrl_c, time::sleep};
use warp::{
    Filter, Reply,
    http::{HeaderMap, Method},
    reply::Response,
};

fn events(log: &EventLog, method: &Method, headers: &HeaderMap) -> Response {
    let open = |request: Request| Session::resume(log, request.last_event_id()).into_http_response();
    // glue
    let (head, body) = respond(method, headers, open).into_parts();
    let mut response = warp::reply::stream(body).into_response();
    (*response.status_mut(), *response.headers_mut()) = (head.status, head.headers);
    response
    // end of glue
}

async fn publish(log: EventLog) {
    for number in 0.. {
        let _ = log.publish(format!("event {number}"));
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let log = EventLog::default();
    tokio::spawn(publish(log.clone()));
    let opened = log.clone();
    let app = warp::path!("events")
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .map(move |method, headers| events(&opened, &method, &headers));
    let address: SocketAddr = env::args().nth(1).unwrap_or("127.0.0.1:8080".into()).parse()?;
    let stop = async move {
        let _ = ctrl_c().await;
        log.drain(DrainConfig::new()).await;
    };
    warp::serve(app).bind(address).await.graceful(stop).run().await;
    Ok(())
}
