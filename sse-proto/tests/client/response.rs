//! What an answer leads to (R-020 to R-027).

use core::time::Duration;

use sse_proto::{
    Timestamp,
    client::{
        Change, FailReason, Headers, Loss, NetworkError, Output, Policy, ReadyState, Refusal, Resilient, ResponseHead,
        Ruling,
    },
};

use crate::{CLOSED, Client, config, post, secs};

/// R-020, R-023.
#[test]
fn open_comes_before_the_first_event_even_if_the_event_is_there_already() {
    let mut client = Client::new();
    client.request();
    client.answer(200, "text/event-stream");
    client.data("data: a\n\n");
    client.source.handle_end();
    client.opened();
    assert_eq!(client.source.ready_state(), ReadyState::Open);
    assert_eq!(client.event(), "a");
    assert_eq!(client.reestablishing().0, Loss::End { in_mid_event: false });
    assert_eq!(client.source.ready_state(), ReadyState::Connecting);
}

/// R-021, R-027.
#[test]
fn the_type_is_judged_by_its_essence() {
    for accepted in [
        "text/event-stream",
        "Text/Event-Stream",
        "text/event-stream;",
        "text/event-stream ; foo=bar",
        "text/event-stream;charset=windows-1252",
        "text/html, text/event-stream",
        "text/html;x=\"a,b\", text/event-stream",
    ] {
        let mut client = Client::new();
        client.request();
        client.answer(200, accepted);
        client.opened();
    }
    for (refused, found) in [
        ("text/event-streams", Some("text/event-streams")),
        ("text/html;x=text/event-stream", Some("text/html")),
        ("text/html;x=\",text/event-stream\"", Some("text/html")),
        ("text/event-stream, text/html", Some("text/html")),
        ("x bogus", None),
        ("", None),
    ] {
        let mut client = Client::new();
        client.request();
        client.refuse(200, refused);
        let reason = FailReason::ContentType { found: found.map(Into::into) };
        assert_eq!(client.failure(), reason, "{refused:?}");
    }
}

/// R-021: no type at all; and two fields, of which the last counts.
#[test]
fn the_type_may_be_missing_or_repeated() {
    let mut client = Client::new();
    client.request();
    client.source.handle_response(&ResponseHead { status: 200, headers: Headers::new() });
    client.source.handle_end();
    assert_eq!(client.failure(), FailReason::ContentType { found: None });

    let mut client = Client::new();
    client.request();
    let headers = [("content-type", "text/html"), ("Content-Type", "text/event-stream")].into_iter().collect();
    client.source.handle_response(&ResponseHead { status: 200, headers });
    client.opened();
}

#[test]
fn a_body_in_an_encoding_that_was_not_asked_for_is_refused_and_not_garbled() {
    for (encoding, accepted) in [("identity", true), ("Identity", true), ("", true), ("gzip", false), ("br", false)] {
        let mut client = Client::new();
        client.request();
        let headers = [("Content-Type", "text/event-stream"), ("Content-Encoding", encoding)].into_iter().collect();
        client.source.handle_response(&ResponseHead { status: 200, headers });
        if !accepted {
            client.source.handle_end();
        }
        if accepted {
            client.opened();
        } else {
            assert_eq!(client.failure(), FailReason::ContentEncoding { found: encoding.into() });
        }
    }
}

/// R-022, R-032, R-038.
#[test]
fn any_other_status_fails_for_good() {
    for status in [201, 202, 204, 205, 206, 304, 400, 401, 404, 410, 429, 500, 502, 503, 504] {
        let mut client = Client::new();
        client.request();
        client.refuse(status, "text/event-stream");
        assert_eq!(client.failure(), FailReason::Status(status));
        assert_eq!(client.source.ready_state(), ReadyState::Closed);
        client.now = Timestamp::from_millis(u64::MAX);
        assert_eq!(client.poll(), CLOSED);
        client.answer(200, "text/event-stream");
        assert_eq!(client.poll(), CLOSED);
    }
}

/// The status and the headers of a response are there once it is accepted.
#[test]
fn the_answer_can_be_looked_at() {
    let mut client = Client::new();
    assert_eq!(client.source.response(), None);
    client.request();
    client.answer_with(200, &[("Content-Type", "text/event-stream"), ("X-Request-ID", "7")]);
    client.opened();
    let response = client.source.response().unwrap();
    assert_eq!((response.status, response.headers.value("x-request-id")), (200, Some(&b"7"[..])));
    assert_eq!(client.source.refusal(), None);
}

/// The body is read to its end.
#[test]
fn a_refusal_has_status_headers_and_body() {
    let mut client = Client::new();
    client.request();
    client.answer_with(403, &[("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer")]);
    assert_eq!(client.source.ready_state(), ReadyState::Connecting);
    client.data("{\"error\":");
    assert_eq!(client.wait(), client.now + secs(1));
    client.data("\"no\"}");
    client.source.handle_end();
    assert_eq!(client.failure(), FailReason::Status(403));
    let refusal = client.source.refusal().unwrap();
    assert_eq!((refusal.head.status, &*refusal.body), (403, &b"{\"error\":\"no\"}"[..]));
    assert_eq!(refusal.head.headers.value("www-authenticate"), Some(&b"Bearer"[..]));
    assert!(refusal.complete);
}

