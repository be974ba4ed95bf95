//! What is held back until it is flushed does not stay there.

use core::{
    convert::Infallible,
    future::{Future, ready},
    net::SocketAddr,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};
use std::{io, sync::mpsc, thread};

use hyper::{server::conn::http1, service::service_fn};
use sse_conformance::runtimes::{Memory, Sink, UnderTest};
use sse_driver::{
    EventSource, Sender, Session,
    transport::{HttpConnector, Socket, Target},
};
use sse_proto::{client::ClientConfig, server::SessionConfig};

use crate::{common::listen, held::Held};

on_every_runtime!(
    a_session_flushes_when_nothing_more_is_waiting_and_at_its_end,
    requests_and_responses_over_http_are_flushed,
);

fn a_session_flushes_when_nothing_more_is_waiting_and_at_its_end<R: UnderTest>() {
    R::block_on(async {
        let config = SessionConfig::new().heartbeat(None);
        let (sender, session): (Sender, Session<R>) = Session::channel(config);
        let shown = Sink::default();
        let mut writing = pin!(session.write_to(Memory::new(Held::new(R::io(Memory::new(shown.clone()))))));
        // Polled often enough that it has done what it can.
        let mut write = || {
            let mut cx = Context::from_waker(Waker::noop());
            (0..8).any(|_| writing.as_mut().poll(&mut cx).is_ready())
        };
        assert!(!write());
        assert_eq!(shown.take(), b":\n");
        sender.try_send("a").expect("room");
        assert!(!write());
        assert_eq!(shown.take(), b"data: a\n\n");
        sender.close_with("bye");
        assert!(write());
        assert_eq!(shown.take(), b"data: bye\n\n");
    });
}

fn requests_and_responses_over_http_are_flushed<R: UnderTest>() {
    let (done, came) = mpsc::channel();
    thread::spawn(move || {
        R::block_on(async {
            let (listener, address) = listen::<R>();
            R::spawn(async move {
                let tcp = R::accept(&listener).await.expect("a client");
                let answer = |_| {
                    let (sender, session): (Sender, Session<R>) = Session::channel(SessionConfig::new());
                    sender.close_with("a");
                    ready(Ok::<_, Infallible>(session.into_http_response()))
                };
                let io = R::io(held::<R>(tcp));
                drop(http1::Builder::new().serve_connection(io, service_fn(answer)).await);
            });
            let dial = move |_: Target| connect::<R>(address);
            let config = ClientConfig::get(format!("http://{address}/")).expect("a URL").max_reconnections(0);
            let mut source = EventSource::<_, R::Timer>::new(config, HttpConnector::new(dial));
            let event = source.next().await.expect("an event").expect("no error");
            let _ = done.send(String::from(event.data()));
        });
    });
    let event = came.recv_timeout(Duration::from_secs(20));
    assert_eq!(event.as_deref(), Ok("a"), "what is not flushed does not come");
}

/// A connection that is held back in both directions.
pub(crate) fn held<R: UnderTest>(tcp: R::Tcp) -> Memory {
    Memory::new(Held::new(R::io(tcp)))
}

async fn connect<R: UnderTest>(address: SocketAddr) -> io::Result<Socket> {
    Ok(Socket::new(R::io(held::<R>(R::connect(address).await?))))
}
