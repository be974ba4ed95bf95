//! The client and the server over real sockets. Times are only ever bounded from below.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::Duration,
};

use axum::{Router, extract::State, http::HeaderMap, routing::get};
use sse_tokio::{
    Change, ClientConfig, EventId, EventLog, EventSource, Message, Retry, Sender, Session, SessionConfig,
    client::{FailReason, Loss, NetworkError, Request, RequestError},
    last_event_id,
    server::StartAt,
    transport::{Connect, HttpConnector, HttpError, Target},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Instant,
};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves a router; axum returns our sessions as it returns any response.
async fn serve(router: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Answers each request with the next of these bytes, and closes; gives the requests.
async fn raw(answers: Vec<&'static str>) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let (listener, address) = listen().await;
    let (requests, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = requests.send(head(&mut stream).await);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, received)
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8_lossy(&head).into_owned()
}

#[tokio::test]
async fn a_client_gets_what_is_published_and_resumes_what_it_missed() {
    let log = EventLog::default();
    let events = |State(log): State<EventLog>, headers: HeaderMap| async move {
        let id = last_event_id(&headers);
        let config = SessionConfig::new().retry(Retry::from_millis(10));
        log.session().start_at(StartAt::Oldest).after(id.as_ref()).config(config).open().into_http_response()
    };
    let address = serve(Router::new().route("/events", get(events)).with_state(log.clone())).await;
    let url = format!("http://{address}/events");

    let mut source = EventSource::get(url.clone()).unwrap();
    for number in 1..=3 {
        log.publish(format!("event {number}")).unwrap();
        let event = source.next().await.unwrap().unwrap();
        assert_eq!(event.data(), format!("event {number}").as_str());
    }
    let seen = EventId::new(source.last_event_id()).unwrap();
    drop(source);

    log.publish("while nobody listened").unwrap();
    let config = ClientConfig::get(url).unwrap().last_event_id(seen);
    let mut source = EventSource::open(config).unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "while nobody listened");
}

#[tokio::test]
async fn the_head_of_the_response_keeps_proxies_from_holding_events_back() {
    let address = serve(
        Router::new().route("/", get(|| async { Session::resume(&EventLog::default(), None).into_http_response() })),
    )
    .await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    // The head is there before any event is, and so is the first byte of the body.
    let head = head(&mut stream).await.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    for field in [
        "content-type: text/event-stream\r\n",
        "cache-control: no-store, no-transform\r\n",
        "x-accel-buffering: no\r\n",
    ] {
        assert!(head.contains(field), "{head}");
    }
    assert!(!head.contains("content-length"), "{head}");
    let mut first = [0; 5];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"2\r\n:\n");
}

#[tokio::test]
async fn the_request_is_what_the_standard_asks_for() {
    let (address, mut requests) = raw(vec![
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1\nid: \u{2026}\ndata: a\n\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
    ])
    .await;
    let config = ClientConfig::get(format!("http://{address}/a/b?c=d")).unwrap().header("X-Own", "1").unwrap();
    let config = config.header("Host", "own.example").unwrap().header("accept", "text/event-stream;q=1").unwrap();
    let mut source = EventSource::open(config).unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    assert_eq!(source.next().await.unwrap().unwrap_err().reason, FailReason::Status(204));
    let first = requests.recv().await.unwrap().to_ascii_lowercase();
    assert!(first.starts_with("get /a/b?c=d http/1.1\r\n"), "{first}");
    for field in [
        "host: own.example\r\n".to_owned(),
        "accept: text/event-stream;q=1\r\n".into(),
        "cache-control: no-cache\r\n".into(),
        "x-own: 1\r\n".into(),
    ] {
        assert!(first.contains(&field), "{first}");
    }
    assert!(!first.contains("last-event-id"), "{first}");
    assert_eq!(first.matches("host: ").count(), 1, "{first}");
    assert!(requests.recv().await.unwrap().contains("last-event-id: \u{2026}\r\n"));
}

