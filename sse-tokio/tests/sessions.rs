//! Sessions and the log that they share, over streams in memory, under tokio's paused clock: nothing sleeps.

use std::{
    collections::VecDeque,
    future::{Future, pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_core::Stream;
use sse_tokio::sse_proto::{Chunk, Decoder};
use sse_tokio::{
    EventId, EventLog, EventReader, EventType, Message, Publication, Retry, Session, SessionConfig,
    server::{
        CloseReason, DrainConfig, Heartbeat, LogConfig, Observer, OnLag, Resumed, SendValueError, SessionInfo,
        SessionTotals, StartAt, WriteError,
    },
};
use tokio::{
    io::{AsyncReadExt, DuplexStream, duplex},
    task::JoinHandle,
    time::{Instant, timeout},
};

const SECOND: Duration = Duration::from_secs(1);

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

/// Writes a session to a pipe with so much room.
fn serve(session: Session, room: usize) -> (DuplexStream, JoinHandle<bool>) {
    let (near, far) = duplex(room);
    (far, tokio::spawn(async move { session.write_to(near).await.is_ok() }))
}

/// What has been written by the time that everything has come to rest.
fn ready_bytes(session: &mut Session) -> String {
    let mut sent = String::new();
    while let Poll::Ready(Some(Ok(bytes))) = session.poll_bytes(&mut Context::from_waker(Waker::noop())) {
        sent += core::str::from_utf8(&bytes).unwrap();
    }
    sent
}

#[tokio::test(start_paused = true)]
async fn a_handler_runs_with_its_session_and_ends_it() {
    let session = Session::run(quiet(), |sender| async move {
        for number in 0..3 {
            sender.send(format!("{number}")).await.unwrap();
            tokio::time::sleep(SECOND).await;
        }
    });
    let (far, written) = serve(session, 1024);
    let mut events = EventReader::new(far);
    for number in 0..3 {
        assert_eq!(events.next().await.unwrap().unwrap().data(), format!("{number}"));
    }
    assert!(events.next().await.is_none());
    assert!(written.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_dropped_when_its_client_goes_away() {
    struct Guard(Arc<()>);
    let alive = Arc::new(());
    let guard = Guard(Arc::clone(&alive));
    let session = Session::run(SessionConfig::new(), |sender| async move {
        sender.send("hello").await.unwrap();
        let _guard = &guard.0;
        pending::<()>().await;
    });
    let (far, written) = serve(session, 1024);
    tokio::task::yield_now().await;
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(far);
    // The next heartbeat finds out.
    assert!(!written.await.unwrap());
    assert_eq!(Arc::strong_count(&alive), 1);
}

/// Yields what there is, and then waits or ends.
struct Items(VecDeque<&'static str>, bool);

impl Stream for Items {
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<&'static str>> {
        match self.0.pop_front() {
            None if self.1 => Poll::Ready(None),
            None => Poll::Pending,
            item => Poll::Ready(item),
        }
    }
}

#[test]
fn a_stream_is_sent_in_one_piece_as_far_as_there_is_room_and_ends_the_session() {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let items = Items(["a", "b", "c"].into(), true);
        let mut session = Session::stream(quiet().queue(18), items);
        let mut next = async || poll_fn(|cx| session.poll_bytes(cx)).await.map(|bytes| bytes.unwrap().to_vec());
        assert_eq!(next().await.unwrap(), b":\n");
        assert_eq!(next().await.unwrap(), b"data: a\n\ndata: b\n\n");
        assert_eq!(next().await.unwrap(), b"data: c\n\n");
        assert_eq!(next().await, None);

        let mut waiting = Session::stream(quiet(), Items(["a"].into(), false));
        assert_eq!(ready_bytes(&mut waiting), ":\ndata: a\n\n");
    });
}

/// A stream that always has one more.
struct Endless;

impl Stream for Endless {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Message>> {
        Poll::Ready(Some(Message::new()))
    }
}

#[tokio::test]
async fn a_stream_of_empty_messages_does_not_hold_the_thread() {
    let mut session = Session::stream(quiet(), Endless);
    assert_eq!(ready_bytes(&mut session), ":\n");
    // It comes back by itself, for whatever else there may be.
    let mut turns = 0;
    poll_fn(|cx| {
        turns += 1;
        assert!(session.poll_bytes(cx).is_pending());
        if turns > 3 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[tokio::test]
async fn values_are_written_by_the_serializer_of_the_session() {
    use std::fmt::Write;

    let (sender, mut session) = Session::channel(quiet());
    let prices = sender.serializing(|price: &f64, data| {
        if price.is_nan() {
            return Err("no price");
        }
        write!(data, "{price:.1}\nEUR").map_err(|_| "no room")
    });
    prices.send(&1.0).await.unwrap();
    prices.send_with(&Message::new().id(EventId::from(2)), &2.0).await.unwrap();
    assert!(matches!(prices.send(&f64::NAN).await, Err(SendValueError::Value("no price"))));
    prices.sender().send("plain").await.unwrap();
    let sent = "data: 1.0\ndata: EUR\n\ndata: 2.0\ndata: EUR\nid: 2\n\ndata: plain\n\n";
    assert_eq!(ready_bytes(&mut session), format!(":\n{sent}"));
    drop(session);
    assert!(matches!(prices.send(&1.0).await, Err(SendValueError::Send(_))));
}

#[cfg(feature = "json")]
#[tokio::test]
async fn values_are_written_as_json() {
    let (sender, mut session) = Session::channel(quiet());
    sender.send_json(&("a", 1)).await.unwrap();
    let price = Message::new().event(EventType::new("price").unwrap());
    sender.send_json_with(&price, &[1.5]).await.unwrap();
    assert_eq!(ready_bytes(&mut session), ":\ndata: [\"a\",1]\n\nevent: price\ndata: [1.5]\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_is_made_by_a_function_each_time() {
    let config = SessionConfig::new().heartbeat(Heartbeat::fixed(SECOND));
    let mut count = 0;
    let (_sender, mut session) = Session::channel(config);
    session = session.with_heartbeat(move || {
        count += 1;
        Message::new().comment(format!("{count}"))
    });
    let mut next = async || poll_fn(|cx| session.poll_bytes(cx)).await.unwrap().unwrap();
    let started = Instant::now();
    assert_eq!(next().await, ":\n");
    assert_eq!(next().await, ": 1\n");
    assert_eq!(next().await, ": 2\n");
    assert!(started.elapsed() >= 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_ends_its_session_and_frees_the_sender() {
    let config = quiet().write_timeout(5 * SECOND).queue(64);
    let (sender, session) = Session::channel(config);
    let (near, _far) = duplex(16);
    let started = Instant::now();
    let written = tokio::spawn(session.write_to(near));
    while sender.send("more than the pipe has room for").await.is_ok() {}
    assert!(started.elapsed() >= 5 * SECOND);
    assert_eq!(sender.closed().await, CloseReason::WriteTimeout);
    assert!(matches!(written.await.unwrap(), Err(WriteError::TimedOut)));
}

#[tokio::test]
async fn a_farewell_is_the_last_thing_sent() {
    let (sender, mut session) = Session::channel(quiet());
    sender.send("a").await.unwrap();
    sender.close_with(Message::new().event(EventType::new("bye").unwrap()).retry(Retry::from_millis(9)));
    assert_eq!(ready_bytes(&mut session), ":\ndata: a\n\nevent: bye\nretry: 9\ndata: \n\n");
    assert_eq!(sender.closed().await, CloseReason::Finished);
}

#[tokio::test]
async fn sessions_read_their_topics_and_are_counted() {
    let log = EventLog::new(LogConfig::new().epoch(1));
    let open = |key: &'static str, topics: &[&'static str]| {
        log.session().key(key).topics(topics.iter().copied()).config(quiet()).open_at_most(1)
    };
    let mut a = open("ann", &["a"]).unwrap();
    let mut ab = open("bob", &["a", "b"]).unwrap();
    assert!(open("ann", &["b"]).is_err());
    assert_eq!((log.sessions(), log.sessions_in("a"), log.sessions_in("b"), log.sessions_of("ann")), (2, 2, 1, 1));
    let count = log.publish_all([Publication::new("1").to(["b"]), Publication::new("2").to(["a", "b"])]).unwrap();
    assert_eq!(count, 2);
    assert_eq!(ready_bytes(&mut a), ":\ndata: 2\nid: 1-2\n\n");
    assert_eq!(ready_bytes(&mut ab), ":\ndata: 1\nid: 1-1\n\ndata: 2\nid: 1-2\n\n");
    drop(a);
    assert_eq!((log.sessions(), log.sessions_of("ann")), (1, 0));
    assert_eq!(log.disconnect("bob"), 1);
    log.publish("3").unwrap();
    assert_eq!(ready_bytes(&mut ab), "");
    assert_eq!(log.sessions(), 0);
}

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Observer for Notes {
    fn opened(&self, session: &SessionInfo<'_>) {
        self.note(format!("opened {} {:?}", session.key.unwrap_or("-"), session.topics));
    }

    fn resumed(&self, _: &SessionInfo<'_>, resumed: Resumed) {
        self.note(format!("{resumed:?}"));
    }

    fn lagged(&self, _: &SessionInfo<'_>, missed: u64) {
        self.note(format!("lagged {missed}"));
    }

    fn closed(&self, session: &SessionInfo<'_>, reason: CloseReason, totals: SessionTotals) {
        self.note(format!("closed {} {reason:?} {}", session.key.unwrap_or("-"), totals.missed));
    }
}

#[tokio::test]
async fn a_client_of_another_log_is_told_unless_that_is_switched_off() {
    let log = EventLog::default();
    log.publish("a").unwrap();
    let known = log.publish("b").unwrap().unwrap();
    let stranger = EventId::new("no-such-event").unwrap();
    let told = "event: resync\ndata: {\"reason\":\"unknown\"}\n\n";
    let first = |id, config| ready_bytes(&mut log.session().after(Some(id)).config(config).open());
    assert!(first(&stranger, SessionConfig::new()).starts_with(told));
    assert!(!first(&stranger, quiet().resync(None)).contains("resync"));
    assert!(!first(&known, quiet()).contains("resync"));
    let mut session = Session::resume(&log, Some(&stranger));
    assert!(ready_bytes(&mut session).starts_with(told));
}

#[tokio::test]
async fn an_observer_is_told_what_becomes_of_sessions() {
    let log = EventLog::new(LogConfig::new().events(2));
    let notes = Notes::default();
    log.observe(notes.clone());
    let ids: Vec<EventId> = (0..4).map(|number| log.publish(format!("{number}")).unwrap().unwrap()).collect();
    let mut gone = log.session().key("ann").after(Some(&ids[0])).config(quiet()).open();
    ready_bytes(&mut gone);
    for number in 4..9 {
        log.publish(format!("{number}")).unwrap();
    }
    ready_bytes(&mut gone);
    drop(gone);
    let mut ended = log.session().topics(["t"]).config(quiet()).open();
    log.close();
    ready_bytes(&mut ended);
    drop(ended);
    let told = notes.0.lock().unwrap().clone();
    let ann = ["opened ann None", "Gap { missed: 1 }", "lagged 3", "closed ann Disconnected 3"];
    assert_eq!(told[..4], ann);
    assert_eq!(told[4..], ["opened - Some([\"t\"])", "Exact", "closed - Finished 0"]);
}

/// Whose word on the end of a session is a panic.
struct Panics;

impl Observer for Panics {
    fn closed(&self, _: &SessionInfo<'_>, _: CloseReason, _: SessionTotals) {
        panic!("on purpose");
    }
}

#[tokio::test]
async fn a_session_leaves_its_log_before_an_observer_can_panic() {
    let log = EventLog::default();
    log.observe(Panics);
    let session = log.session().config(quiet()).open();
    assert_eq!(log.sessions(), 1);
    catch_unwind(AssertUnwindSafe(|| drop(session))).unwrap_err();
    assert_eq!(log.sessions(), 0);
    // One that ends while it is polled is dropped as the panic goes by, and does not tell the observer again.
    let mut session = log.session().config(quiet()).open();
    log.close();
    catch_unwind(AssertUnwindSafe(move || ready_bytes(&mut session))).unwrap_err();
    assert_eq!(log.sessions(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_stalled_reader_of_a_hundred_is_told_or_cut_and_holds_nobody_up() {
    const EVENTS: usize = 500;
    let log = EventLog::new(LogConfig::new().events(100));
    let readers: Vec<_> = (0..99)
        .map(|_| {
            let (far, _) = serve(log.session().config(quiet()).open(), 4096);
            tokio::spawn(async move {
                let mut events = EventReader::new(far);
                let mut last = 0;
                while let Some(event) = events.next().await {
                    last += 1;
                    assert_eq!(event.unwrap().data(), format!("{last}"));
                }
                last
            })
        })
        .collect();
    let told = quiet().write_timeout(None);
    let cut = quiet().on_lag(OnLag::Disconnect).write_timeout(None);
    let (told_far, told) = serve(log.session().config(told).open(), 16);
    let (mut cut_far, cut) = serve(log.session().config(cut).open(), 16);
    for number in 1..=EVENTS {
        log.publish(format!("{number}")).unwrap();
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    }
    log.close();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), EVENTS);
    }

    // The stalled ones wake up.
    let mut events = EventReader::new(told_far);
    let (mut got, mut missed) = (0, 0);
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        let data: &str = event.data();
        match data.strip_prefix("{\"reason\":\"lagged\",\"missed\":") {
            Some(rest) => missed += rest.trim_end_matches('}').parse::<usize>().unwrap(),
            None => {
                got += 1;
                assert_eq!(data, format!("{}", got + missed));
            }
        }
    }
    assert!(missed >= EVENTS - 110, "{missed} missed");
    assert_eq!(got + missed, EVENTS);
    assert!(told.await.unwrap());
    let mut rest = String::new();
    cut_far.read_to_string(&mut rest).await.unwrap();
    assert!(!rest.contains("data: 500"));
    assert!(cut.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_publisher_may_wait_for_a_reader_that_asks_for_it() {
    let log = EventLog::new(LogConfig::new());
    let session = log.session().awaited(2).config(quiet().burst(1)).open();
    let (far, _) = serve(session, 16);
    let publisher = tokio::spawn({
        let log = log.clone();
        async move {
            for number in 0..50 {
                log.publish_awaiting(format!("{number}"), 3600 * SECOND).await.unwrap();
            }
            log.close();
        }
    });
    // Nobody reads: the publisher stands.
    tokio::time::sleep(SECOND).await;
    assert!(!publisher.is_finished());
    let mut events = EventReader::new(far);
    for number in 0..50 {
        assert_eq!(events.next().await.unwrap().unwrap().data(), format!("{number}"));
    }
    assert!(events.next().await.is_none());
    publisher.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_holds_no_publisher_up() {
    let log = EventLog::default();
    let session = log.session().awaited(0).config(quiet()).open();
    log.publish("unread").unwrap();
    let waiting = tokio::spawn({
        let log = log.clone();
        async move { log.publish_awaiting("next", 3600 * SECOND).await.is_ok() }
    });
    tokio::time::sleep(SECOND).await;
    assert!(!waiting.is_finished());
    drop(session);
    assert!(timeout(SECOND, waiting).await.unwrap().unwrap());

    // Patience has an end as well.
    let _stuck = log.session().awaited(0).config(quiet()).open();
    log.publish("unread").unwrap();
    let started = Instant::now();
    log.publish_awaiting("next", 5 * SECOND).await.unwrap();
    assert!(started.elapsed() >= 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_all_sessions_and_names_those_it_cut() {
    let log = EventLog::default();
    let open = |key: &'static str| log.session().key(key).config(quiet()).open();
    let (good_far, good) = serve(open("good"), 1024);
    let (_stuck_far, stuck) = serve(open("stuck"), 4);
    tokio::task::yield_now().await;
    log.publish("last").unwrap();
    let farewell = Some(Message::new().event(EventType::new("bye").unwrap()));
    let started = Instant::now();
    let draining = log.drain(DrainConfig::new().farewell(farewell).timeout(3 * SECOND));
    let drained = draining.await;
    assert!(started.elapsed() >= 3 * SECOND);
    assert_eq!((drained.sessions, &drained.cut[..]), (2, &[Some("stuck".into())][..]));
    assert!(good.await.unwrap());
    // At once, and not when its write timeout is over.
    assert!(!timeout(SECOND, stuck).await.unwrap().unwrap());
    let mut events = EventReader::new(good_far);
    assert_eq!(events.next().await.unwrap().unwrap().data(), "last");
    assert_eq!(events.next().await.unwrap().unwrap().event_type(), "bye");
    assert!((1000..=10_000).contains(&events.retry().unwrap().as_millis()));
    assert!(events.next().await.is_none());

    // A client that connects during the drain gets what it asks for, and then the same end.
    let (far, late) = serve(log.session().start_at(StartAt::Oldest).config(quiet()).open(), 1024);
    assert!(late.await.unwrap());
    let mut events = EventReader::new(far);
    assert_eq!(events.next().await.unwrap().unwrap().data(), "last");
    assert_eq!(events.next().await.unwrap().unwrap().event_type(), "bye");
    assert!(events.next().await.is_none());
}

/// The events that a session sends until it ends: type, data and last event ID.
fn events(session: &mut Session) -> Vec<(String, String, String)> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    let sent = ready_bytes(session);
    let mut chunk = Chunk::new(sent.as_bytes());
    while let Some(event) = decoder.decode(&mut chunk).unwrap() {
        events.push((event.event_type().into(), event.data().into(), event.last_event_id().into()));
    }
    events
}

#[tokio::test(start_paused = true)]
async fn a_drain_changes_nothing_about_where_a_session_starts() {
    let log = EventLog::new(LogConfig::new().epoch(1));
    let _keeps_the_drain_going = Session::resume(&log, None);
    for number in 1..=10 {
        log.publish(format!("{number}")).unwrap();
    }
    let farewell = Some(Message::new().event(EventType::new("bye").unwrap()));
    let other = log.clone();
    let mut drain = pin!(other.drain(DrainConfig::new().farewell(farewell)));
    assert!(drain.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());

    let message = |number: u32| ("message".into(), format!("{number}"), format!("1-{number}"));
    let bye = |id: &str| ("bye".into(), String::new(), id.to_owned());
    let five = EventId::new("1-5").unwrap();
    let resumed: [&dyn Fn() -> Session; 3] = [
        &|| log.session().after(Some(&five)).config(quiet()).open(),
        &|| log.session().start_at(StartAt::After(&five)).config(quiet()).open(),
        &|| log.session().key("ann").after(Some(&five)).config(quiet()).open_at_most(1).unwrap(),
    ];
    for (open, last) in resumed.iter().zip(11..) {
        let mut session = open();
        assert_eq!(session.resumed(), Resumed::Exact);
        // The application has not stopped yet.
        log.publish(format!("{last}")).unwrap();
        let expected: Vec<_> = (6..=last).map(message).chain([bye(&format!("1-{last}"))]).collect();
        assert_eq!(events(&mut session), expected);
    }
    let live: [&dyn Fn() -> Session; 2] =
        [&|| log.session().config(quiet()).open(), &|| log.session().after(None).config(quiet()).open()];
    for (open, last) in live.iter().zip(14..) {
        let mut session = open();
        log.publish(format!("{last}")).unwrap();
        assert_eq!(events(&mut session), [message(last), bye(&format!("1-{last}"))]);
    }
    let stranger = EventId::new("0-5").unwrap();
    let mut session = log.session().after(Some(&stranger)).config(quiet()).open();
    assert_eq!(session.resumed(), Resumed::Stale);
    let all = events(&mut session);
    assert_eq!((&all[0].0[..], &all[1], all.len()), ("resync", &message(1), 17));
}

#[tokio::test(start_paused = true)]
async fn a_drain_of_nobody_is_over_at_once() {
    let drained = timeout(SECOND, EventLog::default().drain(DrainConfig::new())).await.unwrap();
    assert_eq!((drained.sessions, drained.cut.len()), (0, 0));
}
