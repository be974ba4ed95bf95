//! Compressed responses, read event by event.

use core::time::Duration;
use std::io;

use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{
    EventLog, Session,
    server::{CODINGS, Request, events},
};
use sse_proto::{
    client::{ClientConfig, FailReason},
    server::{ContentCoding, Heartbeat, SessionConfig},
};

use crate::{client::Client, decoder::Decoder, server::Engine};

on_every_runtime!(
    each_event_can_be_read_at_once_and_the_end_is_an_end,
    heartbeats_are_flushed,
    a_response_that_breaks_off_has_no_end,
    a_client_gets_only_what_it_accepts,
    a_client_that_did_not_ask_for_compression_fails_and_reads_no_garbage,
);

const BOTH: [ContentCoding; 2] = [ContentCoding::Gzip, ContentCoding::Zstd];

/// Asks for a compressed response, and checks the head.
fn request(address: core::net::SocketAddr, coding: ContentCoding) -> (Client, Decoder) {
    let mut client = Client::request(address, "GET", &format!("Accept-Encoding: deflate, {}\r\n", coding.name()));
    let head = client.head();
    for field in [&format!("content-encoding: {}", coding.name()), "vary: accept-encoding"] {
        assert_eq!(head.matches(&format!("\r\n{field}\r\n")).count(), 1, "{head}");
    }
    assert!(head.contains("\r\ncontent-type: text/event-stream\r\n") && !head.contains("content-length"), "{head}");
    (client, Decoder::new(coding))
}

/// Reads chunks until the text ends with this.
fn read_to(client: &mut Client, decoder: &mut Decoder, end: &str) {
    while !decoder.ends_with(end) {
        let chunk = client.chunk().filter(|chunk| !chunk.is_empty());
        decoder.read(&chunk.unwrap_or_else(|| panic!("the response ends before {end:?}")));
    }
}

fn each_event_can_be_read_at_once_and_the_end_is_an_end<R: UnderTest>() {
    for engine in Engine::BOTH {
        let log = EventLog::<R>::default();
        let opened = log.clone();
        let address = engine.start::<R, _, _>(events(move |request: Request| {
            Session::resume(&opened, request.last_event_id()).compress(request.coding(CODINGS)).into_http_response()
        }));
        let mut clients = BOTH.map(|coding| request(address, coding));
        for (client, decoder) in &mut clients {
            read_to(client, decoder, ":\n");
        }
        // Small and large, more than any window, and what cannot be compressed.
        let noise: String =
            (0..70_000_u32).map(|n| char::from(b'!' + (n.wrapping_mul(2_654_435_769) >> 24) as u8 % 90)).collect();
        for data in ["a", &"b".repeat(100_000), &noise, "c"] {
            let id = log.publish(data).expect("room").expect("an ID");
            for (client, decoder) in &mut clients {
                read_to(client, decoder, &format!("data: {data}\nid: {}\n\n", id.as_str()));
                assert!(!decoder.has_ended);
            }
        }
        log.close();
        for (client, decoder) in &mut clients {
            let length = decoder.text.len();
            loop {
                let chunk = client.chunk().expect("the response ends as it should");
                decoder.read(&chunk);
                if chunk.is_empty() {
                    break;
                }
            }
            assert!(decoder.has_ended, "{engine:?}");
            assert_eq!(decoder.text.len(), length, "{engine:?}");
        }
    }
}

fn heartbeats_are_flushed<R: UnderTest>() {
    let log = EventLog::<R>::default();
    let address = Engine::Serve.start::<R, _, _>(events(move |request: Request| {
        let config = SessionConfig::new().heartbeat(Heartbeat::quiet(Duration::from_millis(20)));
        log.session().config(config).open().compress(request.coding(CODINGS)).into_http_response()
    }));
    for coding in BOTH {
        let (mut client, mut decoder) = request(address, coding);
        read_to(&mut client, &mut decoder, ":\n");
        read_to(&mut client, &mut decoder, ":\n:\n:\n");
    }
}

fn a_response_that_breaks_off_has_no_end<R: UnderTest>() {
    for engine in Engine::BOTH {
        let address = engine.start::<R, _, _>(events(move |request: Request| {
            let session = Session::<R>::try_run(SessionConfig::new(), async |sender| {
                sender.send("a").await.expect("the client is there");
                Err::<(), _>(io::Error::other("the upstream broke"))
            });
            session.compress(request.coding(CODINGS)).into_http_response()
        }));
        for coding in BOTH {
            let (mut client, mut decoder) = request(address, coding);
            while let Some(chunk) = client.chunk() {
                assert!(!chunk.is_empty(), "{engine:?}: the last chunk of a response that broke off");
                decoder.read(&chunk);
            }
            assert!(decoder.ends_with("data: a\n\n"), "{engine:?}");
            assert!(!decoder.has_ended, "{engine:?}");
        }
    }
}

fn a_client_gets_only_what_it_accepts<R: UnderTest>() {
    let log = EventLog::<R>::default();
    let address = Engine::Serve.start::<R, _, _>(events(move |request: Request| {
        Session::resume(&log, request.last_event_id()).compress(request.coding(CODINGS)).into_http_response()
    }));
    for (fields, expected) in [
        ("", None),
        ("Accept-Encoding: \r\n", None),
        ("Accept-Encoding: identity\r\n", None),
        ("Accept-Encoding: br, deflate\r\n", None),
        ("Accept-Encoding: *;q=0\r\n", None),
        ("Accept-Encoding: gzip;q=0.5\r\nAccept-Encoding: zstd;q=0.4\r\n", Some("gzip")),
        ("Accept-Encoding: gzip, deflate, br, zstd\r\n", Some("zstd")),
    ] {
        let mut client = Client::request(address, "GET", fields);
        let head = client.head();
        let found = head.split("\r\ncontent-encoding: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        assert_eq!(found, expected, "{fields}");
        assert!(head.contains("\r\nvary: accept-encoding\r\n"), "{fields}");
        if expected.is_none() {
            assert_eq!(client.chunk().as_deref(), Some(&b":\n"[..]), "{fields}");
        }
    }
}

fn a_client_that_did_not_ask_for_compression_fails_and_reads_no_garbage<R: UnderTest>() {
    let log = EventLog::<R>::default();
    let address = Engine::Serve.start::<R, _, _>(events(move |request: Request| {
        Session::resume(&log, request.last_event_id()).compress(ContentCoding::Gzip).into_http_response()
    }));
    R::block_on(async {
        let config = ClientConfig::get(format!("http://{address}/events")).expect("a URL");
        let mut source = EventSource::<R>::open(config).expect("a URL");
        let failure = source.next().await.expect("an item").expect_err("nothing can be read");
        assert_eq!(failure.reason, FailReason::ContentEncoding { found: "gzip".into() });
    });
}
