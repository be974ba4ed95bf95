//! The feature `axum`: sessions as responses, the last event ID as an extractor, over HTTP/1.1 and HTTP/2.

use std::{future::poll_fn, net::SocketAddr, pin::Pin};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::IntoResponse,
    routing::{any, get, post},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Body;
use hyper::{body::Incoming, client};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use sse_tokio::{
    Change, ClientConfig, EventId, EventLog, EventSource, LastEventId, NoMoreEvents, Session, SessionConfig,
    StreamReader, last_event_id,
    server::{self, CODINGS, EventRequest, LastEventIdOrQuery, LogConfig},
};
use tokio::net::{TcpListener, TcpStream};
use tower_http::compression::CompressionLayer;

/// The protocols that a session has to work with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Protocol {
    Http1,
    Http2,
}

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// Serves each connection with this protocol.
async fn serve(router: Router, protocol: Protocol) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let io = TokioIo::new(listener.accept().await.unwrap().0);
            let service = TowerToHyperService::new(router.clone());
            match protocol {
                Protocol::Http1 => {
                    tokio::spawn(async {
                        drop(hyper::server::conn::http1::Builder::new().serve_connection(io, service).await);
                    });
                }
                Protocol::Http2 => {
                    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    tokio::spawn(async move { drop(builder.serve_connection(io, service).await) });
                }
            }
        }
    });
    address
}

/// The answer to a GET with these header fields, over a connection of its own.
async fn request(address: SocketAddr, protocol: Protocol, path: &str, fields: &[(&str, &str)]) -> Response<Incoming> {
    request_by("GET", address, protocol, path, fields).await
}

/// The response to a request with this method, over a connection of its own.
async fn request_by(
    method: &str,
    address: SocketAddr,
    protocol: Protocol,
    path: &str,
    fields: &[(&str, &str)],
) -> Response<Incoming> {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let uri = match protocol {
        Protocol::Http1 => path.to_owned(),
        Protocol::Http2 => format!("http://{address}{path}"),
    };
    let mut request = Request::builder().method(method).uri(uri).header("host", "x");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    match protocol {
        Protocol::Http1 => {
            let (mut sender, connection) = client::conn::http1::handshake(io).await.unwrap();
            tokio::spawn(async { drop(connection.await) });
            sender.send_request(request).await.unwrap()
        }
        Protocol::Http2 => {
            let (mut sender, connection) = client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
            tokio::spawn(async { drop(connection.await) });
            sender.send_request(request).await.unwrap()
        }
    }
}

