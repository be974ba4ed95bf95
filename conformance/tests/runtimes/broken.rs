//! Responses that the application breaks off.

use core::{
    error::Error,
    fmt,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};
use std::collections::VecDeque;

use futures_core::Stream;
use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{Change, Session, server::WriteError};
use sse_proto::{
    client::{ClientConfig, Loss},
    server::{CloseReason, SessionConfig},
};

use crate::common::{listen, serve_http};

on_every_runtime!(
    a_client_knows_a_response_that_was_broken_off_from_one_that_has_ended,
    a_writer_gets_the_error_of_a_response_that_was_broken_off,
);

#[derive(Debug)]
struct UpstreamBroke;

impl fmt::Display for UpstreamBroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the upstream broke")
    }
}

impl Error for UpstreamBroke {}

/// Two messages, and then an error or the end.
struct Items(VecDeque<Result<&'static str, UpstreamBroke>>);

impl Items {
    fn new(breaks: bool) -> Self {
        Self([Ok("a"), Ok("b")].into_iter().chain(breaks.then_some(Err(UpstreamBroke))).collect())
    }
}

impl Stream for Items {
    type Item = Result<&'static str, UpstreamBroke>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// The sessions of a path: of a stream, a handler, or a sender, which break off or end.
pub(crate) fn session<R: UnderTest>(path: &str) -> Session<R> {
    let (config, breaks) = (SessionConfig::new(), path.ends_with("broken"));
    if path.starts_with("/stream") {
        return Session::try_stream(config, Items::new(breaks));
    }
    if path.starts_with("/handler") {
        return Session::try_run(config, async move |sender| {
            for item in Items::new(breaks).0 {
                sender.send(item?).await.expect("the client is there");
            }
            Ok::<_, UpstreamBroke>(())
        });
    }
    let (sender, session) = Session::channel(config);
    R::spawn(async move {
        for item in Items::new(breaks).0 {
            match item {
                Ok(data) => sender.send(data).await.expect("the client is there"),
                Err(error) => {
                    sender.abort(error);
                    assert_eq!(sender.closed().await, CloseReason::Aborted);
                }
            }
        }
    });
    session
}

fn a_client_knows_a_response_that_was_broken_off_from_one_that_has_ended<R: UnderTest>() {
    R::block_on(async {
        let server = serve_http::<R, _>(|request| session::<R>(request.uri().path()).into_http_response());
        check_losses::<R>(server).await;
    });
}

/// A client of the sessions knows which ones were broken off.
pub(crate) async fn check_losses<R: UnderTest>(server: SocketAddr) {
    for path in ["stream", "handler", "sender"] {
        for (end, loss) in
            [("broken", Loss::Broken { in_mid_event: false }), ("whole", Loss::End { in_mid_event: false })]
        {
            let config = ClientConfig::get(format!("http://{server}/{path}/{end}")).expect("a URL");
            let mut source = EventSource::<R>::open(config).expect("a URL");
            let (mut seen, mut lost) = (Vec::new(), None);
            while lost.is_none() {
                match source.next_change().await.expect("a change") {
                    Change::Event(event) => seen.push(String::from(event.data())),
                    Change::Reestablishing { cause, .. } => lost = Some(cause),
                    _ => {}
                }
            }
            assert_eq!((&seen[..], lost), (&[String::from("a"), String::from("b")][..], Some(loss)), "{path} {end}");
        }
    }
}

fn a_writer_gets_the_error_of_a_response_that_was_broken_off<R: UnderTest>() {
    R::block_on(async {
        for path in ["/stream", "/handler", "/sender"] {
            for end in ["broken", "whole"] {
                let (listener, address) = listen::<R>();
                let _client = R::connect(address).await.expect("a connection");
                let tcp = R::accept(&listener).await.expect("a client");
                let written = session::<R>(&format!("{path}/{end}")).write_to(tcp).await;
                assert_eq!(matches!(written, Err(WriteError::Aborted)), end == "broken", "{path}/{end}: {written:?}");
                assert_eq!(written.is_ok(), end == "whole", "{path}/{end}");
            }
        }
    });
}
