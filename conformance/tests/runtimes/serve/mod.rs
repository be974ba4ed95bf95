//! The server: hyper until the head of a session's response is written, and the driver from then on.

mod client;
mod ends;
mod engine;
mod faults;
mod flushes;
mod peers;
mod readme;
mod requests;
mod stop;
mod tls;

use core::{
    convert::Infallible,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
    time::Duration,
};
use std::{
    io,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use http::{Request, Response};
use http_body::{Body, Frame};
use hyper::service::Service;
use sse_conformance::runtimes::UnderTest;
use sse_driver::{
    EventLog, Sender, Session, serve,
    server::{RequestBody, Serve, Stopped, last_event_id},
};
use sse_proto::{
    EventId,
    bytes::Bytes,
    server::{LogConfig, SessionConfig, StartAt},
};

use crate::{broken, common::listen};

/// The application of these tests.
struct App<R: UnderTest> {
    log: EventLog<R>,
    config: SessionConfig,
    /// Where the senders of `/channel` are sent.
    senders: mpsc::SyncSender<Sender>,
}

impl<R: UnderTest> Clone for App<R> {
    fn clone(&self) -> Self {
        Self { log: self.log.clone(), config: self.config.clone(), senders: self.senders.clone() }
    }
}

impl<R: UnderTest> App<R> {
    async fn respond(self, mut request: Request<RequestBody>) -> Response<Content<R>> {
        let id = last_event_id(request.headers());
        match request.uri().path() {
            "/plain" => return Response::new(Content::Text("plain".into())),
            "/read" => while poll_fn(|cx| Pin::new(request.body_mut()).poll_frame(cx)).await.is_some() {},
            "/echo" => {
                let session = Session::run(self.config, |sender| async move {
                    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(request.body_mut()).poll_frame(cx)).await {
                        let text = frame.into_data().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                        sender.send(text.unwrap_or_default()).await.expect("the client listens");
                    }
                });
                return session.into_http_response().map(Content::Events);
            }
            "/channel" => {
                let (sender, session) = Session::channel(self.config);
                self.senders.send(sender).expect("the test waits for it");
                return session.into_http_response().map(Content::Events);
            }
            "/joined" => {
                let (sender, session) = Session::channel(self.config);
                let session = session.join_as(&self.log.group(), "joined");
                self.senders.send(sender).expect("the test waits for it");
                return session.into_http_response().map(Content::Events);
            }
            path if path.ends_with("/broken") || path.ends_with("/whole") => {
                return broken::session(path).into_http_response().map(Content::Events);
            }
            _ => {}
        }
        let session = self.log.session().start_at(StartAt::Oldest).after(id.as_ref()).key("reader");
        session.config(self.config).open().into_http_response().map(Content::Events)
    }
}

impl<R: UnderTest> Service<Request<RequestBody>> for App<R> {
    type Response = Response<Content<R>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<RequestBody>) -> Self::Future {
        let app = self.clone();
        Box::pin(async move { Ok(app.respond(request).await) })
    }
}

enum Content<R: UnderTest> {
    Events(Session<R>),
    Text(String),
}

impl<R: UnderTest> Body for Content<R> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Events(session) => Pin::new(session).poll_frame(cx),
            Self::Text(text) => Pin::new(text).poll_frame(cx).map_err(|error| match error {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Events(session) => session.is_end_stream(),
            Self::Text(text) => text.is_end_stream(),
        }
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match self {
            Self::Events(session) => session.size_hint(),
            Self::Text(text) => text.size_hint(),
        }
    }
}

/// A server in a thread of its own.
struct Server<R: UnderTest> {
    address: SocketAddr,
    log: EventLog<R>,
    senders: mpsc::Receiver<Sender>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Stopped>,
}

impl<R: UnderTest> Server<R> {
    /// Starts a server whose sessions have no heartbeat: what is noticed is not noticed by a write.
    fn start() -> Self {
        Self::start_with(SessionConfig::new().heartbeat(Duration::ZERO), |serve, _| serve)
    }

    fn start_with(
        config: SessionConfig,
        configure: impl FnOnce(Serve<R, R::Listener, App<R>>, &EventLog<R>) -> Serve<R, R::Listener, App<R>>
        + Send
        + 'static,
    ) -> Self {
        let (started, address) = mpsc::channel();
        let (senders, received) = mpsc::sync_channel(100);
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            R::block_on(async {
                let log = EventLog::new(LogConfig::new().bytes(64 * 1024 * 1024));
                let (listener, address) = listen::<R>();
                let app = App { log: log.clone(), config, senders };
                let serve = configure(serve(listener, app), &log).with_graceful_shutdown(raised::<R>(stopping));
                started.send((address, log)).expect("the test waits for it");
                serve.await
            })
        });
        let (address, log) = address.recv().expect("the server starts");
        Self { address, log, senders: received, stop, thread }
    }

    /// Stops the server, and waits for it.
    fn stop(self) -> Stopped {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the server does not panic")
    }

    /// Waits until the log has this number of sessions.
    fn wait_for_sessions(&self, sessions: usize) {
        wait_for_sessions(&self.log, sessions);
    }
}

/// Publishes more than the buffers of a connection take, and less than the log keeps. Returns the ID of the last event.
fn publish_much<R: UnderTest>(log: &EventLog<R>) -> EventId {
    let publish = || log.publish("x".repeat(1_000_000)).expect("room");
    (1..32).for_each(|_| drop(publish()));
    publish().expect("an ID")
}

/// Waits until a log has this number of sessions. Whatever does not happen within half a minute does not happen.
fn wait_for_sessions<R: UnderTest>(log: &EventLog<R>, sessions: usize) {
    let began = Instant::now();
    while log.sessions() != sessions {
        assert!(began.elapsed() < Duration::from_secs(30), "{} sessions, and not {sessions}", log.sessions());
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until a flag is set, of another thread.
async fn raised<R: UnderTest>(flag: Arc<AtomicBool>) {
    while !flag.load(Ordering::Relaxed) {
        R::sleep(Duration::from_millis(1)).await;
    }
}
