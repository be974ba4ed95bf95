//! Handlers and streams that stay on their thread, and heartbeats that take time.

use core::{
    cell::Cell,
    convert::Infallible,
    future::{Future, pending, poll_fn},
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    task::{Context, Poll},
    time::Duration,
};
use std::{rc::Rc, sync::Arc};

use futures_core::Stream;
use hyper::{server::conn::http1, service::service_fn};
use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{
    Change, Message, Session,
    server::{Heartbeat, LocalSession, Sessions},
};
use sse_proto::{
    bytes::Bytes,
    client::{ClientConfig, Loss},
    server::{DrainConfig, SessionConfig},
};

use crate::common::listen;

on_every_runtime!(
    handlers_and_streams_that_are_not_send_are_served_over_http_on_one_thread,
    a_local_session_suits_frameworks_of_one_thread,
    a_local_session_joins_a_group_and_its_handler_is_dropped_at_the_end,
    a_heartbeat_may_take_time_and_holds_nothing_up,
);

/// A stream that is not `Send`: two messages, and then an error or the end.
struct Local {
    sent: Rc<Cell<u32>>,
    breaks: bool,
}

impl Stream for Local {
    type Item = Result<String, &'static str>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.sent.set(self.sent.get() + 1);
        Poll::Ready(match self.sent.get() {
            number @ 1..=2 => Some(Ok(format!("{number}"))),
            _ => self.breaks.then_some(Err("the upstream broke")),
        })
    }
}

fn session<R: UnderTest>(path: &str, sent: Rc<Cell<u32>>) -> LocalSession<R> {
    let (config, breaks) = (SessionConfig::new(), path.ends_with("broken"));
    if path.starts_with("/stream") {
        return LocalSession::try_stream(config, Local { sent, breaks });
    }
    LocalSession::try_run(config, async move |sender| {
        for number in 1..=2 {
            sent.set(number);
            sender.send(format!("{number}")).await.map_err(|_| "the client is gone")?;
        }
        if breaks { Err("the upstream broke") } else { Ok(()) }
    })
}

/// Runs both on this thread until the second one is done.
async fn beside<T>(work: impl Future<Output = ()>, until: impl Future<Output = T>) -> T {
    let (mut work, mut until) = (pin!(work), pin!(until));
    let mut works = true;
    poll_fn(|cx| {
        works = works && work.as_mut().poll(cx).is_pending();
        until.as_mut().poll(cx)
    })
    .await
}

fn handlers_and_streams_that_are_not_send_are_served_over_http_on_one_thread<R: UnderTest>() {
    R::block_on(async {
        let (listener, address) = listen::<R>();
        let sent = Rc::new(Cell::new(0));
        let serve = async {
            loop {
                let tcp = R::accept(&listener).await.expect("a client");
                let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
                    sent.set(0);
                    let session = session::<R>(request.uri().path(), Rc::clone(&sent));
                    async { Ok::<_, Infallible>(session.into_http_response()) }
                });
                // A response that breaks off is an error of the connection.
                let _ = http1::Builder::new().keep_alive(false).serve_connection(R::io(tcp), service).await;
            }
        };
        let ask = async {
            for kind in ["stream", "handler"] {
                for (end, loss) in
                    [("broken", Loss::Broken { in_mid_event: false }), ("whole", Loss::End { in_mid_event: false })]
                {
                    let config = ClientConfig::get(format!("http://{address}/{kind}/{end}")).expect("a URL");
                    let mut source = EventSource::<R>::open(config).expect("a URL");
                    for number in ["1", "2"] {
                        assert_eq!(source.next().await.expect("an event").expect("no error").data(), number);
                    }
                    let Some(Change::Reestablishing { cause, .. }) = source.next_change().await else {
                        panic!("no end")
                    };
                    assert_eq!(cause, loss, "{kind} {end}");
                    assert!(sent.get() >= 2);
                }
            }
        };
        beside(serve, ask).await;
    });
}

