//! HTTP/2: streams share the socket, and are left to hyper.

use std::{future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use axum::body::Body;
use http::{Method, Request, Response};
use http_body::Body as _;
use hyper::{
    body::Incoming,
    client::conn::http2::{SendRequest, handshake},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sse_tokio::{EventLog, serve, server::DrainConfig};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::oneshot,
};
use tokio_rustls::TlsConnector;

use crate::{large_log, listen, publish_much, router, sockets::tls, wait_for_the_end};

async fn connect(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> SendRequest<Body> {
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(async { drop(connection.await) });
    sender
}

async fn request(sender: &mut SendRequest<Body>, method: Method) -> Response<Incoming> {
    let request = Request::builder().method(method).uri("http://localhost/").body(Body::empty()).unwrap();
    sender.send_request(request).await.unwrap()
}

/// Reads the data of the next frame: `None` at the end of the stream.
async fn frame(response: &mut Response<Incoming>) -> Option<hyper::Result<String>> {
    let frame = poll_fn(|cx| Pin::new(response.body_mut()).poll_frame(cx)).await?;
    Some(frame.map(|frame| String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()))
}

async fn check(log: &EventLog, mut sender: SendRequest<Body>) {
    let mut head = request(&mut sender, Method::HEAD).await;
    assert_eq!((head.status().as_u16(), head.headers()["content-type"].as_bytes()), (200, &b"text/event-stream"[..]));
    assert!(head.body().is_end_stream() || frame(&mut head).await.is_none());
    wait_for_the_end(log).await;

    let mut both = [request(&mut sender, Method::GET).await, request(&mut sender, Method::GET).await];
    log.publish("a").unwrap();
    for response in &mut both {
        assert!(!response.headers().contains_key("connection"));
        let mut text = String::new();
        while !text.contains("data: a\n") {
            text += &frame(response).await.unwrap().unwrap();
        }
    }
    assert_eq!(log.sessions(), 2);
    // A stream that is reset ends its session, and no other one.
    let [first, second] = both;
    drop(first);
    while log.sessions() == 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(second);
    wait_for_the_end(log).await;
}

#[tokio::test]
async fn a_client_with_prior_knowledge_speaks_http_2() {
    let log = EventLog::default();
    let (listener, address) = listen().await;
    tokio::spawn(serve(listener, router(&log)).into_future());
    check(&log, connect(TcpStream::connect(address).await.unwrap()).await).await;
}

#[tokio::test]
async fn a_client_that_agreed_on_it_by_tls_speaks_http_2() {
    let log = EventLog::default();
    let (listener, address) = listen().await;
    let (listener, config) = tls(listener, &["h2"]);
    tokio::spawn(serve(listener, router(&log)).into_future());
    let tcp = TcpStream::connect(address).await.unwrap();
    let stream = TlsConnector::from(Arc::clone(&config)).connect("localhost".try_into().unwrap(), tcp).await.unwrap();
    check(&log, connect(stream).await).await;
}

#[tokio::test]
async fn a_server_stops_beside_a_stream_that_is_not_read() {
    const TIMEOUT: Duration = Duration::from_millis(300);
    let log = large_log();
    let (listener, address) = listen().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = serve(listener, router(&log))
        .drain(&log, DrainConfig::new().timeout(TIMEOUT / 3))
        .shutdown_timeout(TIMEOUT)
        .with_graceful_shutdown(async { drop(stopped.await) });
    let server = tokio::spawn(server.into_future());
    let mut sender = connect(TcpStream::connect(address).await.unwrap()).await;
    // Its window is used up, and nothing opens it.
    let mut response = request(&mut sender, Method::GET).await;
    publish_much(&log);
    stop.send(()).unwrap();
    let stopped = server.await.unwrap();
    assert_eq!((stopped.cut, stopped.drained[0].cut.len()), (1, 1));
    while let Some(Ok(_)) = frame(&mut response).await {}
    wait_for_the_end(&log).await;
}
