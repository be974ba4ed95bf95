// Included once for each runtime, which gives it `sse`, `TcpListener`, `TcpStream`, `block_on` and `spawn`.

use core::{
    convert::Infallible,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use sse::{Change, ClientConfig, EventId, EventLog, EventReader, EventSource, EventSourceOver, Message, Publication, Retry, Sender, Session, SessionConfig, client::{FailReason, Loss, Request, ResponseHead}, last_event_id, server::{LogConfig, StartAt}, transport::{Dialler, HttpConnector, Io, Response, Target}};

use super::{
    cut::Cut,
    held::{Held, Shown},
    https::{Answer, Frame, Server, Status},
    plain,
};

/// A server on a free port that answers requests.
async fn serve_http<B>(
    answer: impl Fn(http::Request<Incoming>) -> http::Response<B> + Clone + Send + 'static,
) -> SocketAddr
where
    B: Body<Data = sse::bytes::Bytes, Error: Into<Box<dyn core::error::Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let service = service_fn(move |request| core::future::ready(Ok::<_, Infallible>(answer(request))));
            let connection = http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service);
            spawn(async move { drop(connection.await) });
        }
    });
    address
}

/// The events of a log: all of them for who is new, and what was missed for who comes back.
async fn serve_log(log: &EventLog) -> SocketAddr {
    let log = log.clone();
    serve_http(move |request| {
        let id = last_event_id(request.headers());
        let (cursor, _) = log.subscribe(id.as_ref().map_or(StartAt::Oldest, StartAt::After));
        let config = SessionConfig { retry: Some(Retry::from_millis(10)), ..SessionConfig::default() };
        let mut response = Session::reading(&log, cursor, config).into_response();
        if log.is_closed() {
            *response.status_mut() = http::StatusCode::NO_CONTENT;
        }
        response
    })
    .await
}

#[test]
fn a_client_gets_what_is_published_and_resumes_what_it_missed_until_there_is_no_more() {
    block_on(async {
        let log = EventLog::default();
        let url = format!("http://{}/events", serve_log(&log).await);
        let mut source = EventSource::get(url.as_str()).expect("a URL");
        for number in 1..=3 {
            log.publish(Message::new().json(&("event", number)).expect("JSON")).expect("room");
            let event = source.next().await.expect("an event").expect("no error");
            assert_eq!(event.json::<(String, u32)>().expect("JSON"), (String::from("event"), number));
        }
        let seen = EventId::new(source.last_event_id()).expect("an ID");
        source.close();
        assert!(source.next().await.is_none());

        log.publish("while nobody listened").expect("room");
        let config = ClientConfig::get(url).expect("a URL").last_event_id(seen);
        let mut source = EventSource::open(config).expect("a URL");
        assert!(matches!(source.next_change().await, Some(Change::Open { .. })));
        let Some(Change::Event(event)) = source.next_change().await else { panic!("no event") };
        assert_eq!(event.data(), "while nobody listened");
        log.close();
        let Some(Change::Reestablishing { cause, .. }) = source.next_change().await else { panic!("no end") };
        assert_eq!(cause, Loss::End { in_mid_event: false });
        assert_eq!(source.next().await.unwrap().unwrap_err().reason, FailReason::Status(204));
        assert!(source.next().await.is_none());
    });
}

#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
struct Price {
    symbol: String,
    price: f64,
}

#[test]
fn a_subscriber_of_a_topic_gets_values_until_a_handle_closes_it() {
    block_on(async {
        let log = EventLog::default();
        let prices = log.clone();
        let server = serve_http(move |request| {
            let id = last_event_id(request.headers());
            let topic = request.uri().path().trim_start_matches('/').to_owned();
            let session = prices.session().topics([topic]).start_at(StartAt::Oldest).after(id.as_ref()).open();
            session.expect("room").into_response()
        });
        let config = ClientConfig::get(format!("http://{}/prices", server.await)).expect("a URL");
        let mut source = EventSource::open(config).expect("a URL");
        let handle = source.handle();
        let mut prices = source.json::<Price>();
        for (price, text) in [(73.5, "news of no interest"), (74.5, "more news")] {
            let price = Price { symbol: String::from("XYZ"), price };
            log.publish(Publication::new(text).to(["news"])).expect("room");
            let message = Message::new().json(&price).expect("JSON");
            log.publish(Publication::new(message).to(["prices"])).expect("room");
            assert_eq!(prices.next().await.expect("a value").expect("no error").value, price);
        }
        spawn(async move { handle.close() });
        assert!(prices.next().await.is_none());
    });
}

/// A server on a free port that writes each session it is given to the next client.
async fn serve(sessions: Vec<Session>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    spawn(async move {
        for session in sessions {
            let (stream, _) = listener.accept().await.expect("a client");
            spawn(async move { drop(session.write_to(stream).await) });
        }
    });
    address
}

