//! What a request gets by its method.

use sse_conformance::runtimes::UnderTest;
use sse_driver::{EventLog, server::events};
use sse_proto::server::StartAt;

use crate::{client::Client, server::Engine};

on_every_runtime!(every_method_gets_what_is_right_for_it);

fn every_method_gets_what_is_right_for_it<R: UnderTest>() {
    for engine in Engine::BOTH {
        let log = EventLog::<R>::default();
        let opened = log.clone();
        let first = log.publish("first").expect("room").expect("an ID");
        log.publish("second").expect("room");
        let address = engine.start::<R, _, _>(events(move |request| {
            opened.session().start_at(StartAt::Oldest).after(request.last_event_id()).open().into_http_response()
        }));

        let mut client = Client::request(address, "GET", &format!("Last-Event-ID: {}\r\n", first.as_str()));
        let head = client.head();
        assert!(head.starts_with("http/1.1 200 ok\r\n"), "{engine:?}: {head}");
        let mut text = Vec::new();
        while !text.ends_with(b"\n\n") {
            text.extend(client.chunk().expect("the response goes on"));
        }
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("data: second\n") && !text.contains("first"), "{engine:?}: {text}");

        for (method, line, field) in [
            ("HEAD", "200 ok", "content-type: text/event-stream"),
            ("OPTIONS", "204 no content", "allow: get, head, options"),
            ("POST", "405 method not allowed", "allow: get, head, options"),
            ("DELETE", "405 method not allowed", "allow: get, head, options"),
            ("PURGE", "405 method not allowed", "allow: get, head, options"),
        ] {
            let head = Client::request(address, method, "").head();
            assert!(head.starts_with(&format!("http/1.1 {line}\r\n")), "{engine:?} {method}: {head}");
            assert!(head.contains(&format!("\r\n{field}\r\n")), "{engine:?} {method}: {head}");
            let has_length = head.contains("\r\ncontent-length:");
            assert_eq!(has_length, method != "HEAD" && method != "OPTIONS", "{engine:?} {method}: {head}");
            assert_eq!(head.contains("event-stream"), method == "HEAD", "{engine:?} {method}: {head}");
        }
        assert_eq!(log.sessions(), 1, "{engine:?}: only GET opens a session");
    }
}
