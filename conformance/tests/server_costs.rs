//! What the server costs in time: measurements, to be run by hand and in release.
//!
//! ```sh
//! cargo test --release -p sse-conformance --test server_costs -- --ignored --nocapture --test-threads 1
//! ```

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use sse_proto::{
    EventId, Timestamp,
    server::{EventLog, Heartbeat, LogConfig, LogRead, Output, Session, SessionConfig, StartAt},
};

const START: Timestamp = Timestamp::from_millis(0);

fn log_of(events: usize) -> EventLog {
    let mut log = EventLog::new(LogConfig::new().events(events).bytes(1 << 30));
    for number in 0..events {
        log.publish(format!("{number:0>180}"), START).expect("room");
    }
    log
}

#[test]
#[ignore = "a measurement"]
fn resuming_from_the_middle_costs_as_much_as_from_the_end() {
    let mut log = log_of(100_000);
    let mut time = |number: u64| {
        let id = EventId::from(number);
        let started = Instant::now();
        for _ in 0..100_000 {
            let (mut cursor, resumed) = log.subscribe(StartAt::After(black_box(&id)), START);
            assert!(matches!(log.read(&mut cursor, 200), LogRead::Events(_)), "{resumed:?}");
        }
        started.elapsed().as_nanos() / 100_000
    };
    let (end, middle, start) = (time(99_999), time(50_000), time(1));
    println!("resume and first read: {end} ns at the end, {middle} ns in the middle, {start} ns at the start");
    println!("middle to end: {:.2}", middle as f64 / end as f64);
}

#[test]
#[ignore = "a measurement"]
fn reading_costs_no_more_for_many() {
    let mut log = EventLog::new(LogConfig::new().events(100_000).bytes(1 << 30));
    let config = SessionConfig::new();
    let mut sessions: Vec<Session> =
        (0..1000).map(|_| Session::reading(config.clone(), log.subscribe(StartAt::Live, START).0)).collect();
    let (mut publishing, mut reading) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..100 {
        let started = Instant::now();
        for number in 0..32 {
            log.publish(format!("{number:0>180}"), START).expect("room");
        }
        publishing += started.elapsed();
        let started = Instant::now();
        for session in &mut sessions {
            loop {
                session.handle_log(&mut log, START);
                match session.poll_output(START) {
                    Output::Transmit(bytes) => drop(black_box(bytes)),
                    _ => break,
                }
            }
        }
        reading += started.elapsed();
    }
    println!("publish: {} ns for an event", publishing.as_nanos() / 3200);
    println!("read: {:.2} ns for an event delivered in a burst of 32", reading.as_nanos() as f64 / 3_200_000.0);
}

#[test]
#[ignore = "a measurement"]
fn heartbeats_of_ten_thousand_sessions() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let period = Duration::from_millis(500);
        let config = SessionConfig::new().heartbeat(Heartbeat::quiet(period));
        let log = sse_tokio::EventLog::default();
        let tasks: Vec<_> = (0..10_000)
            .map(|_| {
                let mut session = log.session().config(config.clone()).open();
                tokio::spawn(async move {
                    let mut beats = 0;
                    while core::future::poll_fn(|cx| session.poll_bytes(cx)).await.is_some() {
                        beats += 1;
                    }
                    beats
                })
            })
            .collect();
        let cpu = || std::fs::read_to_string("/proc/self/stat").map(|stat| ticks(&stat)).unwrap_or_default();
        tokio::time::sleep(period / 2).await;
        let before = cpu();
        tokio::time::sleep(10 * period).await;
        let spent = cpu() - before;
        log.close();
        let mut beats: u64 = 0;
        for task in tasks {
            beats += task.await.expect("a task");
        }
        // The first bytes are no heartbeat.
        println!("{} heartbeats: {} ms of CPU, in ticks of 10 ms", beats - 10_000, 10 * spent);
    });
}

/// User and system time.
fn ticks(stat: &str) -> u64 {
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}
