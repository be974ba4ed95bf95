//! What is asked for (R-010 to R-014).

use sse_proto::client::{ClientConfig, HeaderError, Headers, InvalidMethod, ReadyState, UrlFault};

use crate::{Client, URL, config, idle, last_event_id, post};

/// R-003, R-010 to R-014.
#[test]
fn the_first_request_asks_for_events_and_has_no_last_event_id() {
    let mut client = Client::new();
    assert_eq!(client.source.ready_state(), ReadyState::Connecting);
    let request = client.request();
    assert_eq!(request.url, URL);
    assert_eq!(request.headers.value("Accept"), Some(&b"text/event-stream"[..]));
    assert_eq!(request.headers.value("Cache-Control"), Some(&b"no-cache"[..]));
    assert_eq!(last_event_id(&request), None);
    assert_eq!(client.poll(), idle());
}

#[test]
fn what_must_not_be_sent_is_refused_when_it_is_given() {
    for (url, reason) in [
        ("http://user:secret@example.com/", UrlFault::Credentials),
        ("http://example.com/a b", UrlFault::Space),
        ("http://example.com/\r\nX: 1", UrlFault::Space),
        ("/events", UrlFault::NotAbsolute),
    ] {
        assert_eq!(ClientConfig::new(url).unwrap_err().reason, reason);
    }
    assert!(!ClientConfig::new("http://user:secret@example.com/").unwrap_err().to_string().contains("secret"));
    let config = ClientConfig::new(URL).unwrap();
    assert!(matches!(config.clone().header("X", "1\r\nY: 2"), Err(HeaderError::Value { at: 1, .. })));
    assert!(matches!(config.clone().header("content-length", "5"), Err(HeaderError::Reserved { .. })));
    let config = config.header("Authorization", "Bearer secret").unwrap().header("X-Api-Key", "secret").unwrap();
    let client = Client::with(config.clone());
    assert!(!format!("{config:?} {:?}", client.source).contains("secret"));
}

