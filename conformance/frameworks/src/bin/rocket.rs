//! rocket.

use std::{env, error::Error, net::SocketAddr, time::Duration};

use rocket::{
    Config, Request, Response, State,
    config::Shutdown,
    get,
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes,
};
use sse_tokio::{
    EventId, EventLog, Session,
    server::{DrainConfig, RESPONSE_HEADERS, last_event_id_in_header},
};
use tokio::{signal::ctrl_c, time::sleep};
use tokio_util::io::StreamReader;

/// rocket's extractor for the event to resume after.
struct LastEventId(Option<EventId>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LastEventId {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let id = request.headers().get_one("last-event-id");
        Outcome::Success(Self(id.and_then(|id| last_event_id_in_header(id.as_bytes()))))
    }
}

struct Events(Session);

impl<'r> Responder<'r, 'static> for Events {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        // glue
        let mut response = Response::build();
        for (name, value) in RESPONSE_HEADERS {
            response.raw_header(name, value);
        }
        response.streamed_body(StreamReader::new(self.0)).ok()
        // end of glue
    }
}

#[get("/events")]
fn events(log: &State<EventLog>, id: LastEventId) -> Events {
    Events(Session::resume(log, id.0.as_ref()))
}

async fn publish(log: EventLog) {
    for number in 0.. {
        let _ = log.publish(format!("event {number}"));
        sleep(Duration::from_millis(10)).await;
    }
}

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let log = EventLog::default();
    tokio::spawn(publish(log.clone()));
    let address: SocketAddr = env::args().nth(1).unwrap_or("127.0.0.1:8080".into()).parse()?;
    // rocket's own signal would cut the sessions 2 seconds after it: here, the drain comes first.
    let shutdown = Shutdown { ctrlc: false, ..Shutdown::default() };
    let config = Config { address: address.ip(), port: address.port(), shutdown, ..Config::default() };
    let server = rocket::custom(config).manage(log.clone()).mount("/", routes![events]).ignite().await?;
    let stop = server.shutdown();
    tokio::spawn(async move {
        let _ = ctrl_c().await;
        log.drain(DrainConfig::new()).await;
        stop.notify();
    });
    server.launch().await?;
    Ok(())
}
