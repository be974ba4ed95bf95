//! HTTP/2 against hyper's server. What frames by themselves can do is tested for all runtimes in `conformance`.

use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{HeaderMap, Request, Response, Uri, Version};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::TokioExecutor;
use sse_tokio::{
    Change, ClientConfig, EventLog, EventSource, EventSourceOver, Session, SessionConfig,
    client::Loss,
    last_event_id,
    server::StartAt,
    transport::{
        Dialler, HttpConnector, Io, Socket, Target,
        rustls::{self, RootCertStore, ServerConfig, crypto::ring},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// What a request said: its version, its target, its fields, and the length of its body.
type Seen = (Version, Uri, HeaderMap, usize);

struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    tls: Arc<rustls::ClientConfig>,
}

/// Gives the events of a log, to who is new from the first one on.
async fn serve(log: EventLog) -> Server {
    let key = rcgen::generate_simple_self_signed([String::from("localhost")]).unwrap();
    let certificate = key.cert.der().clone();
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
            let (log, all) = (log.clone(), Arc::clone(&all));
            let service = service_fn(move |request| answer(request, log.clone(), Arc::clone(&all)));
            tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(Io::new(stream), service));
        }
    });
    Server { address, seen, tls: Arc::new(tls) }
}

async fn answer(
    request: Request<Incoming>,
    log: EventLog,
    seen: Arc<Mutex<Vec<Seen>>>,
) -> Result<Response<Session>, Infallible> {
    let (head, mut body) = request.into_parts();
    let mut length = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        length += frame.unwrap().into_data().map_or(0, |data| data.len());
    }
    let id = last_event_id(&head.headers);
    seen.lock().unwrap().push((head.version, head.uri, head.headers, length));
    Ok(log.session().start_at(StartAt::Oldest).after(id.as_ref()).open().into_http_response())
}

impl Server {
    fn client(&self, set: impl FnOnce(ClientConfig) -> ClientConfig) -> EventSource {
        let config = ClientConfig::get(format!("https://localhost:{}/events?a=b", self.address.port())).unwrap();
        let config = set(config.reconnection_time(Duration::ZERO));
        EventSource::new(config, HttpConnector::new(Dialler::with_tls(Arc::clone(&self.tls))))
    }
}

#[tokio::test]
async fn events_come_over_http2_and_a_closed_log_is_an_end() {
    let log = EventLog::default();
    let server = serve(log.clone()).await;
    let mut source = server.client(|config| config);
    for number in 0..100 {
        log.publish(format!("{number}")).unwrap();
        assert_eq!(source.next().await.unwrap().unwrap().data(), number.to_string().as_str());
    }
    let last = source.last_event_id().to_owned();
    drop(source);
    log.publish("missed").unwrap();
    let mut source = server.client(|config| config.header("Last-Event-ID", last).unwrap());
    assert_eq!(source.next().await.unwrap().unwrap().data(), "missed");

    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    for (version, target, fields, body) in seen.iter() {
        assert_eq!((*version, *body), (Version::HTTP_2, 0));
        assert_eq!(target.to_string(), format!("https://localhost:{}/events?a=b", server.address.port()));
        for name in ["connection", "host", "content-length", "transfer-encoding", "keep-alive"] {
            assert!(!fields.contains_key(name), "{fields:?}");
        }
        assert_eq!(fields["accept"], "text/event-stream");
    }
}

#[tokio::test]
async fn a_body_larger_than_the_window_is_sent() {
    let log = EventLog::default();
    log.publish("done").unwrap();
    let server = serve(log).await;
    let length = 1024 * 1024;
    let mut source = server.client(|config| {
        let config = config.method("POST").unwrap().body(vec![b'x'; length]);
        config.header("Host", "own.example").unwrap()
    });
    assert_eq!(source.next().await.unwrap().unwrap().data(), "done");
    let seen = server.seen.lock().unwrap();
    let (_, target, fields, body) = &seen[0];
    assert_eq!((target.authority().unwrap().as_str(), *body), ("own.example", length));
    assert_eq!(fields["content-length"], length.to_string());
}

/// Where HTTP/2 is spoken without TLS, or TLS ends elsewhere, the target has the scheme of the URL all the same.
#[tokio::test]
async fn the_target_has_the_scheme_of_the_url_with_tls_or_without() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = EventLog::default();
    log.publish("a").unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (log, all) = (log.clone(), Arc::clone(&all));
            let service = service_fn(move |request| answer(request, log.clone(), Arc::clone(&all)));
            tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(Io::new(stream), service));
        }
    });
    let plain = move |_: Target| async move {
        let stream = TcpStream::connect(address).await?;
        Ok(Socket::new(Io::new(stream)).http2(true))
    };
    let urls = ["http://a.example/events", "https://a.example/events"];
    for url in urls {
        let mut source = EventSourceOver::new(ClientConfig::get(url).unwrap(), HttpConnector::new(plain));
        assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    }
    assert_eq!(seen.lock().unwrap().iter().map(|(_, target, ..)| target.to_string()).collect::<Vec<_>>(), urls);
}

/// The reset of the stream reaches the client after what was sent.
#[tokio::test]
async fn a_response_that_was_broken_off_is_a_reset_stream() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(async |request: Request<Incoming>| {
                let breaks = request.uri().path() == "/broken";
                let session = Session::try_run(SessionConfig::new(), async move |sender| {
                    sender.send("a").await.unwrap();
                    if breaks { Err("the upstream broke") } else { Ok(()) }
                });
                Ok::<_, Infallible>(session.into_http_response())
            });
            tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(Io::new(stream), service));
        }
    });
    let plain = move |_: Target| async move {
        let stream = TcpStream::connect(address).await?;
        Ok(Socket::new(Io::new(stream)).http2(true))
    };
    for (path, loss) in [("broken", Loss::Broken { in_mid_event: false }), ("whole", Loss::End { in_mid_event: false })]
    {
        let config = ClientConfig::get(format!("http://a.example/{path}")).unwrap();
        let mut source = EventSourceOver::new(config, HttpConnector::new(plain));
        let event = timeout(Duration::from_secs(60), source.next()).await.expect("the event did not come");
        assert_eq!(event.unwrap().unwrap().data(), "a");
        let Some(Change::Reestablishing { cause, .. }) = source.next_change().await else { panic!("no end") };
        assert_eq!(cause, loss);
    }
}
