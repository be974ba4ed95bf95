//! Redirects (R-025, R-095, D-05, D-10).

use sse_proto::client::{Change, ClientConfig, FailReason, Headers, Output, RememberRedirects, ResponseHead};

use crate::{Client, URL, config, last_event_id, post};

/// R-025, D-05, D-10.
#[test]
fn redirects_are_followed_and_only_permanent_ones_remembered() {
    for (status, remembered) in [(301, true), (302, false), (303, false), (307, false), (308, true)] {
        let mut client = Client::new();
        client.request();
        client.redirect(status, "../next?x=1");
        assert_eq!(client.request().url, "http://example.com/next?x=1");
        client.accept();
        assert_eq!(client.source.url(), URL);
        client.lose();
        let expected = if remembered { "http://example.com/next?x=1" } else { URL };
        assert_eq!(client.reconnect().url, expected, "{status}");
    }
}

/// D-10.
#[test]
fn credentials_stay_with_their_origin() {
    let config = ClientConfig::get("https://example.com/").unwrap();
    let config = config.header("Authorization", "Bearer 1").unwrap().header("Cookie", "a=b").unwrap();
    let config = config.header("Host", "virtual.example.com").unwrap();
    let mut client = Client::with(config.header("X-Other", "1").unwrap());
    assert!(client.request().headers.value("authorization").is_some());
    client.redirect(302, "https://EXAMPLE.com:443/same");
    assert!(client.request().headers.value("authorization").is_some());
    client.redirect(301, "https://other.example/");
    let request = client.request();
    assert_eq!(request.headers.value("Authorization"), None);
    assert_eq!(request.headers.value("Host"), None);
    assert_eq!(request.headers.value("Cookie"), None);
    assert_eq!(request.headers.value("X-Other"), Some(&b"1"[..]));
    client.accept();
    assert_eq!(client.source.origin(), "https://other.example");
}

#[test]
fn a_remembered_redirect_to_another_origin_gets_no_credentials_on_reconnection() {
    let config = ClientConfig::get("https://example.com/").unwrap().header("Authorization", "Bearer 1").unwrap();
    let mut client = Client::with(config);
    client.request();
    client.redirect(301, "https://other.example/");
    client.request();
    client.accept();
    client.lose();
    let request = client.reconnect();
    assert_eq!(request.url, "https://other.example/");
    assert_eq!(request.headers.value("Authorization"), None);
}

/// D-10: no way down from https, no other scheme, no loop, nothing without a location.
#[test]
fn redirects_that_cannot_be_followed_fail() {
    for location in [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "mailto:a",
        // Two readers may see two hosts in these.
        "https://evil.example\\@example.com/",
        "https://example.com@evil.example/",
        "\\\\evil.example/",
        "/\\evil.example/",
        "https:\\\\evil.example/",
        "http:/x",
    ] {
        let mut client = Client::with(ClientConfig::get("https://example.com/").unwrap());
        client.request();
        client.redirect(301, location);
        client.source.handle_end();
        let shown = match location.rsplit_once('@') {
            Some((_, shown)) => format!("https://{shown}"),
            None => location.into(),
        };
        assert_eq!(client.failure(), FailReason::Redirect { location: shown.into() });
    }
    let mut client = Client::new();
    client.request();
    client.source.handle_response(&ResponseHead { status: 301, headers: Headers::new() });
    client.source.handle_end();
    assert_eq!(client.failure(), FailReason::Status(301));

    let mut client = Client::new();
    let mut requests = 0;
    loop {
        match client.poll() {
            Output::Connect(_) => requests += 1,
            Output::Change(Change::Failed(failure)) => {
                assert_eq!(failure.reason, FailReason::TooManyRedirects { limit: 20 });
                break;
            }
            Output::Wait { .. } => client.source.handle_end(),
            output => panic!("{output:?}"),
        }
        client.redirect(302, "");
    }
    assert_eq!(requests, 21);
}

/// D-10, as Fetch has it.
#[test]
fn a_redirect_turns_some_requests_into_get() {
    for (method, status, expected) in [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("GET", 303, "GET"),
        ("HEAD", 303, "HEAD"),
        ("HEAD", 302, "HEAD"),
    ] {
        let mut client = Client::with(post().method(method).unwrap().header("X-Other", "1").unwrap());
        client.request();
        client.redirect(status, "/other");
        let request = client.request();
        let turned = method != expected;
        assert_eq!(request.method, expected, "{method} {status}");
        assert_eq!(request.body.is_empty(), turned, "{method} {status}");
        assert_eq!(request.headers.value("content-type").is_none(), turned, "{method} {status}");
        assert!(request.headers.value("x-other").is_some() && request.headers.value("accept").is_some());
    }
}

#[test]
fn a_remembered_redirect_remembers_what_became_of_the_method() {
    let mut client = Client::with(post());
    client.request();
    client.redirect(301, "/moved");
    client.request();
    client.accept();
    client.lose();
    let request = client.reconnect();
    assert_eq!((&*request.method, &*request.url), ("GET", "http://example.com/moved"));
    assert!(request.body.is_empty());
    client.redirect(308, "/again");
    client.request();
    client.accept();
    client.lose();
    let request = client.reconnect();
    assert_eq!((&*request.method, &*request.url), ("GET", "http://example.com/again"));
}

