//! Requests, and what becomes of them below HTTP.

use core::{future::poll_fn, pin::Pin, time::Duration};
use std::io;

use hyper::rt;
use sse_conformance::runtimes::{EventSource, Memory, Stream, UnderTest};
use sse_driver::{
    self, Change,
    transport::{Connect, HttpConnector, Target, Timer},
};
use sse_proto::client::{ClientConfig, FailReason, Loss};

use crate::{
    held::Held,
    https::{Answer, Frame, Server, Status},
    plain,
};

on_every_runtime!(
    a_request_has_its_method_and_body_each_time_it_is_sent_and_a_refusal_says_why,
    a_length_is_announced_only_where_a_body_could_be_expected,
    what_tls_refuses_is_refused_for_good_and_what_breaks_is_tried_again,
    a_proxy_goes_through_a_dialler_of_the_callers_own,
    over_http2_a_reset_stream_and_a_server_that_goes_away_are_losses,
);

fn a_request_has_its_method_and_body_each_time_it_is_sent_and_a_refusal_says_why<R: UnderTest>() {
    R::block_on(async {
        let (server, requests) = plain::serve(&[
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 7\ndata: 1\n\n",
            "HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"error\":\"model\"}",
        ]);
        let config =
            ClientConfig::get(format!("http://{server}/chat")).expect("a URL").reconnection_time(Duration::ZERO);
        let config = config.method("POST").expect("a method").body("{\"stream\":true}");
        let config = config.header("Content-Type", "application/json").expect("a field");
        let mut source = EventSource::<R>::open(config).expect("a URL");
        assert_eq!(source.next().await.expect("an event").expect("no error").data(), "1");
        let failure = source.next().await.expect("a failure").expect_err("no event");
        let refusal = failure.refusal.expect("what the server said");
        assert_eq!((refusal.head.status, &*refusal.body), (422, &b"{\"error\":\"model\"}"[..]));

        let [first, second] = [(); 2].map(|()| requests.recv().expect("a request"));
        for request in [&first, &second] {
            assert!(request.starts_with("post /chat http/1.1\r\n"), "{request}");
            assert!(request.contains("\r\ncontent-type: application/json\r\n"), "{request}");
            assert_eq!(request.matches("content-length: 15\r\n").count(), 1, "{request}");
            assert!(!request.contains("transfer-encoding"), "{request}");
            assert!(request.ends_with("\r\n\r\n{\"stream\":true}"), "{request}");
        }
        assert!(second.contains("\r\nlast-event-id: 7\r\n"), "{second}");
    });
}

fn a_length_is_announced_only_where_a_body_could_be_expected<R: UnderTest>() {
    R::block_on(async {
        let (server, requests) = plain::serve(&["HTTP/1.1 204 No Content\r\n\r\n"; 2]);
        for (method, lengths) in [("GET", 0), ("POST", 1)] {
            let config =
                ClientConfig::get(format!("http://{server}/")).expect("a URL").method(method).expect("a method");
            let failure =
                EventSource::<R>::open(config).expect("a URL").next().await.expect("a failure").expect_err("no event");
            assert_eq!(failure.reason, FailReason::Status(204));
            let request = requests.recv().expect("a request");
            assert!(request.starts_with(&method.to_ascii_lowercase()), "{request}");
            assert_eq!(request.matches("content-length: 0\r\n").count(), lengths, "{request}");
            assert_eq!(request.matches("content-length").count(), lengths, "{request}");
            assert!(!request.contains("transfer-encoding"), "{request}");
        }
    });
}

/// A client of this server that trusts it, if it is to.
fn https<R: UnderTest>(server: &Server, host: &str, protocols: Option<&[&str]>) -> EventSource<R> {
    let dialler = protocols.map_or_else(R::Dialler::default, |protocols| R::dialler(server.trusted(protocols)));
    let config = ClientConfig::get(format!("https://{host}:{}/", server.address.port())).expect("a URL");
    EventSource::<R>::new(config.reconnection_time(Duration::ZERO), HttpConnector::new(dialler))
}

/// What a source says, in short.
async fn story<C: Connect, T: Timer>(mut source: sse_driver::EventSource<C, T>) -> Vec<String> {
    let mut story = Vec::new();
    while let Some(change) = source.next_change().await {
        story.push(match change {
            Change::Event(event) => String::from(event.data()),
            Change::Reestablishing { cause, .. } => format!("{cause:?}"),
            Change::Failed(failure) => format!("{:?}", failure.reason),
            _ => continue,
        });
    }
    story
}

