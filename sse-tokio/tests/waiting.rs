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

use sse_tokio::{EventLog, Session, SessionConfig, server::DrainConfig};
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
