//! Middleware between the session and the server.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{body::Body, middleware::map_response, response::Response};
use http::HeaderValue;
use sse_tokio::EventLog;
use tower_http::{compression::CompressionLayer, trace::TraceLayer};

use crate::{client::Client, router, start, wait_for_the_end};

#[tokio::test]
async fn a_trace_sees_all_of_a_session_that_is_taken_over() {
    let log = EventLog::default();
    let [chunks, ends] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let (seen, ended) = (Arc::clone(&chunks), Arc::clone(&ends));
    let trace = TraceLayer::new_for_http()
        .on_body_chunk(move |_: &axum::body::Bytes, _: std::time::Duration, _: &tracing::Span| {
            seen.fetch_add(1, Ordering::Relaxed);
        })
        .on_eos(move |_: Option<&http::HeaderMap>, _: std::time::Duration, _: &tracing::Span| {
            ended.fetch_add(1, Ordering::Relaxed);
        });
    let mut client = Client::connect(start(router(&log).layer(trace)).await).await;
    let head = client.request("GET / HTTP/1.1", "").await;
    assert!(
        head.contains("\r\nconnection: close\r\n") && head.contains("\r\ntransfer-encoding: chunked\r\n"),
        "{head}"
    );
    for data in ["a", "b"] {
        log.publish(data).unwrap();
        client.event(data).await;
    }
    log.close();
    assert_eq!(client.chunk().await, None);
    client.end().await;
    assert_eq!((chunks.load(Ordering::Relaxed), ends.load(Ordering::Relaxed)), (3, 1));
}

#[tokio::test]
async fn a_session_that_is_compressed_is_written_compressed() {
    let log = EventLog::default();
    let all = |_: http::StatusCode, _: http::Version, _: &http::HeaderMap, _: &http::Extensions| true;
    let router = router(&log).layer(CompressionLayer::new().compress_when(all));
    let mut client = Client::connect(start(router).await).await;
    let head = client.request("GET / HTTP/1.1", "Accept-Encoding: gzip\r\n").await;
    assert!(head.contains("\r\ncontent-encoding: gzip\r\n") && head.contains("\r\nconnection: close\r\n"), "{head}");
    let data = "x".repeat(100_000);
    log.publish(data.as_str()).unwrap();
    log.close();
    let body = client.chunks().await;
    client.end().await;
    // RFC 1952: the magic number at the start, and the length of what was compressed at the end.
    assert_eq!(body[..2], [0x1f, 0x8b]);
    let length = u32::from_le_bytes(body[body.len() - 4..].try_into().unwrap());
    assert!(length > 100_000 && length < 100_100 && body.len() < 10_000, "{length} in {}", body.len());
}

#[tokio::test]
async fn a_session_whose_body_was_replaced_is_left_to_hyper_and_ends() {
    let log = EventLog::default();
    let replace = async |mut response: Response| {
        *response.body_mut() = Body::from("replaced");
        response
    };
    let mut client = Client::connect(start(router(&log).layer(map_response(replace))).await).await;
    for _ in 0..2 {
        let head = client.request("GET / HTTP/1.1", "").await;
        assert!(head.contains("\r\ncontent-length: 8\r\n") && !head.contains("connection:"), "{head}");
        assert_eq!(client.exactly(8).await, b"replaced");
        wait_for_the_end(&log).await;
    }
}

#[tokio::test]
async fn a_session_with_a_length_or_without_extensions_is_left_to_hyper() {
    let log = EventLog::default();
    let limit = async |mut response: Response| {
        if response.headers()["content-type"] == "text/event-stream" {
            response.headers_mut().insert("content-length", HeaderValue::from_static("2"));
        }
        response
    };
    let mut client = Client::connect(start(router(&log).layer(map_response(limit))).await).await;
    let head = client.request("GET / HTTP/1.1", "").await;
    assert!(head.contains("\r\ncontent-length: 2\r\n") && !head.contains("connection:"), "{head}");
    assert_eq!(client.exactly(2).await, b":\n");
    assert!(client.request("GET /plain HTTP/1.1", "").await.starts_with("http/1.1 200 "));

    let forget = async |mut response: Response| {
        response.extensions_mut().clear();
        response
    };
    let mut client = Client::connect(start(router(&log).layer(map_response(forget))).await).await;
    let head = client.request("GET / HTTP/1.1", "").await;
    assert!(head.contains("\r\ntransfer-encoding: chunked\r\n") && !head.contains("connection:"), "{head}");
    assert_eq!(client.chunk().await.as_deref(), Some(&b":\n"[..]));
    log.close();
    assert_eq!(client.chunk().await, None);
    assert!(client.request("GET /plain HTTP/1.1", "").await.starts_with("http/1.1 200 "));
}

/// The body fails after the first piece: the client learns that it is not complete.
#[tokio::test]
async fn a_session_whose_body_breaks_has_no_last_chunk() {
    use futures_core::Stream;
    use std::{
        io,
        pin::Pin,
        task::{Context, Poll, ready},
    };

    struct Breaking(axum::body::BodyDataStream, bool);

    impl Stream for Breaking {
        type Item = Result<axum::body::Bytes, io::Error>;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            if std::mem::replace(&mut self.1, true) {
                return Poll::Ready(Some(Err(io::Error::other("broken"))));
            }
            let piece = ready!(Pin::new(&mut self.0).poll_next(cx));
            Poll::Ready(piece.map(|piece| piece.map_err(io::Error::other)))
        }
    }

    let log = EventLog::default();
    let wrap =
        async |response: Response| response.map(|body| Body::from_stream(Breaking(body.into_data_stream(), false)));
    let mut client = Client::connect(start(router(&log).layer(map_response(wrap))).await).await;
    assert!(client.request("GET / HTTP/1.1", "").await.contains("\r\nconnection: close\r\n"));
    assert_eq!(client.chunk().await.as_deref(), Some(&b":\n"[..]));
    client.end().await;
    wait_for_the_end(&log).await;
}
