//! reqwest as the transport, over real sockets. Times are only ever bounded from below.

use std::{net::SocketAddr, time::Duration};

use sse_tokio::{
    Change, ClientConfig, EventId, EventSourceOver, StreamReader, Text,
    client::{FailReason, Loss},
    transport::{ReqwestConnector, ReqwestError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

type EventSource = EventSourceOver<ReqwestConnector>;

fn source(config: ClientConfig) -> EventSource {
    let builder = reqwest::Client::builder().user_agent("own/1.0").no_proxy();
    EventSource::new(config.reconnection_time(Duration::from_millis(1)), ReqwestConnector::build(builder).unwrap())
}

/// Answers each request with the next of these bytes, and closes; gives the requests.
async fn raw(answers: Vec<String>) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (requests, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = requests.send(request(&mut stream).await);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, received)
}

/// The head of a request in lower case, and its body as it is.
async fn request(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8(body).unwrap()
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

#[tokio::test]
async fn a_stream_that_ends_is_resumed() {
    let (address, mut requests) = raw(vec![
        format!("{OK}\r\nid: 1\ndata: a\n\ndata: cut"),
        // A body that breaks off.
        format!("{OK}Content-Length: 100\r\n\r\nid: 2\ndata: b\n\ndata: cut"),
        format!("{OK}Transfer-Encoding: chunked\r\n\r\n9\r\ndata: c\n\n\r\n0\r\n\r\n"),
        "HTTP/1.1 204 No Content\r\n\r\n".into(),
    ])
    .await;
    let config =
        ClientConfig::get(format!("http://{address}/a?b=c")).unwrap().header("Authorization", "Bearer 1").unwrap();
    let mut source = source(config);
    for data in ["a", "b", "c"] {
        assert_eq!(source.next().await.unwrap().unwrap().data(), data);
    }
    assert_eq!(source.next().await.unwrap().unwrap_err().reason, FailReason::Status(204));

    let first = requests.recv().await.unwrap();
    assert!(first.starts_with("get /a?b=c http/1.1\r\n"), "{first}");
    for field in [
        "accept: text/event-stream\r\n".to_owned(),
        "authorization: bearer 1\r\n".into(),
        format!("host: {address}\r\n"),
        "user-agent: own/1.0\r\n".into(),
    ] {
        assert_eq!(first.matches(&field).count(), 1, "{field}{first}");
    }
    assert!(!first.contains("last-event-id"), "{first}");
    assert!(requests.recv().await.unwrap().contains("last-event-id: 1\r\n"));
    assert!(requests.recv().await.unwrap().contains("last-event-id: 2\r\n"));
}

#[tokio::test]
async fn what_reqwest_says_comes_with_the_loss() {
    let (address, _) = raw(vec![format!("{OK}Content-Length: 100\r\n\r\ndata: a\n\n")]).await;
    let mut source = source(ClientConfig::get(format!("http://{address}/")).unwrap().max_reconnections(1));
    assert!(matches!(source.next_change().await, Some(Change::Open(head)) if head.status == 200));
    assert!(matches!(source.next_change().await, Some(Change::Event(_))));
    let Some(Change::Reestablishing { cause, error: Some(ReqwestError::Client(error)), .. }) =
        source.next_change().await
    else {
        panic!()
    };
    assert_eq!(cause, Loss::Broken { in_mid_event: false });
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    // The server is gone.
    let Some(Change::Failed(failure)) = source.next_change().await else { panic!() };
    assert_eq!(failure.reason, FailReason::GaveUp { cause: Loss::Unreachable, attempts: 1 });
    assert!(matches!(failure.error, Some(ReqwestError::Client(error)) if error.is_connect()));
}

#[tokio::test]
async fn what_reqwest_says_shows_no_secret() {
    let config = |host: &str| {
        let config = ClientConfig::get(format!("{host}/?s3cr3t")).unwrap().header("X-Own", "s3cr3t").unwrap();
        config.last_event_id(EventId::new("s3cr3t").unwrap()).max_reconnections(0)
    };
    let (address, _) = raw(vec![String::from("no HTTP")]).await;
    for host in ["http://127.0.0.1:1", &format!("http://{address}"), "ftp://host.example", "http://host.example:99"] {
        let builder = reqwest::Client::builder().no_proxy().resolve("host.example", ([127, 0, 0, 1], 1).into());
        let mut source = EventSource::new(config(host), ReqwestConnector::build(builder).unwrap());
        let failure = source.next().await.unwrap().unwrap_err();
        assert!(failure.error.is_some(), "{failure:?}");
        let shown = format!("{failure} {failure:?} {source:?}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert!(shown.contains(host), "{shown}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_fails_for_good() {
    let mut source = source(ClientConfig::get("gopher://127.0.0.1/").unwrap());
    let failure = source.next().await.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailReason::Permanent);
    assert!(failure.error.is_some());
}

#[tokio::test]
async fn redirects_are_followed_by_the_state_machine_and_without_credentials() {
    let (there, mut there_requests) = raw(vec![format!("{OK}\r\ndata: there\n\n")]).await;
    let redirect =
        format!("HTTP/1.1 301 Moved Permanently\r\nLocation: http://{there}/new\r\nContent-Length: 0\r\n\r\n");
    let (here, mut here_requests) = raw(vec![redirect]).await;
    let config = ClientConfig::get(format!("http://{here}/old")).unwrap().header("Authorization", "Bearer 1").unwrap();
    let mut source = source(config.header("Cookie", "a=b").unwrap());
    assert_eq!(source.next().await.unwrap().unwrap().data(), "there");
    assert_eq!(source.origin(), format!("http://{there}"));
    assert!(here_requests.recv().await.unwrap().contains("authorization: bearer 1\r\n"));
    let request = there_requests.recv().await.unwrap();
    assert!(request.starts_with("get /new "), "{request}");
    assert!(!request.contains("authorization") && !request.contains("cookie"), "{request}");
}

#[tokio::test]
async fn a_body_is_posted() {
    let (address, mut requests) = raw(vec![format!("{OK}\r\ndata: a\n\n")]).await;
    let config = ClientConfig::get(format!("http://{address}/")).unwrap().method("POST").unwrap();
    let mut source = source(config.header("Content-Type", "application/json").unwrap().body("{\"Stream\":true}"));
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    let cause = Loss::End { in_mid_event: false };
    assert_eq!(source.next().await.unwrap().unwrap_err().reason, FailReason::NotResent { cause });
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("post / http/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/json\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"Stream\":true}"), "{request}");
}

#[tokio::test]
async fn a_response_of_reqwest_can_be_read_by_itself() {
    let (address, _) = raw(vec![format!("{OK}\r\nid: 1\ndata: a\n\ndata: cut")]).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.get(format!("http://{address}/")).send().await.unwrap();
    let mut events = StreamReader::new(response.bytes_stream());
    assert_eq!(events.next().await.unwrap().unwrap().data(), "a");
    assert!(events.next().await.is_none());
    assert_eq!(events.last_event_id(), Text::from("1").as_str());
    assert_eq!(events.end(), Some(sse_tokio::report::StreamEnd::InMidEvent));
}

#[tokio::test]
async fn a_response_with_a_length_ends_in_order() {
    let (address, _) = raw(vec![format!("{OK}Content-Length: 27\r\n\r\ndata: a\n\nevent: b\ndata: c\n\n")]).await;
    let body = reqwest::get(format!("http://{address}/")).await.unwrap().bytes_stream();
    let mut events = StreamReader::new(body);
    assert_eq!(events.next().await.unwrap().unwrap().data(), "a");
    assert_eq!(events.next().await.unwrap().unwrap().event_type(), "b");
    assert!(events.next().await.is_none());
}
