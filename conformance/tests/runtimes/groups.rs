//! Groups of sessions of every kind.

use core::{
    future::{pending, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::sync::{Arc, Mutex};

use futures_core::Stream;
use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{
    Change, EventLog, EventType, Message, Sender, Session,
    server::{SessionHandle, Sessions},
};
use sse_proto::{
    client::{ClientConfig, Loss},
    server::{CloseReason, DrainConfig, Observer, SessionConfig, SessionInfo, SessionTotals},
};

use crate::common::serve_http;

on_every_runtime!(
    a_drain_reaches_sessions_of_every_kind,
    sessions_of_one_key_or_with_a_handle_end_gently_and_others_stay,
    a_writer_that_waits_for_its_peer_hears_of_the_end,
    an_observer_of_a_group_hears_of_every_kind,
);

/// One message, and then silence.
struct OneItem(bool);

impl Stream for OneItem {
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<&'static str>> {
        if core::mem::replace(&mut self.0, true) { Poll::Pending } else { Poll::Ready(Some("hello")) }
    }
}

const KINDS: [&str; 4] = ["log", "channel", "handler", "stream"];

fn config() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

/// A session of this kind that sends one message and does not end. The senders are kept.
fn session<R: UnderTest>(kind: &str, log: &EventLog<R>, senders: &Mutex<Vec<Sender>>) -> Session<R> {
    match kind {
        "log" => {
            let session = log.session().config(config()).key("log").open();
            log.publish("hello").expect("room");
            session
        }
        "channel" => {
            let (sender, session) = Session::channel(config());
            sender.try_send("hello").expect("room");
            senders.lock().unwrap().push(sender);
            session
        }
        "handler" => Session::run(config(), async |sender| {
            sender.send("hello").await.expect("the client is there");
            pending::<()>().await;
        }),
        _ => Session::stream(config(), OneItem(false)),
    }
}

fn bye() -> Message {
    Message::new().event(EventType::from_static("bye"))
}

async fn next_event<R: UnderTest>(source: &mut EventSource<R>) -> String {
    source.next().await.expect("an event").expect("no error").event_type().to_owned()
}

/// The next change is the end of the response.
async fn expect_end<R: UnderTest>(source: &mut EventSource<R>) {
    match source.next_change().await {
        Some(Change::Reestablishing { cause, .. }) => assert_eq!(cause, Loss::End { in_mid_event: false }),
        change => panic!("{change:?}"),
    }
}

fn a_drain_reaches_sessions_of_every_kind<R: UnderTest>() {
    R::block_on(async {
        let (log, senders) = (EventLog::<R>::default(), Arc::default());
        let sessions = log.group();
        let served = log.clone();
        let server = serve_http::<R, _>(move |request| {
            let kind = request.uri().path().trim_start_matches('/');
            session(kind, &served, &senders).join_as(&served.group(), kind.to_owned()).into_http_response()
        });
        let mut sources = Vec::new();
        for kind in KINDS {
            let mut source = EventSource::<R>::get(format!("http://{server}/{kind}")).expect("a URL");
            assert_eq!(next_event::<R>(&mut source).await, "message", "{kind}");
            sources.push(source);
        }
        assert_eq!((sessions.len(), log.sessions_of("handler"), sessions.with_key("log")), (4, 1, 1));
        let draining = sessions.clone();
        let (done, drained) = std::sync::mpsc::channel();
        R::spawn(async move {
            let config = DrainConfig::new().farewell(bye()).timeout(Duration::from_secs(60));
            let _ = done.send(draining.drain(config).await);
        });
        for (source, kind) in sources.iter_mut().zip(KINDS) {
            assert_eq!(next_event::<R>(source).await, "bye", "{kind}");
            assert!(source.reconnection_time() >= Duration::from_secs(1), "{kind}");
            expect_end::<R>(source).await;
        }
        while !sessions.is_empty() {
            R::sleep(Duration::from_millis(1)).await;
        }
        let drained = loop {
            match drained.try_recv() {
                Ok(drained) => break drained,
                Err(_) => R::sleep(Duration::from_millis(1)).await,
            }
        };
        assert_eq!((drained.sessions, drained.cut.len()), (4, 0));
        // One that joins afterwards gets the farewell, and ends.
        let mut late = session::<R>("stream", &log, &Mutex::default()).join(&sessions);
        let mut sent = Vec::new();
        while let Some(bytes) = poll_fn(|cx| late.poll_bytes(cx)).await {
            sent.extend_from_slice(&bytes.expect("no error"));
        }
        assert!(String::from_utf8_lossy(&sent).starts_with(":\nevent: bye\nretry: "));
    });
}

fn sessions_of_one_key_or_with_a_handle_end_gently_and_others_stay<R: UnderTest>() {
    R::block_on(async {
        let (log, senders) = (EventLog::<R>::default(), Arc::default());
        let sessions = Sessions::<R>::new();
        let handles: Arc<Mutex<Vec<SessionHandle<R>>>> = Arc::default();
        let (served, group, kept) = (log.clone(), sessions.clone(), Arc::clone(&handles));
        let server = serve_http::<R, _>(move |request| {
            let (kind, key) = request.uri().path().trim_start_matches('/').split_once('/').expect("a key");
            let session = session(kind, &served, &senders).join_as(&group, key.to_owned());
            kept.lock().unwrap().push(session.handle().expect("it is in a group"));
            session.into_http_response()
        });
        for kind in KINDS {
            let mut sources = Vec::new();
            for key in ["ann", "ann", "bob", "cem"] {
                let config = ClientConfig::get(format!("http://{server}/{kind}/{key}")).expect("a URL");
                let mut source = EventSource::<R>::open(config.max_reconnections(0)).expect("a URL");
                assert_eq!(next_event::<R>(&mut source).await, "message");
                sources.push(source);
            }
            assert_eq!(sessions.finish("ann", bye()), 2);
            let cem = handles.lock().unwrap().pop().expect("a handle");
            assert!(cem.finish(bye()), "{kind}");
            // A reader of the log gets what is published for those after it as well.
            for (index, later) in [(0, 3), (1, 2), (3, 0)] {
                let mut types = Vec::new();
                while let Some(Ok(event)) = sources[index].next().await {
                    types.push(event.event_type().to_owned());
                }
                let count = if kind == "log" { later + 1 } else { 1 };
                assert_eq!((types.len(), types.pop().as_deref()), (count, Some("bye")), "{kind}");
            }
            while sessions.len() > 1 {
                R::sleep(Duration::from_millis(1)).await;
            }
            assert!(!cem.finish(None) && !cem.disconnect(), "it is gone");
            assert_eq!((sessions.with_key("ann"), sessions.with_key("bob")), (0, 1));
            assert_eq!(sessions.disconnect("bob"), 1);
            while sources[2].next().await.is_some_and(|event| event.is_ok()) {}
            while !sessions.is_empty() {
                R::sleep(Duration::from_millis(1)).await;
            }
        }
    });
}

/// A peer that reads nothing does not keep its session from being ended.
fn a_writer_that_waits_for_its_peer_hears_of_the_end<R: UnderTest>() {
    R::block_on(async {
        let sessions = Sessions::<R>::new();
        let (listener, address) = crate::common::listen::<R>();
        let _stuck = R::connect(address).await.expect("a connection");
        let tcp = R::accept(&listener).await.expect("a client");
        let endless = config().queue(usize::MAX).write_timeout(None);
        let (sender, session) = Session::<R>::channel(endless);
        sender.try_send("x".repeat(64 << 20)).expect("room");
        let session = session.join_as(&sessions, "stuck");
        R::spawn(async move { drop(session.write_to(tcp).await) });
        let drained = sessions.drain(DrainConfig::new().timeout(Duration::from_millis(50))).await;
        assert_eq!(drained.cut, [Some("stuck".into())]);
        assert_eq!(sender.closed().await, CloseReason::Cut);
    });
}

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Observer for Notes {
    fn opened(&self, session: &SessionInfo<'_>) {
        self.0.lock().unwrap().push(format!("{} opened {:?}", session.key.unwrap_or("-"), session.topics));
    }

    fn closed(&self, session: &SessionInfo<'_>, reason: CloseReason, _: SessionTotals) {
        self.0.lock().unwrap().push(format!("{} {reason:?}", session.key.unwrap_or("-")));
    }
}

fn an_observer_of_a_group_hears_of_every_kind<R: UnderTest>() {
    R::block_on(async {
        let (log, senders, notes) = (EventLog::<R>::default(), Mutex::default(), Notes::default());
        let sessions = log.group();
        sessions.observe(notes.clone());
        for kind in KINDS {
            let mut session = session::<R>(kind, &log, &senders).join_as(&sessions, kind);
            poll_fn(|cx| session.poll_bytes(cx)).await.expect("bytes").expect("no error");
            assert_eq!(sessions.finish(kind, None), 1);
            while poll_fn(|cx| session.poll_bytes(cx)).await.is_some() {}
            // Not when it is dropped.
            let topics = if kind == "log" { "None" } else { "Some([])" };
            let expected = [format!("{kind} opened {topics}"), format!("{kind} Finished")];
            assert_eq!(*notes.0.lock().unwrap(), expected);
            drop(session);
            assert_eq!(core::mem::take(&mut *notes.0.lock().unwrap()).len(), 2);
        }
        drop(session::<R>("stream", &log, &senders).join(&sessions));
        assert_eq!(*notes.0.lock().unwrap(), ["- opened Some([])", "- Disconnected"]);
        assert_eq!(sessions.len(), 0);
    });
}
