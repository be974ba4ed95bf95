//! What every runtime and its adapter do: serve, receive, resume, read, write.

use core::{
    convert::Infallible,
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use std::{
    io,
    net::TcpListener,
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{self, Change, EventLog, EventReader, Sender, Session, server::last_event_id, transport::Response};
use sse_proto::{
    EventId, Message, Retry,
    bytes::Bytes,
    client::{ClientConfig, FailReason, Loss, Request, ResponseHead},
    server::{Heartbeat, LogConfig, Publication, SessionConfig, StartAt},
};

use crate::cut::Cut;

on_every_runtime!(
    a_client_gets_what_is_published_and_resumes_what_it_missed_until_there_is_no_more,
    a_subscriber_of_a_topic_gets_values_until_a_handle_closes_it,
    events_cross_a_socket_in_order_and_in_full,
    a_quiet_session_is_kept_alive_by_the_runtimes_timer,
    a_client_resumes_over_a_transport_of_its_own,
    a_session_suits_every_framework,
);

/// A socket that listens on a free port, and its address.
pub(crate) fn listen<R: UnderTest>() -> (R::Listener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    (R::listener(listener).expect("a listener"), address)
}

/// What frameworks ask of a body that is a stream, warp's `reply::stream` the most.
fn check_stream<S, E>()
where
    S: futures_core::Stream<Item = Result<Bytes, E>> + Send + Sync + Unpin + 'static,
    E: Into<Box<dyn core::error::Error + Send + Sync>> + Into<io::Error>,
{
}

/// What frameworks ask of a body that is an `http_body::Body`.
fn check_body<B>()
where
    B: Body<Data = Bytes, Error: Into<Box<dyn core::error::Error + Send + Sync>>> + Send + Sync + 'static,
{
}

/// A test of the compiler: it can fail only there.
fn a_session_suits_every_framework<R: UnderTest>() {
    check_stream::<Session<R>, _>();
    check_body::<Session<R>>();
}

/// A server on a free port that answers requests.
pub(crate) fn serve_http<R: UnderTest, B>(
    answer: impl Fn(http::Request<Incoming>) -> http::Response<B> + Clone + Send + 'static,
) -> SocketAddr
where
    B: Body<Data = Bytes, Error: Into<Box<dyn core::error::Error + Send + Sync>>> + Send + 'static,
{
    let (listener, address) = listen::<R>();
    R::spawn(async move {
        while let Ok(tcp) = R::accept(&listener).await {
            let answer = answer.clone();
            let service = service_fn(move |request| core::future::ready(Ok::<_, Infallible>(answer(request))));
            let connection = http1::Builder::new().max_buf_size(64 * 1024).serve_connection(R::io(tcp), service);
            R::spawn(async move { drop(connection.await) });
        }
    });
    address
}

/// The events of a log: all of them for who is new, and what was missed for who comes back.
fn serve_log<R: UnderTest>(log: &EventLog<R>) -> SocketAddr {
    let log = log.clone();
    serve_http::<R, _>(move |request| {
        let id = last_event_id(request.headers());
        let config = SessionConfig::new().retry(Retry::from_millis(10));
        let session = log.session().start_at(StartAt::Oldest).after(id.as_ref()).config(config).open();
        let mut response = session.into_http_response();
        if log.is_closed() {
            *response.status_mut() = http::StatusCode::NO_CONTENT;
        }
        response
    })
}

fn a_client_gets_what_is_published_and_resumes_what_it_missed_until_there_is_no_more<R: UnderTest>() {
    R::block_on(async {
        let log = EventLog::<R>::default();
        let url = format!("http://{}/events", serve_log(&log));
        let mut source = EventSource::<R>::get(url.as_str()).expect("a URL");
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
        let mut source = EventSource::<R>::open(config).expect("a URL");
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
pub(crate) struct Price {
    pub(crate) symbol: String,
    pub(crate) price: f64,
}

fn a_subscriber_of_a_topic_gets_values_until_a_handle_closes_it<R: UnderTest>() {
    R::block_on(async {
        let log = EventLog::<R>::default();
        let prices = log.clone();
        let server = serve_http::<R, _>(move |request| {
            let id = last_event_id(request.headers());
            let topic = request.uri().path().trim_start_matches('/').to_owned();
            let session = prices.session().topics([topic]).start_at(StartAt::Oldest).after(id.as_ref()).open();
            session.into_http_response()
        });
        let config = ClientConfig::get(format!("http://{}/prices", server)).expect("a URL");
        let mut source = EventSource::<R>::open(config).expect("a URL");
        let handle = source.handle();
        let mut prices = source.json::<Price>();
        for (price, text) in [(73.5, "news of no interest"), (74.5, "more news")] {
            let price = Price { symbol: String::from("XYZ"), price };
            log.publish(Publication::new(text).to(["news"])).expect("room");
            let message = Message::new().json(&price).expect("JSON");
            log.publish(Publication::new(message).to(["prices"])).expect("room");
            assert_eq!(prices.next().await.expect("a value").expect("no error").value, price);
        }
        R::spawn(async move { handle.close() });
        assert!(prices.next().await.is_none());
    });
}

/// A server on a free port that writes each session it is given to the next client.
fn serve<R: UnderTest>(sessions: Vec<Session<R>>) -> SocketAddr {
    let (listener, address) = listen::<R>();
    R::spawn(async move {
        for session in sessions {
            let tcp = R::accept(&listener).await.expect("a client");
            R::spawn(async move { drop(session.write_to(tcp).await) });
        }
    });
    address
}

fn events_cross_a_socket_in_order_and_in_full<R: UnderTest>() {
    R::block_on(async {
        let (sender, session) = Session::<R>::channel(SessionConfig::new().queue(256));
        let address = serve(vec![session]);
        R::spawn(async move {
            for number in 0..1000 {
                sender.send(format!("event {number}\nof 1000")).await.expect("the client is there");
            }
        });
        let mut events = EventReader::<R::Io<R::Tcp>>::new(R::io(R::connect(address).await.expect("a connection")));
        for number in 0..1000 {
            let event = events.next().await.expect("an event").expect("no error");
            assert_eq!(event.data(), format!("event {number}\nof 1000"));
        }
        assert!(events.next().await.is_none());
    });
}

fn a_quiet_session_is_kept_alive_by_the_runtimes_timer<R: UnderTest>() {
    R::block_on(async {
        let heartbeat = Duration::from_millis(50);
        let (_sender, mut session): (Sender, Session<R>) =
            Session::channel(SessionConfig::new().heartbeat(Heartbeat::quiet(heartbeat)));
        let mut next =
            async || core::future::poll_fn(|cx| session.poll_bytes(cx)).await.map(|bytes| bytes.expect("no error"));
        assert_eq!(next().await.as_deref(), Some(&b":\n"[..]));
        let started = Instant::now();
        for _ in 0..3 {
            assert_eq!(next().await.as_deref(), Some(&b":\n"[..]));
        }
        assert!(started.elapsed() >= 3 * heartbeat);
    });
}

fn a_client_resumes_over_a_transport_of_its_own<R: UnderTest>() {
    R::block_on(async {
        let log = EventLog::<R>::default();
        for number in 1..=3 {
            log.publish(format!("{number}")).expect("room");
        }
        // A session that ends after what there is: its log is closed.
        let early = EventLog::<R>::default();
        early.publish("0").expect("room");
        early.close();
        let sessions =
            vec![early.session().start_at(StartAt::Oldest).open(), log.session().start_at(StartAt::Oldest).open()];
        let address = serve(sessions);

        let transport = |_: Request| async move {
            let body = R::io(R::connect(address).await?);
            let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
            Ok::<_, io::Error>(Response { head: ResponseHead { status: 200, headers }, body })
        };
        let wait = Duration::from_millis(150);
        let config = ClientConfig::get("test://here/").expect("a URL").reconnection_time(wait);
        let mut source = sse_driver::EventSource::<_, R::Timer>::new(config, transport);
        let (mut seen, mut lost) = (Vec::new(), None);
        let mut asked = Instant::now();
        while let Some(change) = source.next_change().await {
            match change {
                Change::Event(event) => seen.push(event.data().to_owned()),
                Change::Reestablishing { cause, .. } => {
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
pub(crate) fn serve_cut<R: UnderTest>(events: u32) -> SocketAddr {
    let log = EventLog::<R>::new(LogConfig::new().events(events as usize).bytes(16 * 1024 * 1024));
    let published = log.clone();
    let (address, served) = mpsc::channel();
    thread::spawn(move || {
        R::block_on(async {
            let responses = Arc::new(AtomicU32::new(0));
            let served = serve_http::<R, _>(move |request| {
                let id = last_event_id(request.headers());
                let number = responses.fetch_add(1, Ordering::Relaxed);
                let session = log.session().start_at(StartAt::Oldest).after(id.as_ref()).open();
                session.into_http_response().map(|session| Cut::new(session, number))
            });
            address.send(served).expect("somebody waits");
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
pub(crate) fn receive<R: UnderTest>(server: SocketAddr, events: u32) -> (Vec<String>, u32) {
    R::block_on(async {
        let config = ClientConfig::get(format!("http://{server}/")).expect("a URL");
        let mut source = EventSource::<R>::open(config.reconnection_time(Duration::ZERO)).expect("a URL");
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
