//! The server: short calls have JSON as the response, long ones a stream. All streams are in one log, each as a topic, and
//! the IDs of a stream count its messages alone: nobody learns from them what other clients do.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
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
    EventId, EventLog, LastEventId, Message, Publication, Retry, Session, SessionConfig, Text,
    server::{LogConfig, StartAt},
};
use tokio::time::sleep;

#[derive(Clone)]
struct Calls {
    log: EventLog,
    /// How many streams there have been.
    streams: Arc<AtomicU64>,
}

pub(crate) fn app() -> Router {
    let log = EventLog::new(LogConfig::new().events(10_000).bytes(16 * 1024 * 1024).number_by_topic());
    Router::new().route("/mcp", post(call).get(resume)).with_state(Calls { log, streams: Arc::default() })
}

async fn call(State(calls): State<Calls>, body: String) -> Response {
    let Ok(request) = serde_json::from_str::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    if request["method"] == "ping" {
        let json = json!({ "jsonrpc": "2.0", "id": request["id"], "result": "pong" });
        return ([("content-type", "application/json")], json.to_string()).into_response();
    }
    let stream = Text::from(calls.streams.fetch_add(1, Ordering::Relaxed).to_string());
    let session = session(&calls.log, stream.clone(), None);
    tokio::spawn(async move { drop(work(&calls.log, &stream, &request["id"]).await) });
    session.into_response()
}

/// The ID alone names the stream. Where clients have names, check here that it is theirs.
async fn resume(State(calls): State<Calls>, LastEventId(id): LastEventId) -> Result<Session, StatusCode> {
    let id = id.ok_or(StatusCode::METHOD_NOT_ALLOWED)?;
    let stream = calls.log.topics_of(&id).and_then(|topics| topics.into_iter().next());
    Ok(session(&calls.log, stream.ok_or(StatusCode::NOT_FOUND)?, Some(&id)))
}

/// No connection is held for long: the client comes back, and gets what it has missed.
fn session(log: &EventLog, stream: Text, last_event_id: Option<&EventId>) -> Session {
    let config = SessionConfig::new().max_age(Duration::from_millis(100));
    let session = log.session().topics([stream.clone()]).key(stream).start_at(StartAt::Oldest);
    session.after(last_event_id).config(config).open()
}

/// The work of a call, which goes on whether its client is connected or not.
async fn work(log: &EventLog, stream: &Text, id: &Value) -> Result<(), Box<dyn Error + Send + Sync>> {
    let publish = |message: Message| log.publish(Publication::new(message).to([stream.clone()]));
    // An ID to resume after, before there is anything to report.
    publish(Message::from("").retry(Retry::from_millis(20)))?;
    for step in 1..=3 {
        sleep(Duration::from_millis(60)).await;
        let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": step });
        publish(Message::new().json(&progress)?)?;
    }
    publish(Message::new().json(&json!({ "jsonrpc": "2.0", "id": id, "result": "done" }))?)?;
    log.finish(stream, None);
    Ok(())
}
