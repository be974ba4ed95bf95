//! Servers of others, with our write timeout: a client that does not read ends its session.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use sse_tokio::{
    Session,
    server::DrainConfig,
    transport::{Io, WriteTimeout},
};
use tokio::sync::oneshot;

use crate::{client::Client, large_log, listen, publish_much, router, wait_for_the_end};

const TIMEOUT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn axum_stops_beside_a_client_that_does_not_read() {
    let log = large_log();
    let (listener, address) = listen().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = WriteTimeout::new(listener, TIMEOUT);
    let server = axum::serve(listener, router(&log)).with_graceful_shutdown(async { drop(stopped.await) });
    let server = tokio::spawn(server.into_future());
    let mut client = Client::connect(address).await;
    client.request("GET / HTTP/1.1", "").await;
    publish_much(&log);
    let began = Instant::now();
    stop.send(()).unwrap();
    log.drain(DrainConfig::new()).await;
    server.await.unwrap().unwrap();
    assert!(began.elapsed() >= TIMEOUT / 2);
    assert_eq!(log.sessions(), 0);
}

#[tokio::test]
async fn a_connection_of_hyper_ends_when_its_client_does_not_read() {
    let log = large_log();
    let (listener, address) = listen().await;
    let events = log.clone();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let service = service_fn(move |_: Request<Incoming>| {
            let session = Session::resume(&events, None);
            async { Ok::<_, Infallible>(session.into_http_response()) }
        });
        let socket = Io::new(WriteTimeout::new(socket, TIMEOUT));
        drop(http1::Builder::new().serve_connection(socket, service).await);
    });
    let mut client = Client::connect(address).await;
    client.request("GET / HTTP/1.1", "").await;
    let began = Instant::now();
    publish_much(&log);
    wait_for_the_end(&log).await;
    assert!(began.elapsed() >= TIMEOUT);
}
