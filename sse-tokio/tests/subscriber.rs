//! What a client that lives long needs, over real sockets. Times are only ever bounded from below.
#![cfg(feature = "client")]

use std::time::Duration;

use sse_tokio::{
    Change, ClientConfig, EventSource,
    client::{Backoff, FailReason, Loss, Request},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, timeout},
};

const OPEN: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// Answers each connection with the next of these bytes and keeps it open; gives the requests, up to the end of the
/// body.
async fn hold(answers: Vec<String>) -> (String, mpsc::UnboundedReceiver<(String, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let (requests, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = request(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = requests.send((request, stream));
        }
    });
    (url, received)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    loop {
        text.push(stream.read_u8().await.unwrap().into());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_ascii_lowercase();
        let length = lower.split_once("content-length: ").map_or("0", |(_, rest)| rest.split("\r\n").next().unwrap());
        if body.len() == length.parse::<usize>().unwrap() {
            return text;
        }
    }
}

fn quick(url: &str) -> ClientConfig {
    let backoff = Backoff::new().floor(Duration::from_millis(10));
    ClientConfig::get(url).unwrap().reconnection_time(Duration::from_millis(10)).backoff(backoff)
}

#[tokio::test]
async fn a_post_goes_out_whole_and_only_once() {
    let (url, mut requests) = hold(vec![format!("{OPEN}data: a\n\n")]).await;
    let config = quick(&url).method("POST").unwrap().header("Content-Type", "application/json").unwrap();
    let mut source = EventSource::open(config.body("{\"n\":1}")).unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    let (request, connection) = requests.recv().await.unwrap();
    assert!(request.starts_with("POST /events HTTP/1.1\r\n") && request.ends_with("\r\n\r\n{\"n\":1}"), "{request}");
    drop(connection);
    let failure = source.next().await.unwrap().unwrap_err();
    assert!(matches!(failure.reason, FailReason::NotResent { .. }), "{failure:?}");
}

/// Nothing was sent, so there is nothing that could be sent twice.
#[tokio::test]
async fn a_post_waits_for_a_server_that_is_not_there_yet() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut source = EventSource::open(quick(&format!("http://{address}/")).method("POST").unwrap()).unwrap();
    for _ in 0..3 {
        let change = source.next_change().await.unwrap();
        assert!(matches!(change, Change::Reestablishing { cause: Loss::Unreachable, .. }), "{change:?}");
    }
}

#[tokio::test]
async fn each_attempt_has_its_own_token() {
    let (url, mut requests) = hold(vec![OPEN.into(), OPEN.into()]).await;
    let mut source = EventSource::open(quick(&url)).unwrap().prepare(|mut request: Request| async move {
        tokio::task::yield_now().await;
        let token = format!("Bearer {}", request.attempt);
        request.headers.set("Authorization", token)?;
        Ok(request)
    });
    for attempt in 0..2 {
        assert!(matches!(source.next_change().await, Some(Change::Open(_))));
        let (request, connection) = requests.recv().await.unwrap();
        assert!(request.to_ascii_lowercase().contains(&format!("authorization: bearer {attempt}\r\n")), "{request}");
        drop(connection);
        assert!(matches!(source.next_change().await, Some(Change::Reestablishing { .. })));
    }
}

#[tokio::test]
async fn a_handle_closes_a_source_that_waits_and_its_connection() {
    let (url, mut requests) = hold(vec![OPEN.into()]).await;
    let mut source = EventSource::get(url).unwrap();
    let handle = source.handle();
    let waiting = tokio::spawn(async move { source.next().await.is_none() });
    let (_, mut connection) = requests.recv().await.unwrap();
    handle.close();
    assert!(timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap());
    // The server sees the end, or a reset if its answer was not read yet.
    assert!(connection.read_u8().await.is_err());
}

#[tokio::test]
async fn a_silent_server_is_left_and_asked_again() {
    let (url, _requests) = hold(vec![OPEN.into(), format!("{OPEN}data: back\n\n")]).await;
    let silence = Duration::from_millis(50);
    let mut source = EventSource::open(quick(&url).idle_timeout(silence)).unwrap();
    assert!(matches!(source.next_change().await, Some(Change::Open(_))));
    let since = Instant::now();
    let Some(Change::Reestablishing { cause, .. }) = source.next_change().await else { panic!() };
    assert_eq!(cause, Loss::IdleTimeout { in_mid_event: false });
    assert!(since.elapsed() >= silence - Duration::from_millis(1), "{:?}", since.elapsed());
    assert_eq!(source.next().await.unwrap().unwrap().data(), "back");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let (url, _requests) = hold(vec![String::new()]).await;
    let config = quick(&url).head_timeout(Duration::from_millis(50)).max_reconnections(0);
    let failure = EventSource::open(config).unwrap().next().await.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailReason::GaveUp { cause: Loss::HeadTimeout, attempts: 0 });
}

#[tokio::test]
async fn a_refusal_comes_with_what_the_server_says() {
    let refused = "HTTP/1.1 403 Forbidden\r\nX-Reason: quota\r\nContent-Length: 9\r\n\r\nno more\r\n";
    let (url, _requests) = hold(vec![refused.into()]).await;
    let failure = EventSource::get(url).unwrap().next().await.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailReason::Status(403));
    let response = failure.refusal.unwrap();
    assert_eq!((&*response.body, response.complete), (&b"no more\r\n"[..], true));
    assert_eq!(response.head.headers.value("x-reason"), Some(&b"quota"[..]));
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let refused = format!("HTTP/1.1 500 Oh\r\n\r\n{}", "x".repeat(100_000));
    let (url, _requests) = hold(vec![refused]).await;
    let failure = EventSource::get(url).unwrap().next().await.unwrap().unwrap_err();
    let response = failure.refusal.unwrap();
    assert_eq!((response.body.len(), response.complete), (8 * 1024, false));
}
