//! What `tracing` gets to know, and what not.

use std::{
    fmt::{Debug, Write},
    future::{Future, Ready},
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use sse_tokio::{
    ClientConfig, EventId, EventLog, EventSource, Message, Session, SessionConfig,
    server::{Heartbeat, Listener, LogConfig},
    transport::Tokio,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Keeps events as lines: level, target, span, message and fields.
#[derive(Clone, Default)]
struct Collector {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<Mutex<Vec<String>>>,
    entered: Arc<AtomicU64>,
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => write!(self.rest, " {name}={value:?}").unwrap(),
        }
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sse_driver")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut spans = self.spans.lock().unwrap();
        spans.push(format!("{}{{{}}}", attributes.metadata().name(), fields.rest.trim_start()));
        span::Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = match self.entered.load(Ordering::Relaxed) {
            0 => String::new(),
            span => self.spans.lock().unwrap()[span as usize - 1].clone() + " ",
        };
        let metadata = event.metadata();
        let line = format!("{} {} {span}{}{}", metadata.level(), metadata.target(), fields.message, fields.rest);
        self.lines.lock().unwrap().push(line);
    }

    fn enter(&self, span: &span::Id) {
        self.entered.store(span.into_u64(), Ordering::Relaxed);
    }

    fn exit(&self, _: &span::Id) {
        self.entered.store(0, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_client_tells_what_becomes_of_its_connection_and_no_secrets() {
    let collector = Collector::default();
    let _default = tracing::subscriber::set_default(collector.clone());

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        for answer in [
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /there?secret\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-A: secret\r\n\r\n\
             id: secret\nevent: add\ndata: secret\n\ndata: sec",
            "HTTP/1.1 302 Found\r\nLocation: ftp://secret:secret@secret/secret?secret#secret\r\n\
             Content-Length: 6\r\n\r\nsecret",
        ] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let config = ClientConfig::get(format!("{origin}/here?secret")).unwrap().header("Authorization", "secret").unwrap();
    let mut source = EventSource::open(config.reconnection_time(Duration::from_millis(1))).unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "secret");
    assert!(source.next().await.unwrap().is_err());
    server.await.unwrap();

    let lines = collector.lines.lock().unwrap();
    let span = format!("sse_driver::client event_source{{origin={origin:?}}}");
    let expected = [
        format!("DEBUG {span} connecting attempt=0 redirects=0 resumes=false"),
        format!("DEBUG {span} connecting attempt=0 redirects=1 resumes=false"),
        format!("INFO {span} open status=200"),
        format!("TRACE {span} event event_type=\"add\" len=6"),
        format!("INFO {span} reestablishing the connection cause=the stream ended in the middle of an event delay="),
        format!("DEBUG {span} connecting attempt=1 redirects=0 resumes=true"),
        format!("WARN {span} failed reason=the redirect cannot be followed"),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
    assert!(!lines.iter().chain(&*collector.spans.lock().unwrap()).any(|line| line.contains("secret")), "{lines:#?}");
}

#[tokio::test]
async fn a_client_tells_what_the_transport_says() {
    let collector = Collector::default();
    let _default = tracing::subscriber::set_default(collector.clone());

    let origin = format!("http://{}", TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap());
    let config = ClientConfig::get(format!("{origin}/?secret")).unwrap().reconnection_time(Duration::from_millis(1));
    let failure = EventSource::open(config.max_reconnections(1)).unwrap().next().await.unwrap().unwrap_err();

    let lines = collector.lines.lock().unwrap();
    let span = format!("sse_driver::client event_source{{origin={origin:?}}}");
    let error = failure.error.as_ref().unwrap();
    assert!(error.to_string().starts_with("cannot connect: "), "{error}");
    let expected = [
        format!("DEBUG {span} connecting attempt=0"),
        format!("INFO {span} reestablishing the connection cause=no response error={error} delay="),
        format!("DEBUG {span} connecting attempt=1"),
        format!("WARN {span} failed reason=no response, given up after 1 reconnection error={error}"),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
    assert_eq!(failure.to_string(), format!("no response, given up after 1 reconnection: {error}"));
    assert!(std::error::Error::source(&failure).is_none(), "what is displayed is not said again");
}

#[tokio::test]
async fn a_closed_client_tells_it_once_however_it_was_closed() {
    let collector = Collector::default();
    let _default = tracing::subscriber::set_default(collector.clone());
    let closed = || std::mem::take(&mut *collector.lines.lock().unwrap());
    let open = || EventSource::get("http://127.0.0.1:1/").unwrap();
    let expected = [r#"DEBUG sse_driver::client event_source{origin="http://127.0.0.1:1"} closed"#];

    let mut source = open();
    source.close();
    assert_eq!(closed(), expected);
    source.close();
    assert!(source.next().await.is_none());
    assert!(closed().is_empty());

    let mut source = open();
    source.handle().close();
    assert!(source.next().await.is_none());
    assert_eq!(closed(), expected);
    source.close();
    assert!(closed().is_empty());

    let mut values = open().typed::<sse_tokio::Event>();
    values.close();
    assert!(values.next().await.is_none());
    assert_eq!(closed(), expected);
}

#[tokio::test]
async fn sessions_tell_how_they_began_and_ended_and_no_secrets() {
    let collector = Collector::default();
    let _default = tracing::subscriber::set_default(collector.clone());

    // A random one may have fewer digits.
    let log = EventLog::new(LogConfig::new().events(1).epoch(0x1234_5678));
    let first = log.publish("secret").unwrap().unwrap();
    let session = Session::resume(&log, Some(&first));
    log.publish("secret").unwrap();
    log.publish("secret").unwrap();
    log.publish("secret").unwrap();
    log.close();
    session.write_to(tokio::io::sink()).await.unwrap();
    drop(Session::resume(&log, Some(&first)));
    let (sender, session) = Session::channel(SessionConfig::new());
    sender.try_send(Message::new().data("secret")).unwrap();
    drop(sender);
    session.write_to(tokio::io::sink()).await.unwrap();

    let lines = collector.lines.lock().unwrap();
    let expected = [
        "DEBUG sse_driver::server session opened topics=None",
        "DEBUG sse_driver::server session starts as asked topics=None resumed=Exact",
        "TRACE sse_driver::server session transmits bytes=2 events=0 heartbeats=0",
        "INFO sse_driver::server session overtaken by the log topics=None missed=2",
        "TRACE sse_driver::server session transmits bytes=52 events=1 heartbeats=0",
        "TRACE sse_driver::server session transmits bytes=29 events=1 heartbeats=0",
        "DEBUG sse_driver::server session closed topics=None reason=finished missed=2",
        "DEBUG sse_driver::server session opened topics=None",
        "INFO sse_driver::server session cannot start as asked topics=None resumed=Gap { missed: 2 }",
        "DEBUG sse_driver::server session closed topics=None reason=the peer is gone missed=0",
        "DEBUG sse_driver::server session opened topics=Some([])",
        "TRACE sse_driver::server session transmits bytes=2 events=0 heartbeats=0",
        "TRACE sse_driver::server session transmits bytes=14 events=1 heartbeats=0",
        "DEBUG sse_driver::server session closed topics=Some([]) reason=finished missed=0",
    ];
    // Sessions are numbered throughout the process, so it is only told which lines are of one session.
    let mut sessions = Vec::new();
    let lines: Vec<_> = lines
        .iter()
        .map(|line| {
            let (before, number) = line.split_once(" session=").unwrap();
            let (number, after) = number.split_once(' ').unwrap();
            sessions.push(number.parse::<usize>().unwrap());
            format!("{before} {after}")
        })
        .collect();
    assert_eq!(lines, expected, "{lines:#?}");
    let first = sessions[0];
    assert_eq!(sessions, [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2].map(|later| first + later));
}

/// Ten seconds of silence, then a message, then the end.
struct Late(Pin<Box<Sleep>>, bool);

impl Stream for Late {
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<&'static str>> {
        ready!(self.0.as_mut().poll(cx));
        Poll::Ready((!std::mem::replace(&mut self.1, true)).then_some("secret"))
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_of_every_kind_report_messages_bytes_heartbeats_and_why_they_ended() {
    let collector = Collector::default();
    let _default = tracing::subscriber::set_default(collector.clone());
    let wait = || sleep(Duration::from_secs(10));
    let config = || SessionConfig::new().heartbeat(Heartbeat::quiet(Duration::from_secs(6)));
    for kind in ["log", "channel", "handler", "stream", "aborted", "disconnected", "write timeout"] {
        let log = EventLog::default();
        let (sender, fed) = Session::channel(config());
        let session = match kind {
            "log" | "disconnected" => log.session().key("secret").config(config()).open(),
            "handler" => Session::run(config(), async move |sender| {
                wait().await;
                sender.send("secret").await.unwrap();
            }),
            "stream" => Session::stream(config(), Late(Box::pin(wait()), false)),
            _ => fed,
        };
        collector.lines.lock().unwrap().clear();
        let act = async {
            wait().await;
            match kind {
                "log" => {
                    log.publish(Message::new().data("secret").id(EventId::from(1))).unwrap();
                    log.close();
                }
                "channel" => sender.try_send("secret").unwrap(),
                "aborted" => sender.abort("secret"),
                "disconnected" => drop(log.disconnect("secret")),
                _ => {}
            }
            drop(sender);
        };
        if kind == "write timeout" {
            // Nobody reads the other half.
            let (_other, half) = tokio::io::duplex(1);
            session.write_to(half).await.unwrap_err();
        } else {
            let (written, ()) = tokio::join!(session.write_to(tokio::io::sink()), act);
            assert_eq!(written.is_err(), matches!(kind, "aborted" | "disconnected"), "{kind}");
        }

        let lines = collector.lines.lock().unwrap();
        let has = |line: &str| lines.iter().any(|seen| seen.contains(line));
        let reason = match kind {
            "aborted" => "aborted by the application",
            "write timeout" => "the peer took nothing for too long",
            _ => "finished",
        };
        assert!(has(&format!("reason={reason} ")), "{kind}: {lines:#?}");
        if kind != "write timeout" {
            assert!(has("bytes=2 events=0 heartbeats=1"), "{kind}: {lines:#?}");
        }
        let events = lines.iter().filter(|line| line.contains(" events=1 ")).count();
        assert_eq!(events, usize::from(matches!(kind, "log" | "channel" | "handler" | "stream")), "{kind}: {lines:#?}");
        assert!(!has("secret"), "{kind}: {lines:#?}");
    }
}

/// Too many files are open: the server reports that, waits a second, and tries again.
#[tokio::test(start_paused = true)]
async fn a_server_reports_what_it_cannot_accept_and_goes_on() {
    struct Full(Arc<AtomicU64>);

    impl Listener<Tokio> for Full {
        type Stream = TcpStream;
        type Address = ();
        type Opening = Ready<io::Result<TcpStream>>;

        async fn accept(&mut self) -> io::Result<(Self::Opening, ())> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(io::Error::other("too many files"))
        }
    }

    let collector = Collector::default();
    let _default = tracing::subscriber::set_default(collector.clone());
    let accepts = Arc::new(AtomicU64::new(0));
    let stop = tokio::time::sleep(Duration::from_millis(2500));
    let stopped = sse_tokio::serve(Full(Arc::clone(&accepts)), axum::Router::new()).with_graceful_shutdown(stop).await;
    assert_eq!((stopped.cut, accepts.load(Ordering::Relaxed)), (0, 3));
    let line = "WARN sse_driver::server connection not accepted error=too many files";
    assert_eq!(*collector.lines.lock().unwrap(), [line; 3]);
}
