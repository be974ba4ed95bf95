//! The server: a page, its events, and what the page tells of them.

use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Instant,
};

use http::{Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use serde::Deserialize;
use sse_tokio::{
    EventId, EventLog, NoMoreEvents, Retry, Session, SessionConfig, bytes::Bytes, last_event_id, server::StartAt,
    transport::Io,
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

const PAGE: &str = include_str!("page.html");

/// Something that the page has seen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(crate) struct Seen {
    /// `open`, `error` with the readyState, or `event`.
    pub(crate) what: String,
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    pub(crate) data: String,
    pub(crate) id: String,
}

/// A request for events.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) last_event_id: Option<EventId>,
}

/// What is there whether the server is or not.
pub(crate) struct State {
    pub(crate) log: EventLog,
    /// The reconnection time that each response begins with.
    pub(crate) retry: Retry,
    pub(crate) seen: watch::Sender<Vec<Seen>>,
    pub(crate) asked: Mutex<Vec<Asked>>,
}

/// A server that can be lost.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens here; port 0 is any that is free.
    pub(crate) async fn start(address: SocketAddr, state: Arc<State>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            // They end with this task.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let state = Arc::clone(&state);
                connections.spawn(async move {
                    let service = service_fn(|request| state.answer(request));
                    drop(
                        http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service).await,
                    );
                });
            }
        });
        Ok(Self { address, task })
    }

    /// Is gone, with all connections and the port.
    pub(crate) async fn lose(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

impl State {
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Content>, Infallible> {
        Ok(match (request.method(), request.uri().path()) {
            (&Method::GET, "/") => {
                let mut page = Response::new(Content::Text(Some(PAGE)));
                let html = header::HeaderValue::from_static("text/html; charset=utf-8");
                page.headers_mut().insert(header::CONTENT_TYPE, html);
                page
            }
            (&Method::GET, "/events") => self.events(last_event_id(request.headers())),
            (&Method::POST, "/seen") => {
                if let Ok(seen) = serde_json::from_slice::<Vec<Seen>>(&body(request.into_body()).await) {
                    // They may come in another order than they were sent in.
                    self.seen.send_if_modified(|known| {
                        let newer = seen.len() > known.len();
                        if newer {
                            *known = seen;
                        }
                        newer
                    });
                }
                NoMoreEvents.into_http_response()
            }
            _ => {
                let mut missing = Response::new(Content::default());
                *missing.status_mut() = StatusCode::NOT_FOUND;
                missing
            }
        })
    }

    fn events(&self, last_event_id: Option<EventId>) -> Response<Content> {
        let asked = Asked { at: Instant::now(), last_event_id: last_event_id.clone() };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        if self.log.is_closed() {
            return NoMoreEvents.into_http_response();
        }
        let config = SessionConfig::new().retry(self.retry);
        let session = self.log.session().start_at(StartAt::Oldest).after(last_event_id.as_ref()).config(config).open();
        session.into_http_response().map(|session| Content::Events(Box::new(session)))
    }
}

async fn body(mut body: Incoming) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        bytes.extend(frame.data_ref().into_iter().flatten());
    }
    bytes
}

/// The body of an answer.
enum Content {
    Events(Box<Session>),
    Text(Option<&'static str>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(None)
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Events(session) => Pin::new(session.as_mut()).poll_frame(cx),
            Self::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text.into())))),
        }
    }
}