#[tokio::test]
async fn all_ways_to_lose_a_connection_lead_to_another_one() {
    let (address, mut requests) = raw(vec![
        // Closed without a length: an orderly end.
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 120\ndata: 1\n\n",
        // Shorter than announced.
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\ndata: 2\n\n",
        // Cut within a chunk, in the middle of an event.
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n40\r\ndata: 3\n\ndata: lost",
        // No answer, and one that is no HTTP.
        "",
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: 4\n\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ])
    .await;
    let mut source = EventSource::get(format!("http://{address}/")).unwrap();
    let mut seen = Vec::new();
    let mut lost = Instant::now();
    while let Some(change) = source.next_change().await {
        match change {
            Change::Open(_) => assert!(seen.is_empty() || lost.elapsed() >= Duration::from_millis(120)),
            Change::Event(event) => seen.push(event.data().to_owned()),
            Change::Reestablishing { cause, .. } => {
                lost = Instant::now();
                seen.push(format!("{cause:?}"));
            }
            Change::Failed(failure) => seen.push(format!("{:?}", failure.reason)),
            other => panic!("{other:?}"),
        }
    }
    let [end, broken] = [Loss::End { in_mid_event: false }, Loss::Broken { in_mid_event: false }];
    let mid_event = Loss::Broken { in_mid_event: true };
    let expected = [
        "1".into(),
        format!("{end:?}"),
        "2".into(),
        format!("{broken:?}"),
        "3".into(),
        format!("{mid_event:?}"),
        format!("{:?}", Loss::Unreachable),
        format!("{:?}", Loss::Unreachable),
        "4".into(),
        format!("{end:?}"),
        format!("{:?}", FailReason::Status(404)),
    ];
    assert_eq!(seen, expected);
    drop(source);
    let mut count = 0;
    while requests.recv().await.is_some() {
        count += 1;
    }
    assert_eq!(count, 7);
}

/// However the server cuts its answer into chunks, events come in order, and what is wrong behind them comes after them.
#[tokio::test]
async fn chunks_of_all_sizes_come_in_order_and_a_fault_after_them() {
    let sizes = [1, 900, 2000, 5, 70_000, 1, 1];
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let events: String = sizes.iter().map(|size| chunk(&format!("data: {}\n\n", "x".repeat(*size)))).collect();
    let many: String = (0..1000).map(|number| chunk(&format!("data: {number}\n\n"))).collect();
    let cut = chunk("dat") + &chunk("a") + &chunk(": cut\n") + &chunk("\n");
    let answer = format!("{CHUNKED}{events}{many}{cut}no chunk");
    let (address, _) = raw(vec![Box::leak(answer.into_boxed_str())]).await;

    let mut source = EventSource::get(format!("http://{address}/")).unwrap();
    assert!(matches!(source.next_change().await, Some(Change::Open(_))));
    for size in sizes {
        let event = source.next().await.unwrap().unwrap();
        assert_eq!(event.data(), "x".repeat(size).as_str());
    }
    for number in 0..1000 {
        let event = source.next().await.unwrap().unwrap();
        assert_eq!(event.data(), number.to_string().as_str());
    }
    assert_eq!(source.next().await.unwrap().unwrap().data(), "cut");
    let change = source.next_change().await;
    assert!(matches!(change, Some(Change::Reestablishing { cause: Loss::Broken { .. }, .. })), "{change:?}");
}

#[tokio::test]
async fn redirects_are_followed() {
    let (address, mut requests) = raw(vec![
        "HTTP/1.1 301 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n",
    ])
    .await;
    let mut source = EventSource::get(format!("http://{address}/here")).unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    assert!(requests.recv().await.unwrap().starts_with("GET /here "));
    assert!(requests.recv().await.unwrap().starts_with("GET /there "));
}

#[tokio::test]
async fn a_url_may_have_a_query_and_no_path() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n";
    let (address, mut requests) = raw(vec![answer]).await;
    let mut source = EventSource::get(format!("http://{address}?a=b")).unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    assert!(requests.recv().await.unwrap().starts_with("GET /?a=b HTTP/1.1"));
}

#[tokio::test]
async fn a_handler_sees_that_its_client_is_gone() {
    let (handlers, mut sender) = mpsc::unbounded_channel::<Sender>();
    let route = get(move || async move {
        let (sender, session) = Session::channel(SessionConfig::new());
        let _ = handlers.send(sender);
        session.into_http_response()
    });
    let address = serve(Router::new().route("/", route)).await;
    let mut source = EventSource::get(format!("http://{address}/")).unwrap();
    let next = source.next();
    let work = async {
        let sender = sender.recv().await.unwrap();
        sender.send(Message::from("hello")).await.unwrap();
        sender
    };
    let (event, sender) = tokio::join!(next, work);
    assert_eq!(event.unwrap().unwrap().data(), "hello");
    drop(source);
    sender.closed().await;
}

