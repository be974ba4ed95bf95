//! What is asked for (R-010 to R-014).

use proptest::prelude::*;
use sse_proto::client::{ClientConfig, FailReason, Headers, NetworkError, ReadyState, RequestError, UrlFault};

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
    for (url, fault) in [
        ("http://user:secret@example.com/", UrlFault::Credentials),
        ("http://example.com/a b", UrlFault::Space { at: 20 }),
        ("http://example.com/\r\nX: 1", UrlFault::Space { at: 19 }),
        ("/events", UrlFault::NotAbsolute),
        ("http:///events", UrlFault::NotAbsolute),
        ("http://::1:80/", UrlFault::Authority),
        ("http://a:1:2/", UrlFault::Authority),
        ("http://a:65536/", UrlFault::Authority),
        ("http://[not-an-address]/", UrlFault::Authority),
        ("http://a/<>\"{}", UrlFault::Character { at: 9 }),
        ("http://a/\"{}?x=\"", UrlFault::Character { at: 15 }),
    ] {
        let error = ClientConfig::get(url).unwrap_err();
        assert!(matches!(error, RequestError::Url { fault: found, .. } if found == fault), "{error:?}");
    }
    let longest = format!("{URL}?").len();
    let longest = format!("{URL}?{}", "x".repeat(65_534 - longest));
    assert_eq!(ClientConfig::get(longest.as_str()).unwrap().url(), longest);
    let error = ClientConfig::get(longest + "x").unwrap_err();
    assert_eq!(error, RequestError::Url { url: "…".into(), fault: UrlFault::TooLong });
    assert!(!ClientConfig::get("http://user:secret@example.com/").unwrap_err().to_string().contains("secret"));
    let config = ClientConfig::get(URL).unwrap();
    assert!(matches!(config.clone().header("X", "1\r\nY: 2"), Err(RequestError::HeaderValue { at: 1, .. })));
    assert!(matches!(config.clone().header("content-length", "5"), Err(RequestError::HeaderReserved { .. })));
    let config = config.header("Authorization", "Bearer secret").unwrap().header("X-Api-Key", "secret").unwrap();
    let client = Client::with(config.clone());
    assert!(!format!("{config:?} {:?}", client.source).contains("secret"));
}

#[test]
fn a_part_of_a_url_cannot_become_another_part() {
    let fault = |scheme, host| match ClientConfig::from_parts(scheme, host, Some(443), "/events") {
        Err(RequestError::Url { fault, .. }) => Some(fault),
        Err(error) => panic!("{error}"),
        Ok(_) => None,
    };
    for host in [
        "",
        "127.0.0.1:1/?.service.example",
        "evil.example/.service.example",
        "evil.example?.service.example",
        "evil.example#.service.example",
        "evil.example\\.service.example",
        "user@evil.example",
        "user:secret@evil.example",
        "a:1",
        "a:",
        "[::1]:1",
        "fe80::1%]@evil.example",
        "a%2f",
        "[a]",
        "[::1",
        "::1]",
        "a b",
        "häuser.example",
    ] {
        assert_eq!(fault("https", host), Some(UrlFault::Host), "{host:?}");
    }
    for scheme in ["", "https://evil.example/?", "https:", "1", "ht tp", "/"] {
        assert_eq!(fault(scheme, "good.example"), Some(UrlFault::Scheme), "{scheme:?}");
    }
    for (host, url) in [
        ("example.com", "https://example.com:443/events"),
        ("127.0.0.1", "https://127.0.0.1:443/events"),
        ("::1", "https://[::1]:443/events"),
        ("[::1]", "https://[::1]:443/events"),
        ("fe80::1%eth0", "https://[fe80::1%eth0]:443/events"),
    ] {
        assert_eq!(ClientConfig::from_parts("https", host, Some(443), "/events").unwrap().url(), url);
    }
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
        assert_eq!(config().method(method).unwrap_err(), RequestError::Method { method: method.into() });
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
        assert_eq!(fault, RequestError::HeaderValue { name: name.into(), at: 3 });
    }
    let fault = config().accept("abc\nb").unwrap_err();
    assert_eq!(fault, RequestError::HeaderValue { name: "Accept".into(), at: 3 });
}

#[test]
fn a_parameter_is_encoded_as_in_a_form_and_keeps_the_rest_of_the_url() {
    for (url, expected) in [
        ("http://h/", "http://h/?a+b=%26%3D%23%C3%A4%2B*-._"),
        ("http://h", "http://h?a+b=%26%3D%23%C3%A4%2B*-._"),
        ("http://h/x?", "http://h/x?a+b=%26%3D%23%C3%A4%2B*-._"),
        ("http://h/x?c=%20", "http://h/x?c=%20&a+b=%26%3D%23%C3%A4%2B*-._"),
        ("http://h/x?c&#d?e", "http://h/x?c&a+b=%26%3D%23%C3%A4%2B*-._#d?e"),
        ("http://h/#d", "http://h/?a+b=%26%3D%23%C3%A4%2B*-._#d"),
    ] {
        let config = ClientConfig::get(url).unwrap().query("a b", "&=#ä+*-._");
        assert_eq!(config.url(), expected);
        assert!(ClientConfig::get(config.url()).is_ok(), "{expected}");
    }
    let config = config().query("a", "\r\n ").query("b", "");
    assert_eq!(Client::with(config).request().url, format!("{URL}?a=%0D%0A+&b="));
}