/// Reads on until `end` is there.
async fn read_to(body: &mut Incoming, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await.expect("the body goes on").unwrap();
        text.push_str(str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    text
}

/// IDs that can be foretold.
fn numbered() -> EventLog {
    EventLog::new(LogConfig::new().epoch(1))
}

async fn events(State(log): State<EventLog>, LastEventId(id): LastEventId) -> Session {
    Session::resume(&log, id.as_ref())
}

fn check_head(head: &HeaderMap) {
    let field = |name: &str| head.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(field("content-type"), Some("text/event-stream"));
    assert_eq!(field("cache-control"), Some("no-store, no-transform"));
    assert_eq!(field("x-accel-buffering"), Some("no"));
    assert_eq!((field("content-length"), field("content-encoding"), field("connection")), (None, None, None));
}

#[tokio::test]
async fn a_handler_returns_a_session_and_a_client_resumes() {
    for protocol in BOTH {
        let log = numbered();
        let address = serve(Router::new().route("/", get(events)).with_state(log.clone()), protocol).await;
        for number in 1..=3 {
            log.publish(format!("event {number}")).unwrap();
        }
        let answer = request(address, protocol, "/", &[("last-event-id", "1-1")]).await;
        assert_eq!(answer.status(), 200);
        check_head(answer.headers());
        let mut body = answer.into_body();
        let missed = read_to(&mut body, "id: 1-3\n\n").await;
        assert!(missed.ends_with("data: event 2\nid: 1-2\n\ndata: event 3\nid: 1-3\n\n"), "{missed}");
        // Not held back until there is more.
        log.publish("event 4").unwrap();
        assert_eq!(read_to(&mut body, "id: 1-4\n\n").await, "data: event 4\nid: 1-4\n\n");
        log.close();
        assert!(
            poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await.is_none_or(|last| last
                .unwrap()
                .data_ref()
                .unwrap()
                .is_empty())
        );
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    for protocol in BOTH {
        let (handlers, mut sender) = tokio::sync::mpsc::unbounded_channel();
        let route = get(async move || {
            let (sender, session) = Session::channel(SessionConfig::new());
            handlers.send(sender).unwrap();
            session
        });
        let address = serve(Router::new().route("/", route), protocol).await;
        let mut body = request(address, protocol, "/", &[]).await.into_body();
        let sender = sender.recv().await.unwrap();
        sender.send("hello").await.unwrap();
        assert!(read_to(&mut body, "hello\n\n").await.ends_with("data: hello\n\n"));
        drop(body);
        sender.closed().await;
    }
}

#[tokio::test]
async fn status_and_headers_can_be_set() {
    let own = async || {
        let (sender, session) = Session::channel(SessionConfig::new());
        sender.try_send("hello").unwrap();
        (StatusCode::ACCEPTED, [("x-own", "1"), ("cache-control", "no-cache")], session)
    };
    for protocol in BOTH {
        let address = serve(Router::new().route("/", get(own)), protocol).await;
        let answer = request(address, protocol, "/", &[]).await;
        assert_eq!(answer.status(), 202);
        assert_eq!(answer.headers()["x-own"], "1");
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert!(read_to(&mut answer.into_body(), "hello\n\n").await.ends_with("data: hello\n\n"));
    }
}

/// As language models are asked: the question is the body of a POST, and the answer a stream.
#[tokio::test]
async fn a_post_is_answered_by_a_session_that_ends_with_its_handler() {
    let answer = async |question: String| {
        Session::run(SessionConfig::new(), move |sender| async move {
            for word in question.split(' ') {
                sender.send(word).await.unwrap();
            }
        })
    };
    let address = serve(Router::new().route("/", post(answer)), Protocol::Http1).await;
    let config = ClientConfig::get(format!("http://{address}/")).unwrap().method("POST").unwrap().body("to be or");
    let mut source = EventSource::open(config).unwrap();
    for word in ["to", "be", "or"] {
        assert_eq!(source.next().await.unwrap().unwrap().data(), word);
    }
    let Some(Change::Reestablishing { .. } | Change::Failed { .. }) = source.next_change().await else {
        panic!("the response ends with its handler")
    };
}

#[tokio::test]
async fn compression_leaves_events_alone() {
    let log = numbered();
    let text = get(async || "long enough to be worth it ".repeat(100));
    let router = Router::new().route("/", get(events)).route("/text", text).with_state(log.clone());
    for protocol in BOTH {
        let address = serve(router.clone().layer(CompressionLayer::new()), protocol).await;
        let gzip = [("accept-encoding", "gzip")];
        // The layer is there.
        assert_eq!(request(address, protocol, "/text", &gzip).await.headers()["content-encoding"], "gzip");
        let answer = request(address, protocol, "/", &gzip).await;
        check_head(answer.headers());
        let mut body = answer.into_body();
        for number in 1..=3 {
            let data = format!("{protocol:?} {number}");
            let id = log.publish(data.as_str()).unwrap().unwrap();
            let event = read_to(&mut body, &format!("id: {}\n\n", id.as_str())).await;
            assert!(event.contains(&format!("data: {data}\n")), "{event}");
        }
    }
}

/// Under axum alone, without `serve`.
#[tokio::test]
async fn every_method_gets_what_is_right_for_it() {
    let log = numbered();
    let news = log.clone();
    let events = async |State(log): State<EventLog>, EventRequest(request): EventRequest| {
        Session::resume(&log, request.last_event_id())
    };
    let service = server::events(move |request| Session::resume(&news, request.last_event_id()).into_http_response());
    let router = Router::new().route("/handler", any(events)).route_service("/service", service);
    for protocol in BOTH {
        let address = serve(router.clone().with_state(log.clone()), protocol).await;
        for path in ["/handler", "/service"] {
            let id = log.publish("a").unwrap().unwrap();
            log.publish("b").unwrap();
            let response = request(address, protocol, path, &[("last-event-id", id.as_str())]).await;
            check_head(response.headers());
            let text = read_to(&mut response.into_body(), "\n\n").await;
            assert!(text.contains("data: b\n") && !text.contains("data: a\n"), "{protocol:?} {path}: {text}");

            for (method, status) in [("HEAD", 200), ("OPTIONS", 204), ("POST", 405)] {
                let response = request_by(method, address, protocol, path, &[]).await;
                assert_eq!(response.status(), status, "{protocol:?} {path} {method}");
                if method == "HEAD" {
                    check_head(response.headers());
                } else {
                    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS", "{protocol:?} {path} {method}");
                    assert!(response.headers().get("content-type").is_none(), "{protocol:?} {path} {method}");
                }
            }
        }
    }
}

/// reqwest asks for compression by itself, and decompresses as it reads.
#[tokio::test]
async fn reqwest_reads_compressed_events_one_by_one() {
    let log = numbered();
    let events = async |State(log): State<EventLog>, EventRequest(request): EventRequest| {
        Session::resume(&log, request.last_event_id()).compress(request.coding(CODINGS))
    };
    for protocol in BOTH {
        let address = serve(Router::new().route("/", any(events)).with_state(log.clone()), protocol).await;
        let plain = request(address, protocol, "/", &[("accept-encoding", "gzip")]).await;
        assert_eq!(plain.headers()["content-encoding"], "gzip");
        assert_eq!(plain.headers()["vary"], "Accept-Encoding");

        let client = reqwest::Client::builder().no_proxy();
        let client = if protocol == Protocol::Http2 { client.http2_prior_knowledge() } else { client };
        let response = client.build().unwrap().get(format!("http://{address}/")).send().await.unwrap();
        let mut events = StreamReader::new(response.bytes_stream());
        for number in 1..=3 {
            log.publish(format!("event {number}")).unwrap();
            assert_eq!(events.next().await.unwrap().unwrap().data(), format!("event {number}"), "{protocol:?}");
        }
    }
}

#[tokio::test]
async fn the_end_of_all_events_is_status_204() {
    let closed = async |State(log): State<EventLog>| -> Result<Session, NoMoreEvents> {
        if log.is_closed() { Err(NoMoreEvents) } else { Ok(Session::resume(&log, None)) }
    };
    let log = numbered();
    let address = serve(Router::new().route("/", get(closed)).with_state(log.clone()), Protocol::Http1).await;
    assert_eq!(request(address, Protocol::Http1, "/", &[]).await.status(), 200);
    log.close();
    let answer = request(address, Protocol::Http1, "/", &[]).await;
    assert_eq!(answer.status(), 204);
    assert!(answer.headers().get("content-type").is_none());
    assert!(NoMoreEvents.into_http_response::<String>().into_body().is_empty());
    assert_eq!(NoMoreEvents.into_response().status(), 204);
}

#[test]
fn a_header_that_cannot_be_used_is_an_id_that_no_log_knows() {
    let with = |value: &[u8]| HeaderMap::from_iter([(LAST_EVENT_ID, HeaderValue::from_bytes(value).unwrap())]);
    for (headers, expected) in [
        (HeaderMap::new(), None),
        (with(b""), None),
        (with(b"7"), Some(EventId::from(7))),
        (with("\u{4e2d}".as_bytes()), Some(EventId::new("\u{4e2d}").unwrap())),
        (with(b"\xff"), Some(EventId::unusable())),
        (with(&[b'x'; 1025]), Some(EventId::unusable())),
    ] {
        assert_eq!(last_event_id(&headers), expected, "{headers:?}");
    }
}

#[tokio::test]
async fn the_last_event_id_comes_from_the_header_and_on_request_from_the_query() {
    let shown = |id: Option<EventId>| id.map_or_else(|| "none".to_owned(), |id| format!("{:?}", id.as_str()));
    let router = Router::new()
        .route("/header", get(async move |LastEventId(id): LastEventId| shown(id)))
        .route("/query", get(async move |LastEventIdOrQuery(id): LastEventIdOrQuery| shown(id)));
    let address = serve(router, Protocol::Http1).await;
    let long = "x".repeat(1025);
    let long_query = format!("/query?lastEventId={long}");
    let unusable = "\"\u{fffd}\"";
    for (path, header, expected) in [
        ("/header", None, "none"),
        ("/header", Some("7"), "\"7\""),
        ("/header", Some(""), "none"),
        ("/header", Some(" "), "none"),
        ("/header", Some(&*long), unusable),
        ("/header?lastEventId=8", None, "none"),
        ("/query?lastEventId=8", None, "\"8\""),
        ("/query?lastEventId=8", Some("7"), "\"7\""),
        ("/query?lastEventId=8", Some(""), "\"8\""),
        ("/query?lastEventId=8", Some(&*long), unusable),
        ("/query?lastEventId=", None, "none"),
        ("/query?lastEventId=a%0Ab", None, unusable),
        ("/query?lastEventId=a%00b", None, unusable),
        ("/query?lastEventId=%ff", None, unusable),
        (&*long_query, None, unusable),
        ("/query", None, "none"),
    ] {
        let fields: Vec<_> = header.map(|id| ("last-event-id", id)).into_iter().collect();
        let mut body = request(address, Protocol::Http1, path, &fields).await.into_body();
        let got = read_to(&mut body, expected).await;
        assert_eq!(got, expected, "{path} {header:?}");
    }
}
