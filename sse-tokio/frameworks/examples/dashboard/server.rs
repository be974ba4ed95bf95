//! The server: what a program has to write.

use std::time::Duration;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse},
    routing::get,
};
use serde::Serialize;
use sse_tokio::{
    EventLog, EventType, LastEventId, Message, Publication, Retry, SessionConfig,
    server::{DrainConfig, Heartbeat, Stopped},
};
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;

/// The topics that there are. Each event has the type of its topic, so that the page can tell them apart.
pub(crate) const TOPICS: [&str; 3] = ["orders", "load", "visitors"];

/// The most pages that a user may have open.
pub(crate) const PAGES: usize = 3;

/// Pages of this origin may listen, too, with their users' cookies.
const CORS: [(header::HeaderName, &str); 2] =
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "https://example.com"), (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true")];

pub(crate) async fn serve(
    listener: TcpListener,
    log: EventLog,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Stopped {
    let app = Router::new()
        .route("/", get(page))
        .route("/events/{topics}", get(events))
        .layer(CompressionLayer::new()) // compresses the page, and leaves events alone
        .with_state(log.clone());
    sse_tokio::serve(listener, app).with_graceful_shutdown(stop).drain(&log, DrainConfig::new()).await
}

async fn page() -> impl IntoResponse {
    ([(header::SET_COOKIE, "user=anybody; SameSite=Lax")], Html(include_str!("page.html")))
}

/// The topics are in the path, with commas between them. A page that misses events is told so, and can load everything anew.
async fn events(
    State(log): State<EventLog>,
    Path(topics): Path<String>,
    LastEventId(id): LastEventId,
    headers: HeaderMap,
) -> Result<impl IntoResponse, StatusCode> {
    let topics: Vec<&str> = topics.split(',').filter(|topic| TOPICS.contains(topic)).collect();
    if topics.is_empty() {
        return Err(StatusCode::NOT_FOUND);
    }
    let user = user(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let heartbeat = Heartbeat::quiet(Duration::from_secs(10));
    let config = SessionConfig::new().retry(Retry::from_millis(500)).heartbeat(heartbeat);
    let session = log.session().topics(topics).after(id.as_ref()).config(config).key(user).open_at_most(PAGES);
    Ok((CORS, session.map_err(|_| StatusCode::TOO_MANY_REQUESTS)?))
}

fn user(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix("user="))
}

pub(crate) fn publish(
    log: &EventLog,
    topic: &'static str,
    figure: &impl Serialize,
) -> Result<(), Box<dyn std::error::Error>> {
    let message = Message::new().event(EventType::from_static(topic)).json(figure)?;
    log.publish(Publication::new(message).to([topic]))?;
    Ok(())
}
