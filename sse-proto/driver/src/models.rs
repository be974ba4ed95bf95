//! Where threads meet, tried in every order in which they can: a session and a publisher, a drain, a sender. Connections and
//! the stop of their server have a model in `serve/stop.rs`.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --release -p sse-driver --features serve --lib model
//! ```
//!
//! A wake that gets lost is a deadlock, which loom reports.

use core::{
    future::poll_fn,
    task::{Context, Poll},
};
use std::string::String;

use loom::{future::block_on, thread};
use sse_proto::{
    Message, Timestamp,
    server::{DrainConfig, LogConfig, SessionConfig},
};

use crate::{
    EventLog, Session,
    transport::{Runtime, Timer},
};

/// A runtime whose time stands still.
struct Still;

#[derive(Default)]
struct Never;

impl Timer for Never {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn poll_until(&mut self, _: &mut Context<'_>, _: Timestamp) -> Poll<()> {
        Poll::Pending
    }

    fn seed(&self) -> u64 {
        1
    }
}

impl Runtime for Still {
    type Timer = Never;
    type Io<S> = S;

    fn io<S>(stream: S) -> S {
        stream
    }
}

fn log() -> EventLog<Still> {
    EventLog::new(LogConfig::new())
}

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

/// What the session sends until its end, or until this has come.
async fn read(session: &mut Session<Still>, until: &str) -> String {
    let mut sent = String::new();
    while let Some(bytes) = poll_fn(|cx| session.poll_bytes(cx)).await {
        sent += core::str::from_utf8(&bytes.unwrap()).unwrap();
        if sent.contains(until) {
            break;
        }
    }
    sent
}

#[test]
fn a_session_gets_what_another_thread_publishes() {
    loom::model(|| {
        let log = log();
        let mut session = log.session().config(quiet()).open();
        let publishing = thread::spawn(move || {
            log.publish("a").unwrap();
            log.publish("z").unwrap();
        });
        let sent = block_on(read(&mut session, "data: z"));
        assert!(sent.contains("data: a"), "{sent}");
        publishing.join().unwrap();
    });
}

#[test]
fn a_message_is_acknowledged_when_its_reader_has_it() {
    loom::model(|| {
        let log = log();
        let mut session = log.session().config(quiet()).open();
        let reading = thread::spawn(move || {
            let sent = block_on(read(&mut session, "data: z"));
            // What was taken counts when the session asks for more, or ends.
            assert!(sent.contains("data: z"), "{sent}");
        });
        let published = block_on(log.publish_acknowledged("z", core::time::Duration::from_secs(1))).unwrap();
        assert_eq!(published.late, 0);
        reading.join().unwrap();
    });
}

#[test]
fn a_session_ends_with_its_log() {
    loom::model(|| {
        let log = log();
        let mut session = log.session().config(quiet()).open();
        let closing = thread::spawn(move || {
            log.publish("z").unwrap();
            log.close();
        });
        let sent = block_on(read(&mut session, "never"));
        assert!(sent.contains("data: z"), "{sent}");
        closing.join().unwrap();
    });
}

#[test]
fn a_drain_is_done_when_its_sessions_are() {
    loom::model(|| {
        let log = log();
        let mut session = log.session().config(quiet()).open();
        log.publish("z").unwrap();
        let reading = thread::spawn(move || {
            let sent = block_on(read(&mut session, "never"));
            assert!(sent.contains("data: z") && sent.contains("retry: "), "{sent}");
        });
        let drained = block_on(log.drain(DrainConfig::new()));
        assert!(drained.cut.is_empty());
        reading.join().unwrap();
    });
}

#[test]
fn a_session_is_disconnected_whatever_it_waits_for() {
    loom::model(|| {
        let log = log();
        let mut session = log.session().config(quiet()).key("user").open();
        let disconnecting = thread::spawn(move || {
            assert_eq!(log.disconnect("user"), 1);
        });
        block_on(async { while poll_fn(|cx| session.poll_bytes(cx)).await.is_some_and(|bytes| bytes.is_ok()) {} });
        drop(session);
        disconnecting.join().unwrap();
    });
}

#[test]
fn a_sender_and_its_session_wait_for_each_other() {
    loom::model(|| {
        // There is room for one message.
        let (sender, mut session) = Session::<Still>::channel(quiet().queue(1));
        let sending = thread::spawn(move || {
            block_on(async {
                sender.send(Message::from("a")).await.unwrap();
                sender.send(Message::from("z")).await.unwrap();
            });
        });
        let sent = block_on(read(&mut session, "never"));
        assert!(sent.contains("data: a") && sent.contains("data: z"), "{sent}");
        sending.join().unwrap();
    });
}
