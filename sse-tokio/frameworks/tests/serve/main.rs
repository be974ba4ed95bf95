//! The server with axum's router: middleware, TLS, HTTP/2, upgrades, sockets that take little, and servers of others with
//! our write timeout. What needs no framework is tested for all runtimes in `conformance`.

mod client;
mod http2;
mod middleware;
mod readme;
mod sockets;
mod timeouts;

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::State,
    routing::{any, get},
};
use hyper_util::rt::TokioIo;
use sse_tokio::{
    Change, EventLog, EventSource, LastEventId, Session, SessionConfig, serve,
    server::{LogConfig, PeerAddress, StartAt},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::client::Client;

/// A log, whose sessions have no heartbeat.
fn router(log: &EventLog) -> Router {
    let events = async |State(log): State<EventLog>, LastEventId(id): LastEventId| -> Session {
        let config = SessionConfig::new().heartbeat(Duration::ZERO);
        log.session().start_at(StartAt::Oldest).after(id.as_ref()).config(config).open()
    };
    Router::new().route("/", get(events)).route("/plain", get(async || "plain")).with_state(log.clone())
}

/// A log that keeps more than the buffers of a connection take.
fn large_log() -> EventLog {
    EventLog::new(LogConfig::new().bytes(64 * 1024 * 1024))
}

fn publish_much(log: &EventLog) {
    for _ in 0..32 {
        log.publish("x".repeat(1_000_000)).unwrap();
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves a router in a task.
async fn start(router: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(serve(listener, router).into_future());
    address
}

/// Waits until a log has no more sessions.
async fn wait_for_the_end(log: &EventLog) {
    let ended = async {
        while log.sessions() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.expect("no session is left");
}

#[tokio::test]
async fn a_router_is_served_and_a_client_resumes() {
    let log = EventLog::new(LogConfig::new().epoch(1));
    let address = start(router(&log)).await;
    let mut source = EventSource::get(format!("http://{address}/")).unwrap();
    for number in 1..=3 {
        log.publish(format!("event {number}")).unwrap();
        assert_eq!(source.next().await.unwrap().unwrap().data(), format!("event {number}"));
    }
    source.restart();
    assert!(matches!(source.next_change().await, Some(Change::Reestablishing { .. })));
    log.publish("event 4").unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "event 4");
    drop(source);
    wait_for_the_end(&log).await;
}

#[tokio::test]
async fn a_router_answers_head_and_refuses_options() {
    let log = EventLog::default();
    let mut client = Client::connect(start(router(&log)).await).await;
    let head = client.request("HEAD / HTTP/1.1", "").await;
    assert!(
        head.starts_with("http/1.1 200 ok\r\n") && head.contains("\r\ncontent-type: text/event-stream\r\n"),
        "{head}"
    );
    wait_for_the_end(&log).await;
    let head = client.request("OPTIONS / HTTP/1.1", "").await;
    assert!(head.starts_with("http/1.1 405 ") && head.contains("\r\nallow: get,head\r\n"), "{head}");
    // The connection is kept for both.
    assert!(client.request("GET / HTTP/1.1", "").await.contains("\r\nconnection: close\r\n"));
    assert_eq!(client.chunk().await.as_deref(), Some(&b":\n"[..]));
}

#[tokio::test]
async fn a_handler_gets_the_address_of_its_client() {
    let address =
        async |axum::Extension(PeerAddress(address)): axum::Extension<PeerAddress<SocketAddr>>| address.to_string();
    let server = start(Router::new().route("/", get(address))).await;
    let stream = tokio::net::TcpStream::connect(server).await.unwrap();
    let own = stream.local_addr().unwrap().to_string();
    let mut client = Client::over(stream);
    client.request("GET / HTTP/1.1", "").await;
    assert_eq!(client.exactly(own.len()).await, own.as_bytes());
}

/// As language models are asked. A service that takes hyper's own body does not report whether it has read it.
#[tokio::test]
async fn a_session_for_a_post_is_taken_over_when_its_body_has_been_read() {
    let echo =
        async |text: String| Session::stream(SessionConfig::new(), Texts(text.lines().map(str::to_owned).collect()));
    let router = Router::new().route("/", axum::routing::post(echo));
    let mut client = Client::connect(start(router).await).await;
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na\nb").await;
    assert!(client.head().await.contains("\r\nconnection: close\r\n"));
    assert!(client.chunks().await.ends_with(b"data: a\n\ndata: b\n\n"));
    client.end().await;

    let log = EventLog::default();
    let events = log.clone();
    let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let session = Session::resume(&events, None);
        async move {
            let read = axum::body::to_bytes(axum::body::Body::new(request), 10).await;
            read.map(|_| session.into_http_response())
        }
    });
    let (listener, address) = listen().await;
    tokio::spawn(serve(listener, service).into_future());
    for (request, taken_over) in
        [("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", false), ("GET / HTTP/1.1\r\n\r\n", true)]
    {
        let mut client = Client::connect(address).await;
        client.send(request.as_bytes()).await;
        assert_eq!(client.head().await.contains("\r\nconnection: close\r\n"), taken_over);
        log.publish("c").unwrap();
        client.event("c").await;
    }
}

/// A stream of messages.
struct Texts(std::collections::VecDeque<String>);

impl futures_core::Stream for Texts {
    type Item = String;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<String>> {
        std::task::Poll::Ready(self.0.pop_front())
    }
}

#[tokio::test]
async fn a_connection_can_be_upgraded() {
    let upgrade = any(async |request: axum::extract::Request| {
        tokio::spawn(async {
            let mut upgraded = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
            let mut ping = [0; 4];
            upgraded.read_exact(&mut ping).await.unwrap();
            upgraded.write_all(b"pong").await.unwrap();
        });
        (http::StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "x")])
    });
    let mut client = Client::connect(start(Router::new().route("/", upgrade)).await).await;
    assert!(client.request("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: x\r\n").await.contains(" 101 "));
    client.send(b"ping").await;
    assert_eq!(client.exactly(4).await, b"pong");
}
