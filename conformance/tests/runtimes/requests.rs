// Included once for each runtime, behind common.rs: requests, and what becomes of them below HTTP.

#[test]
fn a_request_has_its_method_and_body_each_time_it_is_sent_and_a_refusal_says_why() {
    block_on(async {
        let (server, requests) = plain::serve(&[
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 7\ndata: 1\n\n",
            "HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"error\":\"model\"}",
        ]);
        let config = ClientConfig::get(format!("http://{server}/chat")).expect("a URL").reconnection_time(Duration::ZERO);
        let config = config.method("POST").expect("a method").body("{\"stream\":true}");
        let config = config.header("Content-Type", "application/json").expect("a field");
        let mut source = EventSource::open(config).expect("a URL");
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

#[test]
fn a_length_is_announced_only_where_a_body_could_be_expected() {
    block_on(async {
        let (server, requests) = plain::serve(&["HTTP/1.1 204 No Content\r\n\r\n"; 2]);
        for (method, lengths) in [("GET", 0), ("POST", 1)] {
            let config = ClientConfig::get(format!("http://{server}/")).expect("a URL").method(method).expect("a method");
            let failure =
                EventSource::open(config).expect("a URL").next().await.expect("a failure").expect_err("no event");
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
fn https(server: &Server, host: &str, protocols: Option<&[&str]>) -> EventSource {
    let dialler = protocols.map_or_else(Dialler::default, |protocols| Dialler::with_tls(server.trusted(protocols)));
    let config = ClientConfig::get(format!("https://{host}:{}/", server.address.port())).expect("a URL");
    EventSource::new(config.reconnection_time(Duration::ZERO), HttpConnector::new(dialler))
}

/// What a source says, in short.
async fn story(mut source: EventSource) -> Vec<String> {
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

#[test]
fn what_tls_refuses_is_refused_for_good_and_what_breaks_is_tried_again() {
    block_on(async {
        const ANSWERS: &[Answer] = &[
            Answer::Close,
            Answer::Text("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"),
            Answer::Text("HTTP/1.1 204 No Content\r\n\r\n"),
        ];
        let server = Server::new(&["http/1.1"], ANSWERS);
        let broken = format!("{:?}", Loss::Unreachable);
        let end = format!("{:?}", Loss::End { in_mid_event: false });
        let expected = [broken.as_str(), "1", end.as_str(), "Status(204)"];
        assert_eq!(story(https(&server, "localhost", Some(&["http/1.1"]))).await, expected);

        // Nobody has signed the certificate; it is for another name; there is no protocol in common.
        let server = || Server::new(&["http/1.1"], &[Answer::Text("")]);
        assert_eq!(story(https(&server(), "localhost", None)).await, ["Permanent"]);
        assert_eq!(story(https(&server(), "127.0.0.1", Some(&[]))).await, ["Permanent"]);
        assert_eq!(story(https(&server(), "localhost", Some(&["gopher"]))).await, ["Permanent"]);
    });
}

#[test]
fn a_proxy_goes_through_a_dialler_of_the_callers_own() {
    block_on(async {
        const ANSWERS: &[Answer] =
            &[Answer::Text("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")];
        let server = Server::new(&["http/1.1"], ANSWERS);
        let (proxy, asked) = plain::tunnel(server.address);
        let dialler = Dialler::with_tls(server.trusted(&["http/1.1"]));
        let through_proxy = move |target: Target| {
            let dialler = dialler.clone();
            async move {
                let mut tcp = TcpStream::connect(proxy).await?;
                let Target { host, port, .. } = &target;
                tcp.write_all(format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").as_bytes())
                    .await?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    tcp.read_exact(&mut byte).await?;
                    head.extend(byte);
                }
                if !head.starts_with(b"HTTP/1.1 200 ") {
                    return Err(io::Error::other("the proxy refuses"));
                }
                dialler.secure(tcp, &target).await
            }
        };
        let config = ClientConfig::get(format!("https://localhost:{}/", server.address.port())).expect("a URL");
        let mut source = EventSourceOver::new(config.max_reconnections(0), HttpConnector::new(through_proxy));
        assert_eq!(source.next().await.expect("an event").expect("no error").data(), "1");
        let asked = asked.recv().expect("a request");
        assert!(asked.starts_with(&format!("connect localhost:{} http/1.1", server.address.port())), "{asked}");
    });
}

#[test]
fn over_http2_a_reset_stream_and_a_server_that_goes_away_are_losses() {
    block_on(async {
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
        assert_eq!(story(https(&server, "localhost", Some(&["h2", "http/1.1"]))).await, expected);
    });
}
