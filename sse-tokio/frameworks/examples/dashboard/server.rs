//! The server: what a program has to write.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

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

/// The log, and the newest figure of each topic, with which a new page begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    log: EventLog,
    newest: Arc<Mutex<BTreeMap<&'static str, Message>>>,
}

impl Figures {
    /// The lock is held until the figure is published, so that every snapshot is from before it or has it.
    pub(crate) fn publish(
        &self,
        topic: &'static str,
        figure: &impl Serialize,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let message = Message::new().event(EventType::from_static(topic)).json(figure)?;
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        self.log.publish(Publication::new(message.clone()).to([topic]))?;
        newest.insert(topic, message);
        Ok(())
    }
}

pub(crate) async fn serve(
    listener: TcpListener,
    figures: Figures,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Stopped {
    let app = Router::new()
        .route("/", get(page))
        .route("/events/{topics}", get(events))
        .layer(CompressionLayer::new()) // compresses the page, and leaves events alone
        .with_state(figures.clone());
    sse_tokio::serve(listener, app).with_graceful_shutdown(stop).drain(&figures.log, DrainConfig::new()).await
}

async fn page() -> impl IntoResponse {
    ([(header::SET_COOKIE, "user=anybody; SameSite=Lax")], Html(include_str!("page.html")))
}

/// The topics are in the path, with commas between them. A page that comes back gets what it missed; every other one begins
/// with the newest figure of each topic.
async fn events(
    State(figures): State<Figures>,
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
    let newest = figures.newest.lock().unwrap_or_else(PoisonError::into_inner);
    let first = |_| topics.iter().filter_map(|topic| newest.get(topic).cloned());
    let session = figures.log.session().topics(topics.iter().copied()).after(id.as_ref()).first(first);
    let session = session.config(config).key(user).open_at_most(PAGES);
    Ok((CORS, session.map_err(|_| StatusCode::TOO_MANY_REQUESTS)?))
}

fn user(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix("user="))
}
