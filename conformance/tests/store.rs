//! Sessions over a custom store, which learns of messages from elsewhere, on tokio.

mod replica;

use std::{thread, time::Duration};

use sse_proto::{Chunk, Decoder, server::Publication};
use sse_tokio::{EventId, EventLog, EventReader, Session, SessionConfig, server::Resumed};
use tokio::{
    io::{DuplexStream, duplex},
    sync::mpsc,
    time::timeout,
};

use self::replica::Replica;

/// No heartbeat, which would wake a session as well.
fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

/// The events of a session that runs in a task.
fn events(session: Session) -> EventReader<DuplexStream> {
    let (near, far) = duplex(1024);
    tokio::spawn(async move { drop(session.write_to(near).await) });
    EventReader::new(far)
}

/// The data of the next event and its ID. A session that is not woken fails the test rather than to hang it.
async fn next(events: &mut EventReader<DuplexStream>) -> (String, String) {
    let next = timeout(Duration::from_secs(60), events.next()).await.expect("the session was not woken");
    let event = next.expect("an event").expect("no error");
    (event.data().to_string(), event.last_event_id().to_string())
}

fn event(data: &str, id: &str) -> (String, String) {
    (data.into(), id.into())
}

#[tokio::test]
async fn sessions_are_woken_for_what_comes_from_elsewhere() {
    let replica = Replica::new(100);
    let log = EventLog::with_store(replica.clone());
    let open = |topics: &[&'static str]| events(log.session().topics(topics.to_vec()).config(quiet()).open());
    let (mut a, mut b, mut ab) = (open(&["a"]), open(&["b"]), open(&["a", "b"]));
    let mut all = events(log.session().config(quiet()).open());
    // Everybody waits.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let elsewhere = {
        let (replica, log) = (replica.clone(), log.clone());
        move |data: &'static str, topics: &[&'static str]| {
            let publication = Publication::new(data).to(topics.to_vec());
            replica.append(&publication).unwrap();
            log.notify(publication.topics().iter().cloned());
        }
    };
    let elsewhere = thread::spawn(move || {
        elsewhere("to a", &["a"]);
        elsewhere
    })
    .join()
    .unwrap();
    let first = event("to a", "0");
    assert_eq!((next(&mut a).await, next(&mut ab).await, next(&mut all).await), (first.clone(), first.clone(), first));
    thread::spawn(move || elsewhere("to everybody", &[])).join().unwrap();
    for reader in [&mut a, &mut b, &mut ab, &mut all] {
        assert_eq!(next(reader).await, event("to everybody", "1"));
    }
    // This node publishes as well, into the same order.
    log.publish(Publication::new("from here").to(["b"])).unwrap();
    for reader in [&mut b, &mut ab, &mut all] {
        assert_eq!(next(reader).await, event("from here", "2"));
    }

    // One ID resumes at every node.
    let other_node = EventLog::with_store(replica);
    let zero = EventId::from(0);
    let session = other_node.session().topics(["b"]).after(Some(&zero)).config(quiet()).open();
    assert_eq!(session.resumed(), Resumed::Exact);
    let mut resumed = events(session);
    assert_eq!(next(&mut resumed).await, event("to everybody", "1"));
    assert_eq!(next(&mut resumed).await, event("from here", "2"));
    log.close();
    for reader in [&mut a, &mut b, &mut ab, &mut all] {
        assert!(timeout(Duration::from_secs(60), reader.next()).await.expect("it ends").is_none());
    }
    // The store is closed at every node; who waits there learns of it from whoever follows the others.
    other_node.close();
    assert!(timeout(Duration::from_secs(60), resumed.next()).await.expect("it ends").is_none());
}

#[tokio::test]
async fn no_event_from_elsewhere_is_lost_while_sessions_come_to_wait() {
    const EVENTS: usize = 5_000;
    let replica = Replica::new(EVENTS);
    let log = EventLog::with_store(replica.clone());
    let (sender, mut counts) = mpsc::unbounded_channel();
    for topic in ["odd", "even"] {
        let mut events = events(log.session().topics([topic]).config(quiet()).open());
        let sender = sender.clone();
        tokio::spawn(async move {
            let first = usize::from(topic == "odd");
            for number in (first..EVENTS).step_by(2) {
                assert_eq!(next(&mut events).await.0, number.to_string());
            }
            let _ = sender.send(topic);
        });
    }
    drop(sender);
    let elsewhere = thread::spawn(move || {
        for number in 0..EVENTS {
            let topic = if number % 2 == 1 { "odd" } else { "even" };
            replica.append(&Publication::new(number.to_string()).to([topic])).unwrap();
            log.notify([topic]);
        }
    });
    assert!(counts.recv().await.is_some() && counts.recv().await.is_some());
    elsewhere.join().unwrap();
}

#[tokio::test]
async fn a_client_of_the_store_is_told_what_it_misses() {
    let replica = Replica::new(2);
    let log = EventLog::with_store(replica.clone());
    let mut slow = log.session().config(quiet()).open();
    for number in 0..5 {
        replica.append(&Publication::new(number.to_string())).unwrap();
    }
    log.notify([""; 0]);
    let sent = |session: &mut Session| {
        let mut cx = core::task::Context::from_waker(core::task::Waker::noop());
        let mut decoder = Decoder::new();
        let mut got = Vec::new();
        while let core::task::Poll::Ready(Some(Ok(bytes))) = session.poll_bytes(&mut cx) {
            let mut chunk = Chunk::new(&bytes[..]);
            while let Some(event) = decoder.decode(&mut chunk).unwrap() {
                got.push(event.data().to_string());
            }
        }
        got
    };
    assert_eq!(sent(&mut slow), [r#"{"reason":"lagged","missed":3}"#, "3", "4"]);
    for id in [EventId::from(0), EventId::unusable()] {
        let mut session = log.session().after(Some(&id)).config(quiet()).open();
        assert_eq!(session.resumed(), Resumed::Unknown);
        assert_eq!(sent(&mut session), [r#"{"reason":"unknown"}"#, "3", "4"]);
    }
}
