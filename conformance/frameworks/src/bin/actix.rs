//! actix-web.

use std::{env, io, time::Duration};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};
use sse_tokio::{
    EventLog, Session,
    server::{DrainConfig, Request, respond},
};
use tokio::{signal::ctrl_c, time::sleep};

async fn events(log: web::Data<EventLog>, asked: HttpRequest) -> HttpResponse {
    let open = |request: Request| Session::resume(&log, request.last_event_id()).into_http_response();
    // glue
    let events = respond(asked.method(), asked.headers(), open);
    let mut response = HttpResponse::build(StatusCode::from_u16(events.status().as_u16()).unwrap_or_default());
    events.headers().iter().for_each(|(name, value)| _ = response.insert_header((name.as_str(), value.as_bytes())));
    if events.status() == 204 { response.finish() } else { response.streaming(events.into_body()) }
    // end of glue
}

async fn publish(log: EventLog) {
    for number in 0.. {
        let _ = log.publish(format!("event {number}"));
        sleep(Duration::from_millis(10)).await;
    }
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let log = EventLog::default();
    tokio::spawn(publish(log.clone()));
    let shared = web::Data::new(log.clone());
    let app = move || App::new().app_data(shared.clone()).route("/events", web::to(events));
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let stop = async move {
        let _ = ctrl_c().await;
        log.drain(DrainConfig::new()).await;
    };
    HttpServer::new(app).tcp_nodelay(true).bind(address)?.shutdown_signal(stop).run().await
}
