//! hyper alone, with our write timeout around its socket: on the runtimes of `futures_io`. tokio's wrapper is tested under
//! axum, too, in `sse-tokio-frameworks`.

use core::{convert::Infallible, time::Duration};
use std::{sync::mpsc, thread, time::Instant};

use futures_io::{AsyncRead, AsyncWrite};
use hyper::{server::conn::http1, service::service_fn};
use sse_conformance::runtimes::UnderTest;
use sse_driver::{
    EventLog, Session,
    futures_io::{FuturesIo, WriteTimeout},
};
use sse_proto::server::LogConfig;

use super::{client::Client, publish_much, wait_for_sessions};
use crate::{common::listen, every_runtime::Fourth};

const TIMEOUT: Duration = Duration::from_millis(200);

fn a_connection_of_hyper_ends_when_its_client_does_not_read<R>()
where
    R: UnderTest<Tcp: AsyncRead + AsyncWrite>,
{
    let (started, server) = mpsc::channel();
    thread::spawn(move || {
        R::block_on(async {
            let log = EventLog::<R>::new(LogConfig::new().bytes(64 * 1024 * 1024));
            let (listener, address) = listen::<R>();
            started.send((address, log.clone())).expect("the test waits for it");
            let socket = R::accept(&listener).await.expect("a connection");
            let service = service_fn(move |_| {
                let session = Session::resume(&log, None);
                async { Ok::<_, Infallible>(session.into_http_response()) }
            });
            let socket = FuturesIo::new(WriteTimeout::<_, R::Timer>::new(socket, TIMEOUT));
            drop(http1::Builder::new().serve_connection(socket, service).await);
        });
    });
    let (address, log) = server.recv().expect("the server starts");
    let mut client = Client::request(address, "GET /events HTTP/1.1", "");
    client.head();
    let began = Instant::now();
    publish_much(&log);
    wait_for_sessions(&log, 0);
    assert!(began.elapsed() >= TIMEOUT);
    assert!(client.is_over());
}

#[cfg(feature = "smol")]
#[test]
fn on_smol() {
    a_connection_of_hyper_ends_when_its_client_does_not_read::<sse_smol::transport::Smol>();
}

#[cfg(feature = "async-std")]
#[test]
fn on_async_std() {
    a_connection_of_hyper_ends_when_its_client_does_not_read::<sse_asyncstd::transport::AsyncStd>();
}

#[test]
fn on_the_fourth() {
    a_connection_of_hyper_ends_when_its_client_does_not_read::<Fourth>();
}