#[test]
fn a_token_takes_the_place_of_other_credentials_and_is_not_shown() {
    let config = config().header("authorization", "Basic secret").unwrap().bearer("secret").unwrap();
    assert!(!format!("{config:?}").contains("secret"));
    let request = Client::with(config.clone()).request();
    assert_eq!(request.headers.values("Authorization").collect::<Vec<_>>(), [b"Bearer secret"]);
    let error = config.bearer("secret\n").unwrap_err();
    assert_eq!(error, RequestError::HeaderValue { name: "Authorization".into(), at: 13 });
}

#[test]
fn another_url_keeps_all_other_settings() {
    let config = post().header("X-Own", "1").unwrap();
    let other = config.with_url("https://other.example/").unwrap();
    let (request, elsewhere) = (Client::with(config.clone()).request(), Client::with(other).request());
    assert_eq!((&*request.url, &*elsewhere.url), (URL, "https://other.example/"));
    assert_eq!((request.method, request.headers, request.body), (elsewhere.method, elsewhere.headers, elsewhere.body));
    assert!(matches!(config.with_url("/x"), Err(RequestError::Url { fault: UrlFault::NotAbsolute, .. })));
}

#[test]
fn a_header_can_be_set_and_removed() {
    let mut headers = Headers::new();
    headers.append("X-A", "1").unwrap();
    headers.append("x-a", "2").unwrap();
    headers.set("X-B", "3").unwrap();
    assert_eq!(headers.set("x-A", "4\n"), Err(RequestError::HeaderValue { name: "x-A".into(), at: 1 }));
    assert_eq!(headers.values("X-A").count(), 2, "an error leaves the fields unchanged");
    headers.set("X-A", "5").unwrap();
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("X-B", &b"3"[..]), ("X-A", b"5")]);
    headers.remove("x-b");
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("X-A", &b"5"[..])]);
    assert!(matches!(headers.set("X:", ""), Err(RequestError::HeaderName { name }) if name == "X"));
}

#[test]
fn a_request_that_cannot_be_built_fails_permanently() {
    let prepare = || -> Result<Headers, NetworkError> {
        let mut headers = Headers::new();
        headers.set("X", "\n")?;
        Ok(headers)
    };
    assert_eq!(prepare(), Err(NetworkError::Permanent));
}

#[cfg(feature = "json")]
#[test]
fn a_json_body_brings_its_type_unless_there_is_another_one() {
    let json = config().method("POST").unwrap().json(&[1, 2]).unwrap();
    let request = Client::with(json).request();
    assert_eq!((&*request.method, &*request.body), ("POST", &b"[1,2]"[..]));
    assert_eq!(request.headers.values("content-type").collect::<Vec<_>>(), [b"application/json"]);

    let own = config().header("content-type", "application/own+json").unwrap().json("x").unwrap();
    let request = Client::with(own).request();
    assert_eq!((&*request.method, &*request.body), ("GET", &b"\"x\""[..]));
    assert_eq!(request.headers.values("Content-Type").collect::<Vec<_>>(), [b"application/own+json"]);

    let keys_must_be_strings = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert!(matches!(config().json(&keys_must_be_strings), Err(RequestError::Json { .. })));
}

proptest! {
    /// Neither by the error for it, nor as the target of a redirect.
    #[test]
    fn no_part_of_a_password_is_shown(
        between in prop::collection::vec(prop_oneof!["[@/?#]", r#"[-@:/?#%&=.;"<>{}|\\^`ä \[\]]{1,3}"#], 1..5),
        end in prop_oneof![Just(""), Just("/"), Just("/events?room=7"), Just(":8080/@x")],
    ) {
        let password = between.iter().fold(String::from("s3cr3t"), |password, part| password + part + "s3cr3t");
        let url = format!("https://user:{password}@example.com{end}");
        let error = ClientConfig::get(url.as_str()).unwrap_err();
        let mut client = Client::new();
        client.request();
        client.redirect(302, &url);
        client.source.handle_end();
        let failure = client.failure();
        prop_assert!(matches!(failure, FailReason::Redirect { .. }), "{failure:?}");
        let shown = format!("{error} {error:?} {failure} {failure:?}");
        prop_assert!(!shown.contains("s3cr3t"), "{url}: {shown}");
    }
}
