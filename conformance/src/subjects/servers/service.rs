//! What the servers answer, whatever they run on.

use core::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
    time::Duration,
};
use std::{fs, io, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use serde::Deserialize;
use sse_driver::{
    EventLog, NoMoreEvents, Session,
    server::{RequestBody, last_event_id},
    transport::Runtime,
};
use sse_proto::server::{Heartbeat, SessionConfig};

use crate::{
    encoder::{Fields, milliseconds},
    subjects::writers::message,
};

/// What all connections share.
pub(super) struct State<K: Runtime> {
    log: EventLog<K>,
    quiet: EventLog<K>,
    sessions: Arc<AtomicU64>,
}

/// How long a stream may be silent. Short, so that it can be seen in a test.
const HEARTBEAT: Duration = Duration::from_millis(200);

/// The largest message that is taken for an echo.
const MOST: usize = 16 * 1024 * 1024;

impl<K: Runtime<Timer: Send> + 'static> State<K> {
    pub(super) fn new() -> Self {
        Self { log: EventLog::default(), quiet: EventLog::default(), sessions: Arc::default() }
    }

    pub(super) fn publish(&self, number: u64) {
        let text = format!("{{\"number\":{number},\n\"text\":\"of two lines\"}}");
        self.log.publish(text).expect("the log is open, and the event is small");
    }

    /// Ends all streams.
    pub(super) fn close(&self) {
        self.log.close();
        self.quiet.close();
    }

    pub(super) async fn answer(&self, request: Request<RequestBody>) -> Result<Response<Content<K>>, Infallible> {
        let path = request.uri().path().to_owned();
        Ok(match (request.method(), &*path) {
            (&Method::GET, "/events") => {
                let id = last_event_id(request.headers());
                self.session(self.log.session().after(id.as_ref()).config(config()).open())
            }
            (&Method::GET, "/idle") => self.session(self.quiet.session().config(config()).open()),
            (&Method::GET, "/finished") => NoMoreEvents.into_http_response(),
            (&Method::GET, "/sessions") => text(self.sessions.load(Ordering::Relaxed).to_string()),
            (&Method::GET, "/memory") => text(memory().to_string()),
            (&Method::POST, "/echo") => match body(request.into_body()).await {
                Some(body) => self.echo(&body),
                None => status(StatusCode::PAYLOAD_TOO_LARGE),
            },
            (_, "/events" | "/idle" | "/finished" | "/sessions" | "/memory" | "/echo") => {
                status(StatusCode::METHOD_NOT_ALLOWED)
            }
            _ => status(StatusCode::NOT_FOUND),
        })
    }

    fn session(&self, session: Session<K>) -> Response<Content<K>> {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        let sessions = Counted(Arc::clone(&self.sessions));
        session.into_http_response().map(|session| Content::Events(Box::new(session), sessions))
    }

    fn echo(&self, body: &[u8]) -> Response<Content<K>> {
        let Ok(Echo { comment, event, id, retry, data }) = serde_json::from_slice(body) else {
            return status(StatusCode::BAD_REQUEST);
        };
        let Ok(retry) = retry.as_ref().map(milliseconds).transpose() else {
            return status(StatusCode::BAD_REQUEST);
        };
        let Ok(message) = message(&Fields { comment, event, id, retry, data }) else {
            return status(StatusCode::BAD_REQUEST);
        };
        let (sender, session) = Session::channel(config());
        match sender.try_send(message) {
            Ok(()) => self.session(session),
            Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

fn config() -> SessionConfig {
    SessionConfig::new().heartbeat(Heartbeat::quiet(HEARTBEAT)).resync(None)
}

#[derive(Deserialize)]
struct Echo {
    comment: Option<String>,
    event: Option<String>,
    id: Option<String>,
    retry: Option<serde_json::Number>,
    data: Option<String>,
}

async fn body(mut body: RequestBody) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        bytes.extend_from_slice(frame.ok()?.data_ref()?);
        if bytes.len() > MOST {
            return None;
        }
    }
    Some(bytes)
}

/// The memory of this process, in bytes, where the system says it.
fn memory() -> u64 {
    const PAGE: u64 = 4096;
    let pages = fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or(0) * PAGE
}

fn text<K: Runtime>(text: String) -> Response<Content<K>> {
    Response::new(Content::Text(Some(text)))
}

fn status<K: Runtime>(status: StatusCode) -> Response<Content<K>> {
    let mut response = Response::new(Content::default());
    *response.status_mut() = status;
    response
}

/// The body of an answer.
pub(super) enum Content<K: Runtime> {
    Events(Box<Session<K>>, #[expect(dead_code, reason = "it counts by being dropped")] Counted),
    Text(Option<String>),
}

impl<K: Runtime> Default for Content<K> {
    fn default() -> Self {
        Self::Text(None)
    }
}

/// A session, as long as it is there.
pub(super) struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<K: Runtime> Body for Content<K> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Events(session, _) => Pin::new(session.as_mut()).poll_frame(cx),
            Self::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text.into())))),
        }
    }
}