#[test]
fn only_the_permanent_beginning_of_a_chain_is_remembered() {
    for (chain, expected) in [
        (&[301, 308, 302, 301][..], "http://example.com/2"),
        (&[302, 301], URL),
        (&[301, 301, 301], "http://example.com/3"),
    ] {
        let mut client = Client::new();
        client.request();
        for (hop, status) in (1..).zip(chain) {
            client.redirect(*status, &format!("/{hop}"));
            assert_eq!(client.request().redirects, hop);
        }
        client.accept();
        client.lose();
        assert_eq!(client.reconnect().url, expected, "{chain:?}");
    }
}

#[test]
fn the_caller_chooses_what_is_remembered() {
    for (which, status, remembered) in [
        (RememberRedirects::All, 302, true),
        (RememberRedirects::All, 301, true),
        (RememberRedirects::Never, 301, false),
        (RememberRedirects::Never, 308, false),
        (RememberRedirects::Permanent, 307, false),
    ] {
        let mut client = Client::with(config().remember_redirects(which));
        client.request();
        client.redirect(status, "/other");
        client.request();
        client.accept();
        client.lose();
        let expected = if remembered { "http://example.com/other" } else { URL };
        assert_eq!(client.reconnect().url, expected, "{which:?} {status}");
    }
}

#[test]
fn the_last_event_id_goes_along() {
    let mut client = Client::with(config().header("Last-Event-ID", "7").unwrap());
    client.request();
    client.redirect(307, "/other");
    assert_eq!(last_event_id(&client.request()), Some(&b"7"[..]));
}

#[test]
fn a_redirect_that_is_not_followed_is_shown() {
    let mut client = Client::with(config().redirects(0));
    client.request();
    client.redirect(302, "/other");
    client.data("moved");
    client.source.handle_end();
    assert_eq!(client.failure(), FailReason::TooManyRedirects { limit: 0 });
    let refusal = client.source.refusal().unwrap();
    assert_eq!((refusal.head.status, &*refusal.body), (302, &b"moved"[..]));
    assert_eq!(refusal.head.headers.value("location"), Some(&b"/other"[..]));
}

/// Credentials that are put in for each attempt are no different from configured ones.
#[test]
fn fresh_credentials_stay_with_their_origin_as_well() {
    let mut client = Client::with(ClientConfig::get("https://example.com/").unwrap());
    let mut request = client.request();
    request.headers.append("Authorization", "Bearer 1").unwrap();
    client.source.handle_request(request);
    client.redirect(301, "/same");
    assert_eq!(client.request().headers.value("authorization"), Some(&b"Bearer 1"[..]));
    client.redirect(301, "https://other.example/");
    assert_eq!(client.request().headers.value("authorization"), None);
    client.accept();
    client.lose();

    // The redirect is remembered, and whoever puts in the token need not look where the request goes.
    let mut request = client.reconnect();
    assert_eq!(request.url, "https://other.example/");
    request.headers.append("Authorization", "Bearer 2").unwrap();
    request.headers.append("Cookie", "a=b").unwrap();
    let request = client.source.handle_request(request);
    assert_eq!(request.headers.value("authorization"), None);
    assert_eq!(request.headers.value("cookie"), None);
}

/// The caller may send a request elsewhere, and knows what it gives away there.
#[test]
fn a_url_that_the_caller_put_in_is_the_callers() {
    let mut client = Client::with(ClientConfig::get("https://example.com/").unwrap());
    let mut request = client.request();
    request.url = "https://eu.example.com/".into();
    request.headers.append("Authorization", "Bearer 1").unwrap();
    let request = client.source.handle_request(request);
    assert!(request.headers.value("authorization").is_some());
    client.redirect(302, "./x");
    let request = client.request();
    assert_eq!(request.url, "https://eu.example.com/x");
    assert!(request.headers.value("authorization").is_some());
    assert_eq!(client.source.origin(), "https://eu.example.com");
}

/// Whoever puts in credentials may change the rest of the URL as well.
#[test]
fn fresh_credentials_stay_with_their_origin_whatever_becomes_of_the_url() {
    for (url, kept) in [
        ("https://other.example/?nonce=1", false),
        ("https://OTHER.example:443/x", false),
        // No URL that can be judged: other readers may see the other origin in it.
        ("https://other.example/?nonce=a b", false),
        ("https://example.com/x", true),
        ("https://third.example/", true),
    ] {
        let mut client = Client::with(ClientConfig::get("https://example.com/").unwrap());
        client.request();
        client.redirect(301, "https://other.example/");
        client.request();
        client.accept();
        client.lose();
        let mut request = client.reconnect();
        request.url = url.into();
        request.headers.append("Authorization", "Bearer 1").unwrap();
        let request = client.source.handle_request(request);
        assert_eq!(request.headers.value("authorization").is_some(), kept, "{url}");
    }
}

/// The name of one host is none of another.
#[test]
fn a_host_of_the_callers_stays_with_its_origin() {
    let mut client = Client::with(config().header("Host", "virtual.example").unwrap());
    assert!(client.request().headers.value("host").is_some());
    client.redirect(308, "/same");
    assert!(client.request().headers.value("host").is_some());
    client.redirect(308, "http://other.example/");
    assert_eq!(client.request().headers.value("host"), None);
    client.accept();
    client.lose();
    let mut request = client.reconnect();
    assert_eq!((&*request.url, request.headers.value("host")), ("http://other.example/", None));
    request.headers.append("Host", "virtual.example").unwrap();
    assert_eq!(client.source.handle_request(request).headers.value("host"), None);
}