/// The body is read up to its bound, or for a second: an error body may have no end.
#[test]
fn the_body_of_a_refusal_is_bounded() {
    let refused = || {
        let mut client = Client::with(config().refusal_body(10));
        client.request();
        client.answer(500, "text/plain");
        client
    };
    let mut long = refused();
    long.data("1234567");
    long.wait();
    long.data("890abcdef");
    assert_eq!(long.failure(), FailReason::Status(500));
    let refusal = long.source.refusal().unwrap();
    assert_eq!((&*refusal.body, refusal.complete), (&b"1234567890"[..], false));

    let mut slow = refused();
    slow.data("1");
    slow.now = slow.wait();
    assert_eq!(slow.failure(), FailReason::Status(500));
    let refusal = slow.source.refusal().unwrap();
    assert_eq!((&*refusal.body, refusal.complete), (&b"1"[..], false));

    let mut broken = refused();
    broken.data("1");
    broken.source.handle_error(NetworkError::Transient);
    assert_eq!(broken.failure(), FailReason::Status(500));
    assert!(!broken.source.refusal().unwrap().complete);
}

#[test]
fn a_refusal_without_a_body_is_told_at_once() {
    for (status, headers) in [(204, &[][..]), (304, &[]), (404, &[("Content-Length", "0")])] {
        let mut client = Client::new();
        client.request();
        client.answer_with(status, headers);
        assert_eq!(client.failure(), FailReason::Status(status));
        assert!(client.source.refusal().unwrap().complete);
    }
    let mut uninterested = Client::with(config().refusal_body(0));
    uninterested.request();
    uninterested.answer(404, "text/plain");
    assert_eq!(uninterested.failure(), FailReason::Status(404));
    assert!(!uninterested.source.refusal().unwrap().complete);
}

#[test]
fn a_refused_type_is_a_refusal_as_well() {
    let mut client = Client::new();
    client.request();
    client.answer(200, "text/html");
    client.data("<p>EventLog in");
    client.source.handle_end();
    assert_eq!(client.failure(), FailReason::ContentType { found: Some("text/html".into()) });
    assert_eq!(client.source.refusal().unwrap().body, "<p>EventLog in");
}

/// The setting for servers that send another content type, or none.
#[test]
fn any_type_is_accepted_if_the_caller_says_so() {
    for headers in [&[("Content-Type", "application/x-ndjson")][..], &[]] {
        let mut client = Client::with(config().any_content_type(true));
        client.request();
        client.answer_with(200, headers);
        client.opened();
    }
    let mut client = Client::with(config().any_content_type(true));
    client.request();
    client.refuse(201, "text/event-stream");
    assert_eq!(client.failure(), FailReason::Status(201));
}

/// The caller's check of responses.
#[test]
fn the_policy_has_the_last_word_on_answers() {
    let policy = |head: &ResponseHead, standard: Ruling| match head.status {
        200 if head.headers.value("x-region") == Some(b"moon") => Ruling::Fail,
        206 => Ruling::Accept,
        401 => Ruling::Retry,
        _ => standard,
    };
    let client = || {
        let mut client = Client::with(config().policy(policy));
        client.request();
        client
    };
    let mut checked = client();
    checked.answer_with(200, &[("Content-Type", "text/event-stream"), ("X-Region", "moon")]);
    checked.source.handle_end();
    assert_eq!(checked.failure(), FailReason::Policy);
    assert_eq!(checked.source.refusal().unwrap().head.status, 200);

    let mut lenient = client();
    lenient.answer(206, "text/plain");
    lenient.opened();

    let mut renewed = client();
    renewed.refuse(401, "text/plain");
    let cause = Loss::Refused { status: 401 };
    assert_eq!(renewed.reestablishing().0, cause);
    assert_eq!(renewed.reconnect().cause, Some(cause));

    let mut standard = client();
    standard.refuse(404, "text/plain");
    assert_eq!(standard.failure(), FailReason::Status(404));
}

/// A body in an encoding would be garbled, whoever accepts it; a policy can only give it up, or hope.
#[test]
fn no_policy_accepts_an_encoded_body() {
    for (ruling, failure) in [(Ruling::Accept, true), (Ruling::Fail, true), (Ruling::Retry, false)] {
        let mut client = Client::with(config().policy(move |_: &ResponseHead, _| ruling));
        client.request();
        client.answer_with(200, &[("Content-Type", "text/event-stream"), ("Content-Encoding", "gzip")]);
        client.source.handle_end();
        let reason = FailReason::ContentEncoding { found: "gzip".into() };
        match client.poll() {
            Output::Change(Change::Failed(found)) => assert!(failure && found.reason == reason),
            output => assert!(!failure && matches!(output, Output::Change(Change::Reestablishing { .. }))),
        }
    }
}