#[tokio::test]
async fn what_can_never_work_fails_and_says_why() {
    assert!(
        matches!(EventSource::get("http://this is invalid/"), Err(RequestError::Url { url, .. }) if url == "http://this is invalid/")
    );
    assert!(EventSource::get("/events").is_err());
    let mut source = EventSource::get("ftp://127.0.0.1/").unwrap();
    let failure = source.next().await.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailReason::Permanent);
    assert!(failure.error.unwrap().to_string().contains("ftp"));
}

#[tokio::test]
async fn https_reads_events_from_a_server_whose_certificate_is_trusted_and_from_no_other() -> io::Result<()> {
    use std::sync::Arc;

    use sse_tokio::{
        EventSourceOver,
        transport::{Dialler, HttpConnector},
    };
    use tokio_rustls::{TlsAcceptor, rustls};

    let key = rcgen::generate_simple_self_signed([String::from("localhost")]).unwrap();
    let certificate = key.cert.der().clone();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: secret\n\n";
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    let url = format!("https://localhost:{}/", address.port());

    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = HttpConnector::new(Dialler::with_tls(Arc::new(client)));
    let mut source = EventSourceOver::new(ClientConfig::get(url.clone()).unwrap(), connector);
    assert_eq!(source.next().await.unwrap().unwrap().data(), "secret");

    let mut distrustful = EventSource::get(url).unwrap();
    // Trying again would not help.
    let failure = distrustful.next().await.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailReason::Permanent);
    let error = failure.error.unwrap();
    assert!(error.to_string().contains("certificate"), "{error}");
    Ok(())
}

/// The consumer keeps the thread for longer than the server may be silent. What has come meanwhile lies in the socket,
/// and the runtime, whose thread this is, has not looked yet.
#[tokio::test]
async fn a_blocked_thread_does_not_cost_the_connection() {
    const IDLE: Duration = Duration::from_millis(200);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = ClientConfig::get(format!("http://{}/", listener.local_addr().unwrap())).unwrap().idle_timeout(IDLE);
    let (received, in_server) = std::sync::mpsc::channel();
    let (written, in_client) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n").unwrap();
        in_server.recv().unwrap();
        stream.write_all(b"data: b\n\n").unwrap();
        written.send(()).unwrap();
        // Keeps the connection until the client is done with it.
        let _ = stream.read(&mut head);
    });
    let changes = tokio::spawn(async move {
        let mut source = EventSource::open(config).unwrap();
        assert!(matches!(source.next_change().await, Some(Change::Open(_))));
        assert!(matches!(source.next_change().await, Some(Change::Event(event)) if event.data() == "a"));
        // Sets the watchdog.
        assert!(tokio::time::timeout(Duration::from_millis(1), source.next_change()).await.is_err());
        received.send(()).unwrap();
        in_client.recv().unwrap();
        std::thread::sleep(IDLE + IDLE / 2);
        source.next_change().await
    });
    let change = changes.await.unwrap();
    assert!(matches!(&change, Some(Change::Event(event)) if event.data() == "b"), "{change:?}");
    server.join().unwrap();
}

#[tokio::test]
async fn a_request_for_a_port_that_is_none_goes_nowhere() {
    for (url, port) in [
        ("http://127.0.0.1:99999/", None),
        ("https://[::1]:65536/", None),
        ("http://127.0.0.1:+80/", None),
        ("http://127.0.0.1:/", Some(80)),
        ("http://127.0.0.1/", Some(80)),
        ("https://[::1]/", Some(443)),
        ("http://[::1]:81/", Some(81)),
    ] {
        let (sender, mut targets) = mpsc::unbounded_channel();
        let dialler = move |target: Target| {
            sender.send(target.port).unwrap();
            async { Err(io::Error::other("nobody is there")) }
        };
        let mut connector = HttpConnector::new(dialler);
        let error = connector.connect(Request::get(url)).await.map(drop).unwrap_err();
        assert_eq!(targets.try_recv().ok(), port, "{url}");
        assert_eq!(matches!(error, HttpError::Port(_)), port.is_none(), "{url}: {error}");
        assert_eq!(connector.classify(&error) == NetworkError::Permanent, port.is_none(), "{url}");
    }
}