fn what_tls_refuses_is_refused_for_good_and_what_breaks_is_tried_again<R: UnderTest>() {
    R::block_on(async {
        const ANSWERS: &[Answer] = &[
            Answer::Close,
            Answer::Text("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"),
            Answer::Text("HTTP/1.1 204 No Content\r\n\r\n"),
        ];
        let server = Server::new(&["http/1.1"], ANSWERS);
        let broken = format!("{:?}", Loss::Unreachable);
        let end = format!("{:?}", Loss::End { in_mid_event: false });
        let expected = [broken.as_str(), "1", end.as_str(), "Status(204)"];
        assert_eq!(story(https::<R>(&server, "localhost", Some(&["http/1.1"]))).await, expected);

        // Nobody has signed the certificate; it is for another name; there is no protocol in common.
        let server = || Server::new(&["http/1.1"], &[Answer::Text("")]);
        assert_eq!(story(https::<R>(&server(), "localhost", None)).await, ["Permanent"]);
        assert_eq!(story(https::<R>(&server(), "127.0.0.1", Some(&[]))).await, ["Permanent"]);
        assert_eq!(story(https::<R>(&server(), "localhost", Some(&["gopher"]))).await, ["Permanent"]);
    });
}

fn a_proxy_goes_through_a_dialler_of_the_callers_own<R: UnderTest>() {
    R::block_on(async {
        const ANSWERS: &[Answer] =
            &[Answer::Text("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")];
        let server = Server::new(&["http/1.1"], ANSWERS);
        let (proxy, asked) = plain::tunnel(server.address);
        let dialler = R::dialler(server.trusted(&["http/1.1"]));
        let through_proxy = move |target: Target| {
            let dialler = dialler.clone();
            async move {
                let mut tunnel = R::io(R::connect(proxy).await?);
                ask_proxy(&mut tunnel, &target).await?;
                R::secure(&dialler, Memory::new(Held::new(tunnel)), &target).await
            }
        };
        let config = ClientConfig::get(format!("https://localhost:{}/", server.address.port())).expect("a URL");
        let mut source =
            sse_driver::EventSource::<_, R::Timer>::new(config.max_reconnections(0), HttpConnector::new(through_proxy));
        assert_eq!(source.next().await.expect("an event").expect("no error").data(), "1");
        let asked = asked.recv().expect("a request");
        assert!(asked.starts_with(&format!("connect localhost:{} http/1.1", server.address.port())), "{asked}");
    });
}

/// Has a proxy connect to the target.
async fn ask_proxy(tunnel: &mut impl Stream, Target { host, port, .. }: &Target) -> io::Result<()> {
    let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").into_bytes();
    let mut left = &request[..];
    while !left.is_empty() {
        let written = poll_fn(|cx| rt::Write::poll_write(Pin::new(&mut *tunnel), cx, left)).await?;
        left = &left[written..];
    }
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        let mut buffer = rt::ReadBuf::new(&mut byte);
        poll_fn(|cx| rt::Read::poll_read(Pin::new(&mut *tunnel), cx, buffer.unfilled())).await?;
        head.extend_from_slice(buffer.filled());
    }
    if head.starts_with(b"HTTP/1.1 200 ") { Ok(()) } else { Err(io::Error::other("the proxy refuses")) }
}

fn over_http2_a_reset_stream_and_a_server_that_goes_away_are_losses<R: UnderTest>() {
    R::block_on(async {
        const OK: Frame = Frame::Head(Status::Ok);
        const ANSWERS: &[Answer] = &[
            Answer::Frames(&[OK, Frame::Data("data: 1\n\n"), Frame::Reset]),
            Answer::Frames(&[OK, Frame::Data("data: 2\n\ndata: lost"), Frame::GoAway(0)]),
            // A stream that the server has begun to answer goes on to its end.
            Answer::Frames(&[OK, Frame::Data("data: 3\n\n"), Frame::GoAway(1), Frame::End("data: 4\n\n")]),
            Answer::Frames(&[Frame::GoAway(0)]),
            Answer::Frames(&[Frame::Head(Status::NoContent)]),
        ];
        let server = Server::new(&["h2", "http/1.1"], ANSWERS);
        let expected = [
            "1",
            "Broken { in_mid_event: false }",
            "2",
            "Broken { in_mid_event: true }",
            "3",
            "4",
            "End { in_mid_event: false }",
            "Unreachable",
            "Status(204)",
        ];
        assert_eq!(story(https::<R>(&server, "localhost", Some(&["h2", "http/1.1"]))).await, expected);
    });
}
