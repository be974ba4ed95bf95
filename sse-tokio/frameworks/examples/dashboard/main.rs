//! A page of figures: each topic goes to those who have chosen it, and who was away gets what has been missed.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example dashboard            # open http://127.0.0.1:8080/
//! cargo run -p sse-tokio-frameworks --example dashboard -- --check # serves, listens, and compares
//! ```

use std::{env, error::Error, io, time::Duration};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use serde::Serialize;
use sse_tokio::{
    Change, ClientConfig, Event, EventId, EventLog, EventSource, EventType, LastEventId, Message, Publication, Retry,
    SessionConfig,
    server::{Resumed, TooManySessions},
};
use tokio::net::TcpListener;

const PAGE: &str = include_str!("page.html");

/// The topics that there are. Each event has the type of its topic, so that the page can tell them apart.
const TOPICS: [&str; 3] = ["orders", "load", "visitors"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if env::args().any(|argument| argument == "--check") {
        return check().await;
    }
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("open http://{}/", listener.local_addr()?);
    let log = EventLog::default();
    tokio::spawn(publish_all(log.clone(), Duration::from_millis(700)));
    serve(listener, log).await?;
    Ok(())
}

async fn serve(listener: TcpListener, log: EventLog) -> io::Result<()> {
    let app = Router::new().route("/", get(async || Html(PAGE))).route("/events/{topics}", get(events)).with_state(log);
    axum::serve(listener.tap_io(|socket| drop(socket.set_nodelay(true))), app).await
}

/// The topics are in the path, with commas between them.
async fn events(State(log): State<EventLog>, Path(topics): Path<String>, LastEventId(id): LastEventId) -> Response {
    let topics: Vec<&str> = topics.split(',').filter(|topic| TOPICS.contains(topic)).collect();
    if topics.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    // A page that misses events is told so, and can load everything anew.
    let config = SessionConfig::new().retry(Retry::from_millis(500));
    // Where users log in, the key is the user's name; here all are one.
    let session = log.session().topics(topics).after(id.as_ref()).config(config).key("anybody").open_at_most(1000);
    match session {
        Err(TooManySessions { .. }) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Ok(session) => {
            if !matches!(session.resumed(), Resumed::Exact) {
                println!("a client asked for {id:?}: {:?}", session.resumed());
            }
            session.into_response()
        }
    }
}

#[derive(Serialize)]
struct Figure {
    step: u64,
    value: u64,
}

/// Figures without end, one topic after the other.
async fn publish_all(log: EventLog, pause: Duration) {
    for (step, topic) in (1..).zip(TOPICS.into_iter().cycle()) {
        tokio::time::sleep(pause).await;
        if publish(&log, topic, step).is_err() {
            break;
        }
    }
}

fn publish(log: &EventLog, topic: &'static str, step: u64) -> Result<(), Box<dyn Error>> {
    let figure = Figure { step, value: step * 7919 % 100 };
    let message = Message::new().event(EventType::new(topic)?).json(&figure)?;
    log.publish(Publication::new(message).to([topic]))?;
    Ok(())
}

/// Listens to two of three topics, goes away, and comes back.
pub(crate) async fn check() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/events/orders,visitors", listener.local_addr()?);
    let log = EventLog::default();
    let server = tokio::spawn(serve(listener, log.clone()));
    let mut seen = Vec::new();

    let mut source = EventSource::get(url.as_str())?;
    while !matches!(source.next_change().await, Some(Change::Open(_))) {}
    for (step, topic) in (1..=3).zip(TOPICS) {
        publish(&log, topic, step)?;
    }
    for _ in 0..2 {
        seen.push(source.next().await.ok_or("the source has ended")??);
    }
    let last = EventId::new(source.last_event_id())?;
    drop(source);
    for (step, topic) in (4..=6).zip(TOPICS) {
        publish(&log, topic, step)?;
    }
    let mut source = EventSource::open(ClientConfig::get(url)?.last_event_id(last))?;
    for _ in 0..2 {
        seen.push(source.next().await.ok_or("the source has ended")??);
    }
    server.abort();
    let types: Vec<&str> = seen.iter().map(Event::event_type).collect();
    if types != ["orders", "visitors", "orders", "visitors"] {
        return Err(format!("received {seen:?}").into());
    }
    println!("received the events of two topics, those from the time away among them, and none of the third");
    Ok(())
}
