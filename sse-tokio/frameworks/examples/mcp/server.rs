//! The server: short calls have JSON as the response, long ones a stream. Each stream is a log, whose IDs begin with the
//! number of the stream.

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use sse_tokio::{
    EventId, EventLog, LastEventId, Message, Retry, Session, SessionConfig,
    server::{LogConfig, StartAt},
};
use tokio::time::sleep;

/// The streams that can be resumed, by number.
type Streams = Arc<Mutex<BTreeMap<u64, EventLog>>>;

/// The number of streams that are kept.
const KEPT: usize = 1000;

pub(crate) fn app() -> Router {
    Router::new().route("/mcp", post(call).get(resume)).with_state(Streams::default())
}

async fn call(State(streams): State<Streams>, body: String) -> Response {
    let Ok(request) = serde_json::from_str::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    if request["method"] == "ping" {
        let json = json!({ "jsonrpc": "2.0", "id": request["id"], "result": "pong" });
        return ([("content-type", "application/json")], json.to_string()).into_response();
    }
    let log = open_stream(&streams);
    tokio::spawn({
        let log = log.clone();
        async move { drop(work(&log, &request["id"]).await) }
    });
    session(&log, None).into_response()
}

async fn resume(State(streams): State<Streams>, LastEventId(id): LastEventId) -> Result<Session, StatusCode> {
    let id = id.ok_or(StatusCode::METHOD_NOT_ALLOWED)?;
    let number = id.split_once('-').and_then(|(stream, _)| u64::from_str_radix(stream, 16).ok());
    let streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
    let log = number.and_then(|number| streams.get(&number)).ok_or(StatusCode::NOT_FOUND)?;
    Ok(session(log, Some(&id)))
}

fn open_stream(streams: &Streams) -> EventLog {
    let mut streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
    let number = streams.last_key_value().map_or(1, |(last, _)| last + 1);
    let log = EventLog::new(LogConfig::new().epoch(number));
    streams.insert(number, log.clone());
    if streams.len() > KEPT {
        streams.pop_first();
    }
    log
}

/// No connection is held for long: the client comes back, and gets what it has missed.
fn session(log: &EventLog, last_event_id: Option<&EventId>) -> Session {
    let config = SessionConfig::new().max_age(Duration::from_millis(100));
    log.session().start_at(StartAt::Oldest).after(last_event_id).config(config).open()
}

/// The work of a call, which goes on whether its client is connected or not.
async fn work(log: &EventLog, id: &Value) -> Result<(), Box<dyn Error + Send + Sync>> {
    // An ID to resume after, before there is anything to report.
    log.publish(Message::from("").retry(Retry::from_millis(20)))?;
    for step in 1..=3 {
        sleep(Duration::from_millis(60)).await;
        let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": step });
        log.publish(Message::new().json(&progress)?)?;
    }
    log.publish(Message::new().json(&json!({ "jsonrpc": "2.0", "id": id, "result": "done" }))?)?;
    log.close();
    Ok(())
}
