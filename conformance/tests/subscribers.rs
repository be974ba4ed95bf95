//! What subscribers of a log cost the heap: each its own state, and next to nothing for each event delivered.
//!
//! One test, because the counting allocator counts for the whole process.

mod heap;

use std::{
    future::poll_fn,
    task::{Context, Poll, Waker},
    time::Duration,
};

use sse_tokio::{
    EventLog, Publication, Session, SessionConfig,
    server::{Heartbeat, LogConfig},
};

const SUBSCRIBERS: usize = 1000;

#[test]
fn a_subscriber_costs_little_and_an_event_next_to_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _context = runtime.enter();
    idle_subscribers();
    for (burst, topics) in [(1, None), (32, None), (1, Some("room")), (32, Some("room"))] {
        fan_out(burst, topics);
    }
    waking_one_session();
    a_reader_that_fell_behind();
    bounded();
    runtime.block_on(poll_fn(|_| Poll::Ready(())));
}

fn open(log: &EventLog, topics: Option<&'static str>) -> Session {
    let subscribe = log.session();
    match topics {
        None => subscribe.open(),
        Some(topic) => subscribe.topics([topic, "other"]).open(),
    }
}

/// Takes what is ready: how many bytes, in how many pieces.
fn take(session: &mut Session) -> (usize, usize) {
    let mut cx = Context::from_waker(Waker::noop());
    let (mut bytes, mut pieces) = (0, 0);
    while let Poll::Ready(Some(Ok(piece))) = session.poll_bytes(&mut cx) {
        bytes += piece.len();
        pieces += 1;
    }
    (bytes, pieces)
}

/// The state of the session and its place among the subscribers, without the runtime's timer.
fn idle_subscribers() {
    const COUNT: usize = 10_000;
    let (timers, used) = heap::measure(|| {
        let timer = || Box::pin(tokio::time::sleep(Duration::from_secs(15)));
        (0..COUNT).map(|_| timer()).collect::<Vec<_>>()
    });
    let timer = used.kept / COUNT;
    drop(timers);
    // A topic costs its name and a place in a list more.
    for (topics, most) in [(None, 512), (Some("room"), 512 + 2 * 80)] {
        let log = EventLog::default();
        let (sessions, used) = heap::measure(|| {
            let mut sessions: Vec<Session> = Vec::with_capacity(COUNT);
            sessions.extend((0..COUNT).map(|_| open(&log, topics)));
            for session in &mut sessions {
                take(session);
            }
            sessions
        });
        let each = used.kept / sessions.len();
        println!("an idle subscriber of {topics:?} takes {each} bytes, {timer} of them for its timer");
        assert!(each - timer <= most, "{} bytes", each - timer);
    }
}

fn fan_out(burst: usize, topics: Option<&'static str>) {
    let log = EventLog::default();
    let mut sessions: Vec<Session> = (0..SUBSCRIBERS).map(|_| open(&log, topics)).collect();
    let mut round = |log: &EventLog| {
        for number in 0..burst {
            let publication = Publication::new(format!("{number:0>180}")).to(topics);
            log.publish(publication).expect("room");
        }
        sessions.iter_mut().map(|session| take(session).1).sum::<usize>()
    };
    round(&log);
    let rounds = 50;
    let (pieces, used) = heap::measure(|| (0..rounds).map(|_| round(&log)).sum::<usize>());
    let delivered = rounds * burst * SUBSCRIBERS;
    let each = used.count as f64 / delivered as f64;
    println!("bursts of {burst} to {topics:?}: {each:.4} allocations for an event delivered");
    // One piece for a burst, and two where a segment of the log ends within it.
    assert!(pieces <= rounds * SUBSCRIBERS * 6 / 5, "{pieces} pieces");
    assert!(each <= 0.05, "{each} allocations for an event delivered");
}

/// What has to wait until the log's lock is free is kept without an allocation.
fn waking_one_session() {
    let log = EventLog::default();
    let mut session = open(&log, None);
    let mut round = || {
        log.notify::<&'static str>([]);
        take(&mut session)
    };
    // The first bytes, and then the first wake, which makes the room that is used again.
    round();
    round();
    let ((), used) = heap::measure(|| {
        (0..100).for_each(|_| {
            round();
        });
    });
    assert_eq!(used.count, 0, "allocations for 100 wakes of one session");
}

/// Many events in one frame, and one that is shared with the next reader at the same place.
fn a_reader_that_fell_behind() {
    let log = EventLog::new(LogConfig::new().events(100_000).bytes(64 << 20));
    let mut sessions: Vec<Session> = (0..10).map(|_| open(&log, None)).collect();
    for session in &mut sessions {
        take(session);
    }
    for number in 0..10_000 {
        log.publish(format!("{number:0>180}")).expect("room");
    }
    let ((bytes, pieces), used) = heap::measure(|| take(&mut sessions[0]));
    println!("10000 events behind: {pieces} pieces, {} allocations, {} bytes at most", used.count, used.peak);
    assert!(bytes > 10_000 * 180 && pieces <= bytes / 30_000, "{pieces} pieces of {bytes} bytes");
    assert!(used.peak <= 128 * 1024, "{} bytes", used.peak);
    let (_, used) = heap::measure(|| sessions[1..].iter_mut().map(|session| take(session).0).sum::<usize>());
    println!("nine more: {} allocations, {} bytes at most", used.count, used.peak);
    assert!(used.peak <= 1024, "{} bytes", used.peak);
}

/// A log keeps to its bound, and to a quarter more at most, whatever is published and read.
fn bounded() {
    for (size, most) in [(10, 300_000), (180, 1 << 20), (9000, 1 << 20), (200_000, 1 << 20)] {
        let log = EventLog::new(LogConfig::new().events(usize::MAX).bytes(most));
        let heartbeat = Some(Heartbeat::quiet(Duration::ZERO));
        let config = SessionConfig::new().heartbeat(heartbeat);
        let mut fast = log.session().config(config.clone()).open();
        let _stalled = log.session().config(config).open();
        let text = "x".repeat(size);
        let ((), used) = heap::measure(|| {
            for number in 0..3 * most / size {
                log.publish(&*text).expect("room");
                if number % 7 == 0 {
                    take(&mut fast);
                }
            }
        });
        println!("a log of {most} bytes with events of {size}: {} bytes at most", used.peak);
        // One message on its way in and out comes on top.
        assert!(used.peak <= most + most / 4 + 4 * size, "{} bytes of {most}", used.peak);
    }
}
