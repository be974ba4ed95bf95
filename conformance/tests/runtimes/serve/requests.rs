//! What clients may ask.

use sse_conformance::runtimes::UnderTest;

use super::{Server, client::Client};

on_every_runtime!(
    a_session_is_sent_in_chunks_and_its_connection_ends_with_it,
    a_client_of_http_1_0_reads_until_the_connection_ends,
    head_has_the_head_alone_and_keeps_the_connection,
    options_of_an_application_that_looks_at_no_method_has_no_events,
    requests_before_a_session_are_answered_and_those_after_it_are_not,
    a_connection_that_should_be_closed_is_closed_after_the_session,
    a_body_that_is_expected_is_asked_for_only_if_it_is_read,
    a_body_that_nobody_reads_does_not_disturb_the_session,
    a_body_that_is_read_while_the_response_is_written_is_read_to_its_end,
);

fn a_session_is_sent_in_chunks_and_its_connection_ends_with_it<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "GET /events HTTP/1.1", "");
    let head = client.head();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    for field in ["content-type: text/event-stream", "transfer-encoding: chunked", "connection: close"] {
        assert!(head.contains(&format!("\r\n{field}\r\n")), "{head}");
    }
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    for number in 1..=3 {
        server.log.publish(format!("event {number}")).expect("room");
        client.event(&format!("event {number}"));
    }
    server.log.publish("x".repeat(100_000)).expect("room");
    client.event(&"x".repeat(100_000));
    server.log.close();
    assert_eq!(client.rest(), "0\r\n\r\n");
    assert_eq!(server.stop().cut, 0);
}

fn a_client_of_http_1_0_reads_until_the_connection_ends<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "GET /events HTTP/1.0", "Connection: keep-alive\r\n");
    let head = client.head();
    assert!(head.starts_with("http/1.0 200 ok\r\n") && head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert_eq!(client.exactly(2), ":\n");
    server.log.publish("a").expect("room");
    server.log.close();
    let rest = client.rest();
    assert!(rest.starts_with("data: a\nid: ") && rest.ends_with("\n\n"), "{rest:?}");
}

fn head_has_the_head_alone_and_keeps_the_connection<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "HEAD /events HTTP/1.1", "");
    let head = client.head();
    assert!(head.contains("\r\ncontent-type: text/event-stream\r\n"), "{head}");
    assert!(!head.contains("content-length") && !head.contains("connection: close"), "{head}");
    server.wait_for_sessions(0);
    client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(client.head().starts_with("http/1.1 200 ok\r\n"));
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    assert_eq!(server.log.sessions(), 1);
}

fn options_of_an_application_that_looks_at_no_method_has_no_events<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "OPTIONS /events HTTP/1.1", "");
    let head = client.head();
    assert!(head.starts_with("http/1.1 204 ") && head.contains("\r\nallow: get, head, options\r\n"), "{head}");
    server.wait_for_sessions(0);
    client.send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(client.head().contains("\r\ncontent-length: 5\r\n"));
}

fn requests_before_a_session_are_answered_and_those_after_it_are_not<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::connect(server.address);
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    client.send(&["/plain", "/plain", "/events", "/plain", "/events"].map(request).concat());
    for _ in 0..2 {
        let head = client.head();
        assert!(head.contains("\r\ncontent-length: 5\r\n") && !head.contains("connection:"), "{head}");
        assert_eq!(client.exactly(5), "plain");
    }
    assert!(client.head().contains("\r\nconnection: close\r\n"));
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    client.send(&request("/plain"));
    server.log.publish("a").expect("room");
    client.event("a");
    assert_eq!(server.log.sessions(), 1);
    server.log.close();
    assert_eq!(client.rest(), "0\r\n\r\n");
}

fn a_connection_that_should_be_closed_is_closed_after_the_session<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "GET /events HTTP/1.1", "Connection: close\r\n");
    let head = client.head();
    assert_eq!(head.matches("\r\nconnection: close\r\n").count(), 1, "{head}");
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    server.log.close();
    assert_eq!(client.rest(), "0\r\n\r\n");
}

fn a_body_that_is_expected_is_asked_for_only_if_it_is_read<R: UnderTest>() {
    let server = Server::<R>::start();
    let fields = "Expect: 100-continue\r\nContent-Length: 4\r\n";
    let mut client = Client::request(server.address, "POST /read HTTP/1.1", fields);
    assert_eq!(client.head(), "http/1.1 100 continue\r\n\r\n");
    client.send("body");
    let head = client.head();
    assert!(head.starts_with("http/1.1 200 ok\r\n") && head.contains("\r\nconnection: close\r\n"), "{head}");
    assert_eq!(client.chunk().as_deref(), Some(":\n"));

    let mut client = Client::request(server.address, "POST /events HTTP/1.1", fields);
    assert!(client.head().starts_with("http/1.1 200 ok\r\n"));
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    // Sent nevertheless.
    client.send("body");
    server.log.publish("a").expect("room");
    client.event("a");
}

fn a_body_that_nobody_reads_does_not_disturb_the_session<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "POST /events HTTP/1.1", "Content-Length: 3000000\r\n");
    client.send(&"x".repeat(1_500_000));
    assert!(client.head().contains("\r\nconnection: close\r\n"));
    assert_eq!(client.chunk().as_deref(), Some(":\n"));
    client.send(&"x".repeat(1_500_000));
    server.log.publish("a").expect("room");
    client.event("a");
    server.log.close();
    assert_eq!(client.rest(), "0\r\n\r\n");
}

fn a_body_that_is_read_while_the_response_is_written_is_read_to_its_end<R: UnderTest>() {
    let server = Server::<R>::start();
    let mut client = Client::request(server.address, "POST /echo HTTP/1.1", "Content-Length: 6\r\n");
    let head = client.head();
    assert!(head.starts_with("http/1.1 200 ok\r\n") && !head.contains("connection:"), "{head}");
    for part in ["one", "two"] {
        client.send(part);
        client.event(part);
    }
    assert_eq!(client.chunk(), None);
    client.send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(client.head().contains("\r\ncontent-length: 5\r\n"));
}