/// D-08.
#[test]
fn the_resilient_preset_takes_some_answers_for_passing() {
    for status in [408, 425, 429, 500, 502, 503, 504, 511, 599] {
        let mut client = Client::with(config().resilient());
        client.request();
        client.refuse(status, "text/html");
        let (cause, delay, attempt) = client.reestablishing();
        assert_eq!((cause, attempt), (Loss::Refused { status }, 1));
        assert!(delay >= secs(3));
        client.reconnect();
        client.accept();
    }
    for status in [201, 204, 304, 400, 401, 403, 404, 410, 600] {
        let mut client = Client::with(config().resilient());
        client.request();
        client.refuse(status, "text/html");
        assert_eq!(client.failure(), FailReason::Status(status));
    }
}

/// And their response is there, with its body, when it was the last one.
#[test]
fn a_transient_refusal_that_was_the_last_has_its_body() {
    let mut client = Client::with(config().resilient().max_reconnections(1));
    client.request();
    client.refuse(500, "text/plain");
    client.reestablishing();
    client.reconnect();
    client.answer(503, "text/plain");
    client.data("busy");
    client.source.handle_end();
    let cause = Loss::Refused { status: 503 };
    assert_eq!(client.failure(), FailReason::GaveUp { cause, attempts: 1 });
    let refusal = client.source.refusal().unwrap();
    assert_eq!((refusal.head.status, &*refusal.body, refusal.complete), (503, &b"busy"[..], true));

    let mut unsafe_method = Client::with(post().resilient());
    unsafe_method.request();
    unsafe_method.answer(503, "text/plain");
    unsafe_method.data("busy");
    unsafe_method.source.handle_end();
    assert_eq!(unsafe_method.failure(), FailReason::NotResent { cause });
    assert_eq!(unsafe_method.source.refusal().unwrap().body, "busy");
}

#[test]
fn the_body_of_a_transient_refusal_is_bounded_in_bytes_and_time() {
    let refused = |most| {
        let mut client = Client::with(config().resilient().refusal_body(most));
        client.request();
        client.answer(503, "text/plain");
        client
    };
    let cause = Loss::Refused { status: 503 };
    let mut long = refused(4);
    long.data("busybusy");
    assert_eq!(long.reestablishing().0, cause);
    assert_eq!(long.source.refusal().unwrap().body, "busy");

    let mut dripping = refused(100);
    let until = dripping.wait();
    assert_eq!(until, dripping.now + secs(1));
    while dripping.now < until {
        assert_eq!(dripping.wait(), until);
        dripping.data("x");
        dripping.pass(Duration::from_millis(100));
    }
    assert_eq!(dripping.reestablishing().0, cause);
    // The wait begins then.
    assert_eq!(dripping.wait(), until + secs(6));

    assert_eq!(refused(0).reestablishing().0, cause);
}

/// A body decides where a status cannot.
#[test]
fn the_policy_sees_the_body_of_a_refusal() {
    struct Quota;

    impl Policy for Quota {
        fn response(&self, head: &ResponseHead, standard: Ruling) -> Ruling {
            Resilient.response(head, standard)
        }

        fn refused(&self, refusal: &Refusal, ruling: Ruling) -> Ruling {
            let standard = if refusal.head.status == 404 { Ruling::Fail } else { Ruling::Retry };
            assert_eq!(ruling, standard);
            match &*refusal.body {
                b"insufficient_quota" => Ruling::Fail,
                b"not yet" => Ruling::Retry,
                b"accept" => Ruling::Accept,
                _ => ruling,
            }
        }
    }

    let refused = |status, body: &'static str| {
        let mut client = Client::with(config().policy(Quota));
        client.request();
        client.answer_with(status, &[("Retry-After", "7")]);
        // It comes in two parts.
        let (begin, rest) = body.split_at(body.len() / 2);
        client.data(begin);
        client.wait();
        client.data(rest);
        client.source.handle_end();
        match client.poll() {
            Output::Change(Change::Failed(failure)) => Err(failure.reason),
            Output::Change(Change::Reestablishing { cause, delay, attempt: 1, .. }) => Ok((cause, delay)),
            output => panic!("{output:?}"),
        }
    };
    let retried = |status, delay| Ok((Loss::Refused { status }, delay));
    assert_eq!(refused(429, "insufficient_quota"), Err(FailReason::Status(429)));
    assert_eq!(refused(429, "slow down"), retried(429, secs(14)));
    assert_eq!(refused(404, "not yet"), retried(404, secs(14)));
    assert_eq!(refused(404, "gone"), Err(FailReason::Status(404)));
    assert_eq!(refused(429, "accept"), Err(FailReason::Status(429)));
}