#[test]
fn only_header_fields_that_are_known_to_be_harmless_show_their_values() {
    let mut headers = Headers::new();
    for name in ["Authorization", "Location", "Set-Cookie", "X-Api-Key", "api-key"] {
        headers.append(name, "secret").unwrap();
    }
    headers.append("content-type", "text/event-stream").unwrap();
    let shown = format!("{headers:?}");
    assert!(!shown.contains("secret") && shown.contains("X-Api-Key"), "{shown}");
    assert!(shown.contains(r#""content-type": "text/event-stream""#), "{shown}");
}

/// R-010 is the default.
#[test]
fn any_method_and_body_can_be_sent() {
    let request = Client::with(post()).request();
    assert_eq!((&*request.method, &*request.url, &*request.body), ("POST", URL, &b"{}"[..]));
    assert_eq!(request.headers.value("Content-Type"), Some(&b"application/json"[..]));
    assert_eq!(request.headers.value("Accept"), Some(&b"text/event-stream"[..]));
    let plain = Client::new().request();
    assert_eq!((&*plain.method, &*plain.body), ("GET", &b""[..]));
    for (given, sent) in [("post", "POST"), ("Put", "PUT"), ("patch", "patch"), ("QUERY", "QUERY")] {
        assert_eq!(Client::with(config().method(given).unwrap()).request().method, sent);
    }
    for method in ["", "GET /", "CONNECT", "trace", "a\n"] {
        assert_eq!(config().method(method).unwrap_err(), InvalidMethod { method: method.into() });
    }
}

#[test]
fn own_headers_stand_in_place_of_ours_and_none_is_sent_twice() {
    let config = config().header("cache-control", "max-age=0").unwrap();
    let config = config.header("X-A", "1").unwrap().header("X-A", "2").unwrap().header("last-event-id", "1").unwrap();
    let mut client = Client::open_with(config);
    client.data("id: 2\ndata: a\n\n");
    client.event();
    client.lose();
    let request = client.reconnect();
    let values = |name| request.headers.values(name).map(<[u8]>::to_vec).collect::<Vec<_>>();
    assert_eq!(values("Cache-Control"), [b"max-age=0"]);
    assert_eq!(values("X-A"), [b"1", b"2"]);
    assert_eq!(values("Last-Event-ID"), [b"2"]);
}

#[test]
fn own_types_are_asked_for_beside_ours() {
    let accepted = |types: &[&'static str]| {
        let config = types.iter().fold(config(), |config, types| config.header("accept", *types).unwrap());
        let request = Client::with(config).request();
        let values: Vec<_> = request.headers.values("Accept").map(<[u8]>::to_vec).collect();
        let [value] = &values[..] else { panic!("{values:?}") };
        String::from_utf8_lossy(value).into_owned()
    };
    assert_eq!(accepted(&[]), "text/event-stream");
    assert_eq!(accepted(&["application/json"]), "text/event-stream, application/json");
    assert_eq!(accepted(&["application/json", "text/plain"]), "text/event-stream, application/json, text/plain");
    for whole in ["application/json, text/event-stream", "Text/Event-Stream ;q=0.5,*/*;q=0.1"] {
        assert_eq!(accepted(&[whole]), whole);
    }
    assert_eq!(accepted(&["a/b;c=\"d,e\"", "text/event-stream"]), "a/b;c=\"d,e\", text/event-stream");
    assert_eq!(accepted(&["a/b;c=\"d, text/event-stream\""]), "text/event-stream, a/b;c=\"d, text/event-stream\"");
    assert_eq!(accepted(&["text/event-streams"]), "text/event-stream, text/event-streams");
}

#[test]
fn the_types_that_are_asked_for_can_be_replaced() {
    let config = config().accept("application/x-ndjson").unwrap();
    let accept = |config| Client::with(config).request().headers.value("Accept").unwrap().to_vec();
    assert_eq!(accept(config.clone()), b"application/x-ndjson");
    assert_eq!(accept(config.header("Accept", "a/b").unwrap()), b"application/x-ndjson, a/b");
}

/// A bracketed IPv6 host, a port and a query are kept.
#[test]
fn a_url_can_be_made_of_parts() {
    for (scheme, host, port, path, url) in [
        ("https", "example.com", None, "", "https://example.com"),
        ("http", "example.com", Some(8080), "/a?b=c", "http://example.com:8080/a?b=c"),
        ("http", "[::1]", Some(80), "a", "http://[::1]:80/a"),
        ("http", "h", None, "?q", "http://h?q"),
    ] {
        assert_eq!(ClientConfig::from_parts(scheme, host, port, path).unwrap().url(), url);
    }
    assert!(ClientConfig::from_parts("http", "", None, "/").is_err());
    assert!(ClientConfig::from_parts("http", "user:pw@host", None, "/").is_err());
    assert!(ClientConfig::from_parts("http", "host", None, "/a b").is_err());
}

/// What the caller changes in a request is sent with that attempt only.
#[test]
fn a_request_is_asked_for_with_every_attempt() {
    let mut client = Client::new();
    for attempt in 0..3 {
        let mut request = if attempt == 0 { client.request() } else { client.reconnect() };
        assert_eq!(request.attempt, attempt);
        // What was put in for the last attempt is gone.
        assert_eq!(request.headers.value("authorization"), None);
        request.headers.append("Authorization", format!("Bearer {attempt}")).unwrap();
        let sent = client.source.handle_request(request.clone());
        assert_eq!(sent, request);
        client.break_off();
    }
}

#[test]
fn no_secret_is_shown() {
    let config = config().body("secret").header("Authorization", "Bearer secret").unwrap();
    let mut client = Client::with(config.clone());
    let output = format!("{config:?} {:?} {:?}", client.poll(), client.source);
    assert!(!output.contains("secret"), "{output}");
    assert!(output.contains("6 bytes"), "{output}");
}

#[test]
fn a_control_character_in_a_header_is_told_by_its_place() {
    for name in ["Accept", "Last-Event-ID", "X-Own"] {
        let fault = config().header(name, "abc\nb").unwrap_err();
        assert_eq!(fault, HeaderError::Value { name: name.into(), at: 3 });
    }
    let fault = config().accept("abc\nb").unwrap_err();
    assert_eq!(fault, HeaderError::Value { name: "Accept".into(), at: 3 });
}