/// What frameworks of one thread ask of a body, actix-web's `streaming` for example.
fn check_local<S, E>(_: &S)
where
    S: Stream<Item = Result<Bytes, E>> + http_body::Body<Data = Bytes> + Unpin + 'static,
    E: Into<Box<dyn core::error::Error>> + 'static,
{
}

/// A test of the compiler: it can fail only there.
fn a_local_session_suits_frameworks_of_one_thread<R: UnderTest>() {
    let not_send = Rc::new(());
    check_local(&LocalSession::<R>::run(SessionConfig::new(), async move |_| drop(not_send)));
    check_local(&LocalSession::<R>::stream(SessionConfig::new(), Endless(Rc::new(()))));
}

/// A stream that is not `Send` and always has one more, with nothing in it.
struct Endless(#[expect(dead_code, reason = "only its type counts")] Rc<()>);

impl Stream for Endless {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Message>> {
        Poll::Ready(Some(Message::new()))
    }
}

fn a_local_session_joins_a_group_and_its_handler_is_dropped_at_the_end<R: UnderTest>() {
    R::block_on(async {
        let sessions = Sessions::<R>::new();
        let alive = Rc::new(());
        let kept = Rc::clone(&alive);
        let session = LocalSession::<R>::run(SessionConfig::new(), async move |sender| {
            let _kept = kept;
            sender.send("hello").await.expect("room");
            pending::<()>().await;
        });
        let mut session = session.with(|session| session.join(&sessions));
        let mut endless = LocalSession::<R>::stream(SessionConfig::new(), Endless(Rc::new(())));
        let drain = async { drop(sessions.drain(DrainConfig::new()).await) };
        let mut sent = Vec::new();
        let read = async {
            // It leaves others their turn.
            poll_fn(|cx| endless.poll_bytes(cx)).await.expect("the first bytes").expect("no error");
            assert!(poll_fn(|cx| Poll::Ready(endless.poll_bytes(cx).is_pending())).await);
            while let Some(bytes) = poll_fn(|cx| session.poll_bytes(cx)).await {
                sent.extend_from_slice(&bytes.expect("no error"));
            }
        };
        beside(drain, read).await;
        let sent = String::from_utf8(sent).expect("UTF-8");
        assert!(sent.starts_with(":\ndata: hello\n\nretry: "), "{sent}");
        assert_eq!((Rc::strong_count(&alive), sessions.len()), (1, 0));
    });
}

fn a_heartbeat_may_take_time_and_holds_nothing_up<R: UnderTest>() {
    R::block_on(async {
        let config = SessionConfig::new().heartbeat(Heartbeat::fixed(Duration::from_millis(5)));
        let (sender, session) = Session::<R>::channel(config);
        // The first heartbeat is being made until the message has come, while several more become due.
        let (begun, released) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, gate) = (Arc::clone(&begun), Arc::clone(&released));
        let mut session = session.with_async_heartbeat(move || {
            let (number, gate) = (counter.fetch_add(1, Ordering::Relaxed) + 1, Arc::clone(&gate));
            async move {
                while !gate.load(Ordering::Relaxed) {
                    R::sleep(Duration::from_millis(20)).await;
                }
                Message::new().comment(format!("{number}"))
            }
        });
        let mut next = async || poll_fn(|cx| session.poll_bytes(cx)).await.expect("bytes").expect("no error");
        assert_eq!(next().await, ":\n");
        let making = Arc::clone(&begun);
        R::spawn(async move {
            while making.load(Ordering::Relaxed) == 0 {
                R::sleep(Duration::from_millis(1)).await;
            }
            R::sleep(Duration::from_millis(30)).await;
            sender.send("between").await.expect("room");
            pending::<()>().await;
        });
        assert_eq!(next().await, "data: between\n\n");
        assert_eq!(begun.load(Ordering::Relaxed), 1);
        released.store(true, Ordering::Relaxed);
        assert_eq!(next().await, ": 1\n");
        assert_eq!(next().await, ": 2\n");
    });
}
