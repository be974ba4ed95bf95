//! When the task of a session is woken, and when it is left alone.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use sse_tokio::{
    EventLog, Publication, Session, SessionConfig,
    server::{DrainConfig, LogConfig, Sessions},
};
use tokio::time::{Instant, advance, timeout};

const DELAY: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Task {
    /// The number of wakes since it was asked last.
    fn wakes(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

fn poll(session: &mut Session, waker: &Waker) -> Option<String> {
    match session.poll_bytes(&mut Context::from_waker(waker)) {
        Poll::Pending => None,
        Poll::Ready(Some(Ok(bytes))) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
        Poll::Ready(other) => panic!("{other:?}"),
    }
}

async fn next(session: &mut Session) -> String {
    let bytes = poll_fn(|cx| session.poll_bytes(cx)).await.expect("more").expect("bytes");
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_session_is_woken_by_whatever_comes_after_what_it_takes() {
    let log = EventLog::default();
    let [one, other] = [0, 1].map(|_| Arc::new(Task::default()));
    let [waker, other_waker] = [&one, &other].map(|task| Waker::from(Arc::clone(task)));
    let mut session = log.session().config(quiet()).open();
    assert!(poll(&mut session, &waker).is_some());
    assert_eq!(poll(&mut session, &waker), None);
    for _ in 0..3 {
        // Before and after it has written what it took.
        for writes in [false, true] {
            log.publish("a").unwrap();
            assert_eq!(one.wakes(), 1);
            assert!(poll(&mut session, &waker).is_some());
            if writes {
                assert_eq!(poll(&mut session, &waker), None);
            }
            log.publish("b").unwrap();
            assert_eq!(one.wakes(), 1, "{writes}");
            assert!(poll(&mut session, &waker).is_some());
            assert_eq!(poll(&mut session, &waker), None);
        }
    }
    // Another task goes on with the session.
    log.publish("c").unwrap();
    assert_eq!(one.wakes(), 1);
    assert!(poll(&mut session, &waker).is_some());
    assert_eq!(poll(&mut session, &other_waker), None);
    log.publish("d").unwrap();
    assert_eq!((one.wakes(), other.wakes()), (0, 1));
    assert!(poll(&mut session, &other_waker).is_some());
    // The end of the log, too.
    log.close();
    assert_eq!(other.wakes(), 1);
    assert!(session.poll_bytes(&mut Context::from_waker(&other_waker)).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_session_holds_messages_back_and_is_woken_once_for_all() {
    let log = EventLog::default();
    let mut session = log.session().config(quiet().coalesce(DELAY)).open();
    assert_eq!(next(&mut session).await, ":\n");
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    assert_eq!(poll(&mut session, &waker), None);
    for number in 0..10 {
        log.publish(format!("{number}")).unwrap();
        assert_eq!(task.wakes(), usize::from(number == 0));
        assert_eq!(poll(&mut session, &waker), None);
        advance(DELAY / 10).await;
    }
    let sent = next(&mut session).await;
    assert_eq!(sent.matches("data: ").count(), 10);

    // The next message begins a time of its own.
    let started = Instant::now();
    log.publish("more").unwrap();
    assert!(next(&mut session).await.contains("data: more"));
    assert!(started.elapsed() >= DELAY);
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_nothing_that_is_held_back() {
    let log = EventLog::default();
    let mut session = log.session().config(quiet().coalesce(Duration::from_secs(3600))).open();
    assert_eq!(next(&mut session).await, ":\n");
    log.publish("last").unwrap();
    let writing = tokio::spawn(async move {
        let mut sent = next(&mut session).await;
        sent += &next(&mut session).await;
        assert!(poll_fn(|cx| session.poll_bytes(cx)).await.is_none());
        sent
    });
    tokio::task::yield_now().await;
    let drained = timeout(Duration::from_secs(1), log.drain(DrainConfig::new())).await.expect("in time");
    assert!(drained.cut.is_empty());
    assert!(writing.await.unwrap().starts_with("data: last\n"));
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_is_held_back_until_the_queue_is_full() {
    let (sender, mut session) = Session::channel(quiet().coalesce(DELAY).queue(100));
    assert_eq!(next(&mut session).await, ":\n");
    let started = Instant::now();
    sender.try_send("a").unwrap();
    sender.try_send("b").unwrap();
    assert_eq!(next(&mut session).await, "data: a\n\ndata: b\n\n");
    assert!(started.elapsed() >= DELAY);

    let started = Instant::now();
    let sending = tokio::spawn(async move {
        for _ in 0..1000 {
            sender.send("0123456789").await.unwrap();
        }
    });
    let mut length = 0;
    while length < 18 * 1000 {
        length += next(&mut session).await.len();
    }
    sending.await.unwrap();
    // Only what came last can have waited.
    assert!(started.elapsed() <= 2 * DELAY, "{:?}", started.elapsed());
}

#[test]
fn a_session_that_has_everything_of_its_topics_has_missed_nothing_of_the_others() {
    for by_topic in [false, true] {
        let config = LogConfig::new().events(10);
        let log = EventLog::new(if by_topic { config.number_by_topic() } else { config });
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut session = log.session().topics(["quiet"]).config(quiet()).open();
        assert!(poll(&mut session, &waker).is_some());
        assert_eq!(poll(&mut session, &waker), None);
        for round in 0..3 {
            for number in 0..1000 {
                log.publish(Publication::new("x").to([format!("other {round} {number}")])).unwrap();
            }
            assert_eq!(task.wakes(), 0);
            // It may be polled for other reasons, too.
            if round > 0 {
                assert_eq!(poll(&mut session, &waker), None);
            }
            log.publish(Publication::new("for it").to(["quiet"])).unwrap();
            assert_eq!(task.wakes(), 1);
            assert!(poll(&mut session, &waker).is_some_and(|sent| sent.starts_with("data: for it\n")), "{round}");
            assert_eq!(poll(&mut session, &waker), None);
        }
        assert_eq!(session.missed(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_of_a_log_ends_with_a_group_that_it_has_joined() {
    for drains in [false, true] {
        let (log, group) = (EventLog::default(), Sessions::new());
        let mut session = log.session().config(quiet()).open().join_as(&group, "key");
        assert_eq!(next(&mut session).await, ":\n");
        log.publish("a").unwrap();
        assert!(next(&mut session).await.starts_with("data: a\n"));
        let writing = tokio::spawn(async move {
            let mut sent = String::new();
            while let Some(bytes) = poll_fn(|cx| session.poll_bytes(cx)).await {
                sent += core::str::from_utf8(&bytes.unwrap()).unwrap();
            }
            sent
        });
        tokio::task::yield_now().await;
        if drains {
            assert!(group.drain(DrainConfig::new()).await.cut.is_empty());
        } else {
            assert_eq!(group.finish("key", sse_tokio::Message::from("bye")), 1);
        }
        let sent = timeout(Duration::from_secs(1), writing).await.expect("in time").unwrap();
        assert_eq!(sent.contains("data: bye"), !drains);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_closes_ends_sessions_that_hold_messages_back() {
    let log = EventLog::default();
    let mut session = log.session().config(quiet().coalesce(Duration::MAX)).open();
    assert_eq!(next(&mut session).await, ":\n");
    log.publish("last").unwrap();
    assert_eq!(poll(&mut session, Waker::noop()), None);
    log.close();
    let sent = timeout(Duration::from_secs(1), next(&mut session)).await.expect("in time");
    assert!(sent.starts_with("data: last\n"));
    assert!(poll_fn(|cx| session.poll_bytes(cx)).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn publishers_do_not_wait_for_messages_that_are_held_back() {
    let log = EventLog::default();
    let awaited = log.session().config(quiet().coalesce(Duration::from_secs(3600))).awaited(1).open();
    let other = log.session().config(quiet().coalesce(Duration::from_secs(3600))).open();
    for mut session in [awaited, other] {
        tokio::spawn(async move { while poll_fn(|cx| session.poll_bytes(cx)).await.is_some() {} });
    }
    tokio::task::yield_now().await;
    log.publish("held back by one of them").unwrap();
    tokio::task::yield_now().await;
    let started = Instant::now();
    for _ in 0..4 {
        log.publish_awaiting("x", Duration::from_secs(60)).await.unwrap();
    }
    assert_eq!(log.publish_acknowledged("x", Duration::from_secs(60)).await.unwrap().late, 0);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn many_senders_wait_no_longer_than_the_queue_is_full() {
    let (sender, mut session) = Session::channel(quiet().coalesce(Duration::from_secs(3600)).queue(100));
    let senders: Vec<_> = (0..8)
        .map(|_| {
            let sender = sender.clone();
            tokio::spawn(async move {
                for _ in 0..200 {
                    sender.send("0123456789").await.unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    let reading = tokio::spawn(async move { while poll_fn(|cx| session.poll_bytes(cx)).await.is_some() {} });
    for sender in senders {
        timeout(Duration::from_secs(60), sender).await.expect("in time").unwrap();
    }
    timeout(Duration::from_secs(60), reading).await.expect("in time").unwrap();
}