#[test]
fn events_cross_a_socket_in_order_and_in_full() {
    block_on(async {
        let (sender, session) = Session::channel(SessionConfig { queue: 256, ..SessionConfig::default() });
        let address = serve(vec![session]).await;
        spawn(async move {
            for number in 0..1000 {
                sender.send(format!("event {number}\nof 1000")).await.expect("the client is there");
            }
        });
        let mut events = EventReader::new(TcpStream::connect(address).await.expect("a connection"));
        for number in 0..1000 {
            let event = events.next().await.expect("an event").expect("no error");
            assert_eq!(event.data(), format!("event {number}\nof 1000"));
        }
        assert!(events.next().await.is_none());
    });
}

#[test]
fn a_quiet_session_is_kept_alive_by_the_runtimes_timer() {
    block_on(async {
        let heartbeat = Duration::from_millis(50);
        let (_sender, mut session): (Sender, Session) =
            Session::channel(SessionConfig { heartbeat: Some(heartbeat.into()), ..SessionConfig::default() });
        let mut next = async || core::future::poll_fn(|cx| session.poll_bytes(cx)).await;
        assert_eq!(next().await.as_deref(), Some(&b":\n"[..]));
        let started = Instant::now();
        for _ in 0..3 {
            assert_eq!(next().await.as_deref(), Some(&b":\n"[..]));
        }
        assert!(started.elapsed() >= 3 * heartbeat);
    });
}

#[test]
fn a_client_resumes_over_a_transport_of_its_own() {
    block_on(async {
        let log = EventLog::default();
        for number in 1..=3 {
            log.publish(format!("{number}")).expect("room");
        }
        let first = log.subscribe(StartAt::Oldest).0;
        // A session that ends after what there is: its log is closed.
        let early = EventLog::default();
        early.publish("0").expect("room");
        early.close();
        let sessions = vec![
            Session::reading(&early, early.subscribe(StartAt::Oldest).0, SessionConfig::default()),
            Session::reading(&log, first, SessionConfig::default()),
        ];
        let address = serve(sessions).await;

        let transport = |_: Request| async move {
            let body = <sse::transport::Io<TcpStream>>::new(TcpStream::connect(address).await?);
            let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
            Ok::<_, io::Error>(Response { head: ResponseHead { status: 200, headers }, body })
        };
        let wait = Duration::from_millis(150);
        let config = ClientConfig::get("test://here/").expect("a URL").reconnection_time(wait);
        let mut source = EventSourceOver::new(config, transport);
        let (mut seen, mut lost) = (Vec::new(), None);
        let mut asked = Instant::now();
        while let Some(change) = source.next_change().await {
            match change {
                sse_driver::Change::Event(event) => seen.push(event.data().to_owned()),
                sse_driver::Change::Reestablishing { cause, .. } => {
                    assert_eq!(cause, Loss::End { in_mid_event: false });
                    // The wait began no earlier than this.
                    lost = Some(asked);
                }
                _ => {}
            }
            asked = Instant::now();
            if seen.len() == 4 {
                source.close();
            }
        }
        assert_eq!(seen, ["0", "1", "2", "3"]);
        assert!(lost.expect("one loss").elapsed() >= wait);
    });
}

/// For the other runtimes: serves so many events, from a thread of its own, in responses that break off.
pub(super) fn serve_cut(events: u32) -> SocketAddr {
    let log = EventLog::new(LogConfig { events: events as usize, bytes: 16 * 1024 * 1024, ..LogConfig::default() });
    let published = log.clone();
    let (address, served) = mpsc::channel();
    thread::spawn(move || {
        block_on(async {
            let responses = Arc::new(AtomicU32::new(0));
            let served = serve_http(move |request| {
                let id = last_event_id(request.headers());
                let (cursor, _) = log.subscribe(id.as_ref().map_or(StartAt::Oldest, StartAt::After));
                let number = responses.fetch_add(1, Ordering::Relaxed);
                let session = Session::reading(&log, cursor, SessionConfig::default());
                session.into_response().map(|session| Cut::new(session, number))
            });
            address.send(served.await).expect("somebody waits");
            core::future::pending::<()>().await;
        });
    });
    // Some are there from the beginning, and some come while the client reads.
    let publish = move |numbers: core::ops::Range<u32>| {
        for number in numbers {
            published.publish(format!("event {number}")).expect("room");
        }
    };
    publish(0..events / 2);
    thread::spawn(move || {
        for number in events / 2..events {
            publish(number..number + 1);
            if number % 100 == 0 {
                thread::sleep(Duration::from_millis(5));
            }
        }
    });
    served.recv().expect("an address")
}

/// For the other runtimes: receives so many events, and returns them with how often the connection was lost.
pub(super) fn receive(server: SocketAddr, events: u32) -> (Vec<String>, u32) {
    block_on(async {
        let config = ClientConfig::get(format!("http://{server}/")).expect("a URL");
        let mut source = EventSource::open(config.reconnection_time(Duration::ZERO)).expect("a URL");
        let (mut received, mut losses) = (Vec::new(), 0);
        while received.len() < events as usize {
            match source.next_change().await.expect("no end") {
                Change::Event(event) => received.push(String::from(event.data())),
                Change::Reestablishing { .. } => losses += 1,
                Change::Failed(failure) => panic!("{failure}"),
                _ => {}
            }
        }
        (received, losses)
    })
}
