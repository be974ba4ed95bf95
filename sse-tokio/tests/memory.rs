//! Readers, sessions and clients over streams in memory, under tokio's paused clock: nothing sleeps.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::Stream;
use sse_tokio::{
    ClientConfig, EventId, EventLog, EventReader, EventSourceOver, Limits, Message, ReadError, Session, SessionConfig,
    bytes::Bytes,
    client::{FailReason, Loss, Request, ResponseHead},
    report::{Limit, StreamEnd},
    server::{Resumed, SendError, StartAt},
    sse_proto::StreamEnd::InMidEvent,
    transport::Response,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{Instant, timeout},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_reader_gives_each_event_as_soon_as_its_blank_line_is_there() {
    let (mut far, near) = duplex(1024);
    let mut events = EventReader::new(near);
    for (piece, expected) in [("data: a\r\n", None), ("\r", Some("a")), ("\ndata: b\n", None), ("\n", Some("b"))] {
        far.write_all(piece.as_bytes()).await.unwrap();
        // Nothing more comes: a reader that waited for another byte would wait for ever.
        let next = timeout(SECOND, events.next()).await.ok();
        let data = next.map(|event| event.unwrap().unwrap().data().to_owned());
        assert_eq!(data.as_deref(), expected, "after {piece:?}");
    }
    far.write_all(b"id: 7\n\nretry: 5\ndata: c").await.unwrap();
    drop(far);
    assert!(events.next().await.is_none());
    assert_eq!(events.end(), Some(InMidEvent));
    assert_eq!(events.last_event_id(), "7");
    assert_eq!(events.retry().unwrap().as_millis(), 5);
}

#[tokio::test]
async fn lent_events_can_be_read_in_a_plain_loop() {
    let mut events = EventReader::new(&b"data: a\n\nevent: t\ndata: b\ndata: c\n\n"[..]);
    let mut seen = Vec::new();
    while let Some(event) = events.next_ref().await {
        let event = event.unwrap();
        seen.push(format!("{}:{}", event.event_type(), event.data()));
    }
    assert_eq!(seen, ["message:a", "t:b\nc"]);
    assert_eq!(events.end(), Some(StreamEnd::Complete));
}

#[tokio::test]
async fn a_reader_is_a_stream_and_says_why_it_ends() {
    let limits = Limits::new().data(Limit::fail(2));
    let mut events = EventReader::with_limits(&b"data: a\n\ndata: abc\n\n"[..], limits);
    let mut next = async || poll_fn(|cx| Pin::new(&mut events).poll_next(cx)).await;
    assert_eq!(next().await.unwrap().unwrap().data(), "a");
    let ReadError::Decode(error) = next().await.unwrap().unwrap_err() else { panic!() };
    assert_eq!((error.max, error.size), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn a_session_writes_to_any_writer_and_keeps_it_alive() {
    let (mut far, near) = duplex(1024);
    let (sender, session) = Session::channel(SessionConfig::new());
    let writing = tokio::spawn(session.write_to(near));
    sender.send("a").await.unwrap();
    let mut seen = vec![0; 11];
    far.read_exact(&mut seen).await.unwrap();
    assert_eq!(seen, b":\ndata: a\n\n");

    let quiet_since = Instant::now();
    let mut beat = [0; 2];
    far.read_exact(&mut beat).await.unwrap();
    assert_eq!(&beat, b":\n");
    assert!(quiet_since.elapsed() >= 15 * SECOND);

    sender.send("b").await.unwrap();
    drop(sender);
    let mut rest = String::new();
    far.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "data: b\n\n");
    writing.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_sender_waits_for_room_and_is_told_when_the_peer_is_gone() {
    let (far, near) = duplex(16);
    let config = SessionConfig::new().queue(32).heartbeat(None);
    let (sender, session) = Session::channel(config);
    let writing = tokio::spawn(session.write_to(near));
    let mut sent = 0;
    while timeout(SECOND, sender.send("0123456789")).await.is_ok() {
        sent += 1;
        assert!(sent < 10, "nothing is read, and nothing bounds the sender");
    }
    assert!(matches!(sender.try_send("0123456789"), Err(SendError::Full { .. })));
    assert!(!sender.is_closed());
    drop(far);
    sender.closed().await;
    assert_eq!(sender.send("x").await, Err(SendError::Closed));
    assert!(writing.await.unwrap().is_err());
}

#[tokio::test]
async fn messages_from_several_tasks_arrive_whole_and_in_each_tasks_order() {
    let (mut far, near) = duplex(64);
    let (sender, session) = Session::channel(SessionConfig::new().queue(64));
    tokio::spawn(session.write_to(near));
    for task in 0..4 {
        let sender = sender.clone();
        tokio::spawn(async move {
            for number in 0..50 {
                sender.send(format!("{task} {number}")).await.unwrap();
            }
        });
    }
    drop(sender);
    let mut next = [0; 4];
    let mut events = EventReader::new(&mut far);
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        let (task, number) = event.data().split_once(' ').unwrap();
        let task: usize = task.parse().unwrap();
        assert_eq!(number, next[task].to_string());
        next[task] += 1;
    }
    assert_eq!(next, [50; 4]);
}

#[tokio::test]
async fn sessions_of_one_log_get_the_same_events_live_and_replayed() {
    let log = EventLog::default();
    let first = log.publish("1").unwrap();
    let live = Session::resume(&log, None);
    let resumed = Session::resume(&log, first.as_ref());
    let all = log.session().start_at(StartAt::Oldest).open();
    let sessions = [live, resumed, all].map(|session| {
        let (far, near) = duplex(64);
        tokio::spawn(session.write_to(near));
        far
    });
    for number in 2..=100 {
        log.publish(format!("{number}")).unwrap();
        tokio::task::yield_now().await;
    }
    log.close();
    for (stream, start) in sessions.into_iter().zip([2, 2, 1]) {
        let mut events = EventReader::new(stream);
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            let number = event.last_event_id().split_once('-').unwrap().1;
            assert_eq!(event.data(), number);
            seen.push(event.data().parse::<u32>().unwrap());
        }
        assert_eq!(seen, (start..=100).collect::<Vec<_>>());
    }
}

/// What a body gives, one after the other: bytes, the end, or an error.
struct Script(VecDeque<Result<Option<&'static str>, &'static str>>);

impl sse_driver::transport::Read for Script {
    type Error = &'static str;

    fn poll_read(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, &'static str>> {
        match self.0.pop_front() {
            None => Poll::Pending,
            Some(step) => Poll::Ready(step.map(|data| data.map(Bytes::from))),
        }
    }
}

fn stream(steps: impl IntoIterator<Item = Result<Option<&'static str>, &'static str>>) -> Response<Script> {
    let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
    Response { head: ResponseHead { status: 200, headers }, body: Script(steps.into_iter().collect()) }
}

#[tokio::test(start_paused = true)]
async fn a_closure_is_a_transport_and_waits_go_by_tokios_clock() {
    let mut asked = Vec::new();
    let transport = |request: Request| {
        let id = request.headers.value("last-event-id").map(|id| String::from_utf8(id.to_vec()).unwrap());
        asked.push((Instant::now(), id));
        let attempt = asked.len();
        async move {
            match attempt {
                1 => Ok(stream([Ok(Some("retry: 5000\nid: 1\ndata: a\n\ndata: lo")), Err("reset")])),
                2 => Err("refused"),
                3 => Ok(stream([Ok(Some("data: b\n\n")), Ok(None)])),
                _ => Ok(Response {
                    head: ResponseHead { status: 204, ..ResponseHead::default() },
                    body: Script([].into()),
                }),
            }
        }
    };
    let config = ClientConfig::get("test://nowhere/").unwrap();
    let mut source = EventSourceOver::new(config, transport);
    let mut seen = Vec::new();
    while let Some(change) = source.next_change().await {
        seen.push(match change {
            sse_driver::Change::Open(_) => "open".into(),
            sse_driver::Change::Event(event) => format!("{}#{}", event.data(), event.last_event_id()),
            sse_driver::Change::Reestablishing { cause, error, .. } => format!("{cause:?} {error:?}"),
            sse_driver::Change::Failed(failure) => format!("{:?}", failure.reason),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        seen,
        [
            "open",
            "a#1",
            "Broken { in_mid_event: true } Some(\"reset\")",
            "Unreachable Some(\"refused\")",
            "open",
            "b#1",
            "End { in_mid_event: false } None",
            "Status(204)",
        ]
    );
    assert!(source.next().await.is_none());
    drop(source);
    let one = Some(String::from("1"));
    assert_eq!(asked.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>(), [None, one.clone(), one.clone(), one]);
    for pair in asked.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= 5 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn futures_that_are_dropped_take_nothing_from_the_stream() {
    let (mut far, near) = duplex(1);
    let mut near = Some(near);
    let transport = move |_: Request| {
        let body = near.take().map(<sse_tokio::transport::Tokio as sse_driver::transport::Runtime>::io);
        async move {
            let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
            let body = body.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused))?;
            Ok::<_, io::Error>(Response { head: ResponseHead { status: 200, headers }, body })
        }
    };
    let mut source = EventSourceOver::new(ClientConfig::get("test://nowhere/").unwrap(), transport);
    tokio::spawn(async move {
        for number in 0..20 {
            tokio::time::sleep(Duration::from_millis(30)).await;
            far.write_all(format!("id: {number}\ndata: {number}\n\n").as_bytes()).await.unwrap();
        }
    });
    for number in 0..20 {
        let event = loop {
            if let Ok(event) = timeout(Duration::from_millis(7), source.next()).await {
                break event.unwrap().unwrap();
            }
        };
        assert_eq!(event.data(), number.to_string().as_str());
    }
    source.close();
    assert!(source.next().await.is_none());
}

#[tokio::test]
async fn nothing_comes_after_close_not_even_what_was_received() {
    let transport = |_: Request| async { Ok::<_, &'static str>(stream([Ok(Some("data: a\n\ndata: b\n\n"))])) };
    let mut source = EventSourceOver::new(ClientConfig::get("test://nowhere/").unwrap(), transport);
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    source.close();
    assert_eq!(source.next_change().await, Some(sse_driver::Change::Closed));
    assert_eq!(source.next_change().await, None);
}

/// A server that was started again makes the same numbers, and must not take the old ones for its own.
#[tokio::test]
async fn ids_of_an_earlier_log_are_not_taken_for_those_of_this_one() {
    let old = EventLog::default().publish("a").unwrap().unwrap();
    let log = EventLog::default();
    log.publish("b").unwrap();
    assert_eq!(Session::resume(&log, Some(&old)).resumed(), Resumed::Stale);
    let mut events = EventReader::new(first_bytes(Session::resume(&log, Some(&old))).await);
    let resync = events.next().await.unwrap().unwrap();
    assert_eq!(resync.event_type(), "resync");
    assert_eq!(events.next().await.unwrap().unwrap().data(), "b");
}

async fn first_bytes(session: Session) -> tokio::io::DuplexStream {
    let (far, near) = duplex(1024);
    tokio::spawn(session.write_to(near));
    far
}

/// Clients that lost the same server do not come back all at once.
#[tokio::test(start_paused = true)]
async fn the_waits_of_two_clients_differ() {
    let mut waits = Vec::new();
    for _ in 0..8 {
        let refuse = |_: Request| async { Err::<Response<Script>, _>("refused") };
        let mut source = EventSourceOver::new(ClientConfig::get("test://nowhere/").unwrap(), refuse);
        let Some(sse_driver::Change::Reestablishing { delay, .. }) = source.next_change().await else { panic!() };
        waits.push(delay);
    }
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 1, "{waits:?}");
}

#[tokio::test]
async fn a_failure_is_said_once() {
    let transport = |_: Request| async {
        let head = ResponseHead { status: 404, ..ResponseHead::default() };
        Ok::<_, &'static str>(Response { head, body: Script([].into()) })
    };
    let mut source = EventSourceOver::new(ClientConfig::get("test://nowhere/").unwrap(), transport);
    assert_eq!(source.next_ref().await.unwrap().unwrap_err().reason, FailReason::Status(404));
    assert_eq!(source.next_ref().await, None);
}

#[test]
fn what_tasks_share_can_be_sent_to_them() {
    fn send<T: Send + 'static>() {}
    send::<Session>();
    send::<EventLog>();
    send::<sse_tokio::Sender>();
    send::<EventReader<tokio::io::DuplexStream>>();
    send::<Message>();
    send::<(EventId, Loss)>();
    #[cfg(feature = "client")]
    send::<sse_tokio::EventSource>();
}
