//! Nothing that may be secret is printed by `Debug` or `Display`; what finds a fault is.

use core::{error::Error, fmt::Debug};

use sse_proto::{
    Chunk, Decoder, Event, EventId, EventType, Message, Timestamp,
    bytes::BytesMut,
    client::{Change, ClientConfig, EventSource, FailReason, Headers, Output, Refusal, RequestError, ResponseHead},
    server::{
        self, DrainConfig, DrainProgress, EventLog, Heartbeat, LogConfig, Publication, SessionConfig, SessionInfo,
        StartAt, Subscribers, Subscription,
    },
    typed::{FromEvent, Reading},
};

/// Part of all that must not be printed.
const SECRET: &str = "s3cr3t";

/// What `Debug` prints, without a secret in it.
#[track_caller]
fn debug(value: &impl Debug) -> String {
    let shown = format!("{value:?}");
    for shown in [&shown, &format!("{value:#?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    // Bytes may be shown as numbers.
    assert!(!shown.contains("115, 51, 99, 114, 51, 116"), "{shown}");
    shown
}

/// What `Debug` and `Display` print of an error and its sources, without a secret in it.
#[track_caller]
fn error(error: &(impl Error + 'static)) -> String {
    let mut shown = debug(error);
    let mut source: Option<&dyn Error> = Some(error);
    while let Some(error) = source {
        shown += &format!("\n{error:?}\n{error}\n{error:#}");
        source = error.source();
    }
    assert!(!shown.contains(SECRET), "{shown}");
    shown
}

#[track_caller]
fn assert_shows(shown: &str, parts: &[&str]) {
    for part in parts {
        assert!(shown.contains(part), "{part} is missing: {shown}");
    }
}

const URL: &str = "https://host.example:8443/the/path?token=s3cr3t#s3cr3t";
const SHOWN: &str = "\"https://host.example:8443/the/path?…\"";

fn config() -> ClientConfig {
    ClientConfig::get(URL)
        .unwrap()
        .header("Authorization", "Bearer s3cr3t")
        .unwrap()
        .header("X-Api-Key", "s3cr3t")
        .unwrap()
        .method("POST")
        .unwrap()
        .body("s3cr3t body")
        .last_event_id(EventId::new("s3cr3t-id").unwrap())
}

fn head(status: u16, fields: &[(&'static str, &'static str)]) -> ResponseHead {
    ResponseHead { status, headers: fields.iter().copied().collect() }
}

#[test]
fn a_configuration_and_its_requests_show_where_they_go() {
    assert_shows(&debug(&config()), &[SHOWN, "POST", "X-Api-Key", "11 bytes", "9 bytes"]);
    let mut source = EventSource::new(config());
    assert_shows(&debug(&source), &[SHOWN, "9 bytes"]);
    let Output::Connect(request) = source.poll_output(Timestamp::default()) else { panic!() };
    assert_shows(&debug(&request), &[SHOWN, "POST", "Last-Event-ID", "11 bytes"]);
    debug(&Output::Connect(request));
}

#[test]
fn a_source_shows_nothing_of_what_it_received() {
    let mut source = EventSource::new(config().recent_input(1000));
    let now = Timestamp::default();
    source.poll_output(now);
    let head = head(200, &[("Content-Type", "text/event-stream"), ("Set-Cookie", "s3cr3t")]);
    assert_shows(&debug(&head), &["200", "text/event-stream", "Set-Cookie"]);
    source.handle_response(&head);
    source.handle_data("id: s3cr3t\nevent: s3cr3t\ndata: s3cr3t\n\n: s3cr3t\ndata: s3cr3t".into());
    for _ in 0..4 {
        debug(&source);
        debug(&source.poll_output(now));
    }
    assert_eq!(source.last_event_id(), SECRET);
    assert_shows(&debug(&source), &["host.example", "6 bytes", "Open"]);
}

#[test]
fn a_url_that_cannot_be_used_is_reported_without_user_and_query() {
    for (url, parts) in [
        ("http://s3cr3t:s3cr3t@host.example/the/path?s3cr3t", &["http://host.example/the/path?…", "user name"][..]),
        ("http://s3cr3t@host.example:80/the/path#s3cr3t", &["http://host.example:80/the/path#…", "Authorization"]),
        ("http://s3cr3t:s3cr3t@host.example/the path?s3cr3t", &["http://host.example/the path?…", "byte 37"]),
        ("http://s3cr3t:s3cr3t @host.example/the/path?s3cr3t", &["http://host.example/the/path?…", "byte 20"]),
        ("http://host.example/the/path?s3cr3t s3cr3t", &["http://host.example/the/path?…", "byte 35"]),
        ("http://host.example:port/the/path?s3cr3t", &["http://host.example:port/the/path?…", "invalid host or port"]),
        ("http://s3cr3t:s3cr3t@host.example:port/the/path?s3cr3t", &["http://host.example:port/the/path?…"]),
        ("//s3cr3t:s3cr3t@host.example/the/path?s3cr3t", &["host.example/the/path?…"]),
        ("s3cr3t:s3cr3t@host.example/the/path?s3cr3t", &["host.example/the/path?…"]),
        ("/the/path?s3cr3t", &["/the/path?…"]),
        ("the/path", &["\"the/path\""]),
        // Where the user name ends, nobody can say.
        ("http://user:s3cr3t?s3cr3t@host.example/", &["http://…"]),
        ("http://user:s3cr3t#s3cr3t@host.example/", &["http://…"]),
        ("http://user:s3cr3t/s3cr3t@host.example/", &["http://host.example/"]),
        ("user:s3cr3t?s3cr3t@host.example/", &["\"…\""]),
    ] {
        let fault: RequestError = ClientConfig::get(url).unwrap_err();
        assert_shows(&error(&fault), parts);
    }
}

#[test]
fn a_header_that_cannot_be_sent_is_reported_without_its_value() {
    let config = || ClientConfig::get("http://host.example/").unwrap();
    let shown = |name: &str, value: &str| error(&config().header(name, value).unwrap_err());
    assert_shows(&shown("X-Api-Key", "s3cr3t\n"), &["X-Api-Key", "byte 6"]);
    assert_shows(&shown("Last-Event-ID", "s3cr3t\n"), &["Last-Event-ID", "byte 6"]);
    // The whole field in place of its name.
    assert_shows(&shown("X-Api-Key: s3cr3t", ""), &["X-Api-Key", "byte 9"]);
    assert_shows(&shown("", "s3cr3t"), &["empty"]);
}

/// A source that has failed for this response.
fn failed(head: &ResponseHead) -> (FailReason, Refusal) {
    let mut source = EventSource::new(config());
    let now = Timestamp::default();
    source.poll_output(now);
    source.handle_response(head);
    source.handle_data("s3cr3t and more".into());
    source.handle_end();
    let Output::Change(Change::Failed(failure)) = source.poll_output(now) else { panic!() };
    assert_shows(&debug(&source), &[SHOWN, "Closed"]);
    assert_shows(&debug(&failure), &[]);
    (failure.reason, source.refusal().cloned().unwrap())
}

#[test]
fn a_failure_shows_neither_location_nor_body() {
    for (location, shown) in [
        ("ftp://s3cr3t:s3cr3t@other.example/the/path?token=s3cr3t", "ftp://other.example/the/path?…"),
        ("http://other.example/the/path?s3cr3t", "http://other.example/the/path?…"),
        ("https://s3cr3t:s3cr3t@other.example/#s3cr3t", "https://other.example/#…"),
        ("https://s3cr3t:s3cr3t@other.example:x/s3cr3t@/the/path?s3cr3t", "https:///the/path?…"),
        ("https:\\\\s3cr3t@other.example\\", "other.example\\"),
    ] {
        let (reason, refusal) = failed(&head(302, &[("Location", location), ("X-Own", "s3cr3t")]));
        assert!(matches!(reason, FailReason::Redirect { .. }), "{reason:?}");
        // As `Debug` escapes it.
        assert_shows(&error(&reason), &[format!("{shown:?}").trim_matches('"')]);
        assert_eq!(refusal.head.headers.value("location"), Some(location.as_bytes()));
        assert_shows(&debug(&refusal), &["302", "Location", "X-Own", "15 bytes", "complete: true"]);
    }
    let (reason, refusal) = failed(&head(401, &[("WWW-Authenticate", "s3cr3t")]));
    assert_shows(&error(&reason), &["401"]);
    assert_shows(&debug(&refusal), &["401", "15 bytes"]);
}

#[test]
fn a_decoder_shows_lengths() {
    let mut decoder = Decoder::new().with_last_event_id(&EventId::new("s3cr3t").unwrap());
    assert_shows(&debug(&decoder), &["6 bytes"]);
    for bytes in [
        &b"id: s3cr3t-id\nevent: s3cr3t\ndata: s3cr3t\xff\n\n: s3cr3t\nid: s3cr3t\ndata: s3cr3t"[..],
        b"\ndata: s3cr3t",
    ] {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = decoder.decode(&mut chunk).unwrap() {
            assert!(event.data().contains(SECRET));
        }
        assert_shows(&debug(&decoder), &["9 bytes"]);
    }
}

#[test]
fn what_serves_shows_lengths() {
    let now = Timestamp::default();
    let mut log = EventLog::new(LogConfig::new());
    let id = EventId::new("s3cr3t").unwrap();
    let publication = Publication::new(Message::from("s3cr3t").id(id.clone())).key("s3cr3t");
    log.publish(publication, now).unwrap();
    let (cursor, _) = log.subscribe(StartAt::Oldest, now);
    let mut session = server::Session::reading(SessionConfig::new(), cursor);
    session.handle_log(&mut log, now);
    assert_shows(&debug(&log), &["events: 1"]);
    debug(&session);
    assert_shows(&debug(&StartAt::After(&id)), &["6 bytes"]);

    let message = Message::from("s3cr3t");
    let mut session = server::Session::new(SessionConfig::new());
    session.send(&message).unwrap();
    assert_shows(&debug(&session), &["14 bytes"]);
    assert_shows(&debug(&Heartbeat::default().with_message(&message)), &["14 bytes", "15s"]);

    let subscription = Subscription::to(["football"]).key("s3cr3t");
    assert_shows(&debug(&subscription), &["football", "6 bytes"]);
    let mut subscribers = Subscribers::default();
    subscribers.join(subscription).unwrap();
    assert_shows(&debug(&subscribers), &["1"]);
    subscribers.drain(DrainConfig::new(), 1, now);
    let DrainProgress::Done(drained) = subscribers.poll_drained(now + core::time::Duration::from_secs(10)) else {
        panic!()
    };
    assert_eq!(drained.cut, [Some(SECRET.into())]);
    assert_shows(&debug(&drained), &["sessions: 1", "6 bytes"]);
    assert_shows(&debug(&SessionInfo::new(Some(SECRET), None)), &["6 bytes"]);
    assert_shows(&debug(&Publication::new("73857293").to(["football"]).key(SECRET)), &["football", "6 bytes"]);

    let write = |data: &mut sse_proto::DataWriter<'_>| {
        core::fmt::Write::write_str(data, "s3cr3t")?;
        debug(data);
        Ok::<(), core::fmt::Error>(())
    };
    Message::new().encode_with(&mut BytesMut::new(), write).unwrap();
}

#[test]
fn an_event_that_cannot_be_read_is_reported_by_its_type_and_lengths() {
    struct Number;

    impl FromEvent for Number {
        type Value = u32;
        type Error = core::num::ParseIntError;

        fn from_event(event: &Event) -> Result<u32, Self::Error> {
            event.data().parse()
        }
    }

    let event = Event::new(EventType::from_static("price"), "s3cr3t data", EventId::new("s3cr3t").unwrap());
    let fault = Reading::<Number>::new().handle_event::<FailReason>(event).unwrap().unwrap_err();
    assert_shows(&error(&fault), &["Unreadable", "price", "11 bytes", "6 bytes", "invalid digit"]);
}

#[test]
fn what_is_content_is_shown() {
    let event = Event::new(EventType::new("add").unwrap(), "73857293", EventId::new("7").unwrap());
    assert_shows(&format!("{event:?} {:?}", event.as_ref()), &["add", "73857293", "\"7\""]);
    assert_shows(&format!("{:?}", Message::from("73857293")), &["73857293"]);
    assert_shows(&format!("{:?}", EventId::new("73857293").unwrap()), &["73857293"]);
    let headers: Headers = [("Content-Type", "text/html")].into_iter().collect();
    assert_shows(&format!("{headers:?}"), &["text/html"]);
}
