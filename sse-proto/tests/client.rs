//! The client machine, driven by hand under a virtual clock.

use core::time::Duration;

use sse_proto::{
    DecodeError, EventId, Finding, Limit, LimitKind, Limits, Malformation, Report, Retry, Timestamp,
    client::{Config, EventSource, FailReason, Headers, Loss, NetworkError, Output, ReadyState, Request, ResponseHead},
};

const URL: &str = "http://example.com/events";

/// A machine and its clock, with one line in the log for each output.
struct Client {
    source: EventSource,
    now: Timestamp,
}

impl Client {
    fn new() -> Self {
        Self::with(Config::new(URL).unwrap())
    }

    fn with(config: Config) -> Self {
        Self { source: EventSource::new(config), now: Timestamp::default() }
    }

    /// A client whose first request has been answered with an open stream.
    fn open() -> Self {
        let mut client = Self::new();
        client.request();
        client.answer(200, "text/event-stream");
        assert_eq!(client.poll(), Output::Open);
        client
    }

    fn poll(&mut self) -> Output {
        self.source.poll_output(self.now)
    }

    /// The request that the machine wants sent now.
    fn request(&mut self) -> Request {
        match self.poll() {
            Output::Connect(request) => request,
            output => panic!("{output:?} instead of a request"),
        }
    }

    fn answer(&mut self, status: u16, content_type: &str) {
        let headers = [("Content-Type", String::from(content_type))].into_iter().collect();
        self.source.handle_response(&ResponseHead { status, headers });
    }

    /// Answers so that no stream is opened, with an empty body.
    fn refuse(&mut self, status: u16, content_type: &str) {
        self.answer(status, content_type);
        self.source.handle_end();
    }

    fn redirect(&mut self, status: u16, location: &str) {
        let headers = [("Location", String::from(location))].into_iter().collect();
        self.source.handle_response(&ResponseHead { status, headers });
    }

    fn data(&mut self, data: &'static str) {
        self.source.handle_data(data.into());
    }

    /// The data of the event that must come next.
    fn event(&mut self) -> String {
        assert_eq!(self.poll(), Output::Event);
        self.source.event().unwrap().data().into()
    }

    /// Waits for the reconnection that has been announced, and takes its request.
    fn reconnect(&mut self) -> Request {
        match self.poll() {
            Output::Wait { until: Some(until) } => self.now = until,
            output => panic!("{output:?} instead of a wait"),
        }
        self.request()
    }

    /// Loses the connection in order, and gives the wait that is announced.
    fn lose(&mut self) -> Duration {
        self.source.handle_end();
        match self.poll() {
            Output::Reestablishing { delay, .. } => delay,
            output => panic!("{output:?} instead of a reconnection"),
        }
    }
}

fn last_event_id(request: &Request) -> Option<&[u8]> {
    request.headers.value("Last-Event-ID")
}

fn idle() -> Output {
    Output::Wait { until: None }
}

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

/// R-020, R-023.
#[test]
fn open_comes_before_the_first_event_even_if_the_event_is_there_already() {
    let mut client = Client::new();
    client.request();
    client.answer(200, "text/event-stream");
    client.data("data: a\n\n");
    client.source.handle_end();
    assert_eq!(client.poll(), Output::Open);
    assert_eq!(client.source.ready_state(), ReadyState::Open);
    assert_eq!(client.event(), "a");
    assert!(matches!(client.poll(), Output::Reestablishing { cause: Loss::End { in_mid_event: false }, .. }));
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
        assert_eq!(client.poll(), Output::Open, "{accepted:?}");
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
        assert_eq!(client.poll(), Output::Failed(reason), "{refused:?}");
    }
}

/// R-021: no type at all; and two fields, of which the last counts.
#[test]
fn the_type_may_be_missing_or_repeated() {
    let mut client = Client::new();
    client.request();
    client.source.handle_response(&ResponseHead { status: 200, headers: Headers::new() });
    client.source.handle_end();
    assert_eq!(client.poll(), Output::Failed(FailReason::ContentType { found: None }));

    let mut client = Client::new();
    client.request();
    let headers = [("content-type", "text/html"), ("Content-Type", "text/event-stream")].into_iter().collect();
    client.source.handle_response(&ResponseHead { status: 200, headers });
    assert_eq!(client.poll(), Output::Open);
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
        let refused = Output::Failed(FailReason::ContentEncoding { found: encoding.into() });
        assert_eq!(client.poll(), if accepted { Output::Open } else { refused });
    }
}

#[test]
fn what_must_not_be_sent_is_refused_when_it_is_given() {
    use sse_proto::client::{HeaderError, UrlFault};

    for (url, reason) in [
        ("http://user:secret@example.com/", UrlFault::Credentials),
        ("http://example.com/a b", UrlFault::Space),
        ("http://example.com/\r\nX: 1", UrlFault::Space),
        ("/events", UrlFault::NotAbsolute),
    ] {
        assert_eq!(Config::new(url).unwrap_err().reason, reason);
    }
    assert!(!Config::new("http://user:secret@example.com/").unwrap_err().to_string().contains("secret"));
    let config = Config::new(URL).unwrap();
    assert!(matches!(config.clone().header("X", "1\r\nY: 2"), Err(HeaderError::Value { at: 1, .. })));
    assert!(matches!(config.clone().header("content-length", "5"), Err(HeaderError::Reserved { .. })));
    let config = config.header("Authorization", "Bearer secret").unwrap();
    let client = Client::with(config.clone());
    assert!(!format!("{config:?} {:?}", client.source).contains("secret"));
}

/// R-022, R-032, R-038.
#[test]
fn any_other_status_fails_for_good() {
    for status in [201, 202, 204, 205, 206, 304, 400, 401, 404, 410, 429, 500, 502, 503, 504] {
        let mut client = Client::new();
        client.request();
        client.refuse(status, "text/event-stream");
        assert_eq!(client.poll(), Output::Failed(FailReason::Status(status)));
        assert_eq!(client.source.ready_state(), ReadyState::Closed);
        client.now = Timestamp::from_millis(u64::MAX);
        assert_eq!(client.poll(), Output::Closed);
        client.answer(200, "text/event-stream");
        assert_eq!(client.poll(), Output::Closed);
    }
}

/// R-024, R-031.
#[test]
fn an_aborted_or_futile_request_fails_and_any_other_is_tried_again() {
    for (error, reason) in [(NetworkError::Aborted, FailReason::Aborted), (NetworkError::Futile, FailReason::Futile)] {
        let mut client = Client::new();
        client.request();
        client.source.handle_error(error);
        assert_eq!(client.poll(), Output::Failed(reason));
    }
    let mut client = Client::new();
    client.request();
    client.source.handle_error(NetworkError::Passing);
    let Output::Reestablishing { cause: Loss::Unreachable, delay, attempt: 1 } = client.poll() else { panic!() };
    assert!(delay >= Duration::from_secs(3));
    client.reconnect();
}

/// R-030, R-033, R-034, D-04.
#[test]
fn a_lost_stream_comes_back_after_the_reconnection_time_and_not_before() {
    let mut client = Client::open();
    client.source.handle_error(NetworkError::Passing);
    let delay = Duration::from_secs(3);
    let cause = Loss::Broken { in_mid_event: false };
    assert_eq!(client.poll(), Output::Reestablishing { cause, delay, attempt: 1 });
    let until = Timestamp::default() + delay;
    assert_eq!(client.poll(), Output::Wait { until: Some(until) });
    client.now = Timestamp::from_millis(2999);
    assert_eq!(client.poll(), Output::Wait { until: Some(until) });
    client.now = until;
    client.request();
}

/// R-039, R-071, D-07: at the end of its line, in a block that is never dispatched, and for all connections after.
#[test]
fn retry_takes_effect_at_once_and_stays() {
    let mut client = Client::open();
    client.data("retry: 5000\n");
    assert_eq!(client.poll(), idle());
    assert_eq!(client.lose(), Duration::from_secs(5));
    client.reconnect();
    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data("retry: 1000x\n");
    assert_eq!(client.poll(), idle());
    client.now = client.now + Duration::from_secs(5);
    assert_eq!(client.lose(), Duration::from_secs(5));
}

/// R-071: `retry: 0` is no licence to spin.
#[test]
fn retry_zero_still_waits_a_little() {
    let mut client = Client::open();
    client.data("retry: 0\n");
    assert_eq!(client.poll(), idle());
    assert_eq!(client.lose(), Duration::from_millis(100));
}

/// R-035, R-037, R-090, R-094, D-01, D-02.
#[test]
fn the_last_event_id_is_sent_until_it_is_reset() {
    let mut client = Client::open();
    client.data("id: 1\ndata: a\n\nid: lost\ndata: b\n");
    assert_eq!(client.event(), "a");
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), Some(&b"1"[..]));

    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data("data: c\n\n");
    assert_eq!(client.poll(), Output::Event);
    assert_eq!(client.source.event().unwrap().last_event_id(), "1");
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), Some(&b"1"[..]));

    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data("id\n\n");
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), None);
}

/// R-036, D-09.
#[test]
fn an_id_goes_out_as_its_bytes_or_not_at_all() {
    let mut client = Client::open();
    client.data("id: …\ndata: a\n\n");
    client.event();
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), Some("…".as_bytes()));

    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data("id: a\u{1}b\ndata: a\n\n");
    client.event();
    assert_eq!(client.poll(), idle());
    client.lose();
    let Output::Wait { until: Some(until) } = client.poll() else { panic!() };
    client.now = until;
    assert_eq!(client.poll(), Output::LastEventIdNotSent(EventId::new("a\u{1}b").unwrap()));
    assert_eq!(last_event_id(&client.request()), None);
}

/// D-09: U+FFFD is three bytes, so an ID within the limit as received may be too long to send.
#[test]
fn an_id_that_is_too_long_is_not_sent() {
    let mut client = Client::open();
    let line = [b"id: ", &[0xff; 1000][..], b"\n\n"].concat();
    client.source.handle_data(line.into());
    assert_eq!(client.poll(), idle());
    client.lose();
    let Output::Wait { until: Some(until) } = client.poll() else { panic!() };
    client.now = until;
    assert!(matches!(client.poll(), Output::LastEventIdNotSent(id) if id.len() == 3000));
    assert_eq!(last_event_id(&client.request()), None);
}

#[test]
fn a_stored_id_is_sent_with_the_first_request_and_belongs_to_the_first_event() {
    for config in [
        Config::new(URL).unwrap().last_event_id(EventId::from(41)),
        Config::new(URL).unwrap().header("last-event-id", "41").unwrap(),
    ] {
        let mut client = Client::with(config);
        let request = client.request();
        assert_eq!(request.headers.values("Last-Event-ID").collect::<Vec<_>>(), [b"41"]);
        client.answer(200, "text/event-stream");
        assert_eq!(client.poll(), Output::Open);
        client.data("data: a\n\n");
        assert_eq!(client.poll(), Output::Event);
        assert_eq!(client.source.take_event().unwrap().last_event_id(), "41");
    }
}

/// R-040, R-041, R-098.
#[test]
fn nothing_comes_after_close() {
    let mut client = Client::open();
    client.data("data: a\n\ndata: b\n\n");
    assert_eq!(client.event(), "a");
    client.source.close();
    assert_eq!(client.source.ready_state(), ReadyState::Closed);
    assert_eq!(client.source.event(), None);
    client.data("data: c\n\n");
    client.source.handle_end();
    assert_eq!(client.poll(), Output::Closed);
    assert_eq!(client.poll(), Output::Closed);

    let mut waiting = Client::open();
    waiting.lose();
    waiting.source.close();
    waiting.now = Timestamp::from_millis(u64::MAX);
    assert_eq!(waiting.poll(), Output::Closed);
}

/// R-070, P8: the caller learns that an event was dropped.
#[test]
fn a_cut_in_mid_event_is_told_and_nothing_is_joined_over_it() {
    let mut client = Client::open();
    client.data("event: t\ndata: a");
    assert_eq!(client.poll(), idle());
    client.source.handle_error(NetworkError::Passing);
    let cause = Loss::Broken { in_mid_event: true };
    assert!(matches!(client.poll(), Output::Reestablishing { cause: found, .. } if found == cause));
    client.reconnect();
    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data("\u{feff}data: b\n\n");
    assert_eq!(client.poll(), Output::Event);
    let event = client.source.event().unwrap();
    assert_eq!((event.event_type(), event.data()), ("message", "b"));
}

/// R-025, D-05, D-10.
#[test]
fn redirects_are_followed_and_only_permanent_ones_remembered() {
    for (status, remembered) in [(301, true), (302, false), (303, false), (307, false), (308, true)] {
        let mut client = Client::new();
        client.request();
        client.redirect(status, "../next?x=1");
        assert_eq!(client.request().url, "http://example.com/next?x=1");
        client.answer(200, "text/event-stream");
        assert_eq!(client.poll(), Output::Open);
        assert_eq!(client.source.url(), URL);
        client.lose();
        let expected = if remembered { "http://example.com/next?x=1" } else { URL };
        assert_eq!(client.reconnect().url, expected, "{status}");
    }
}

/// D-10.
#[test]
fn credentials_stay_with_their_origin() {
    let config = Config::new("https://example.com/").unwrap();
    let config = config.header("Authorization", "Bearer 1").unwrap().header("Cookie", "a=b").unwrap();
    let mut client = Client::with(config.header("X-Other", "1").unwrap());
    assert!(client.request().headers.value("authorization").is_some());
    client.redirect(302, "https://EXAMPLE.com:443/same");
    assert!(client.request().headers.value("authorization").is_some());
    client.redirect(301, "https://other.example/");
    let request = client.request();
    assert_eq!(request.headers.value("Authorization"), None);
    assert_eq!(request.headers.value("Cookie"), None);
    assert_eq!(request.headers.value("X-Other"), Some(&b"1"[..]));
    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    assert_eq!(client.source.origin(), "https://other.example");
}

#[test]
fn a_remembered_redirect_to_another_origin_gets_no_credentials_on_reconnection() {
    let config = Config::new("https://example.com/").unwrap().header("Authorization", "Bearer 1").unwrap();
    let mut client = Client::with(config);
    client.request();
    client.redirect(301, "https://other.example/");
    client.request();
    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
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
        "mailto:a@example.com",
        // Two readers may see two hosts in these.
        "https://evil.example\\@example.com/",
        "https://example.com@evil.example/",
    ] {
        let mut client = Client::with(Config::new("https://example.com/").unwrap());
        client.request();
        client.redirect(301, location);
        client.source.handle_end();
        assert_eq!(client.poll(), Output::Failed(FailReason::Redirect { location: location.into() }));
    }
    let mut client = Client::new();
    client.request();
    client.source.handle_response(&ResponseHead { status: 301, headers: Headers::new() });
    client.source.handle_end();
    assert_eq!(client.poll(), Output::Failed(FailReason::Status(301)));

    let mut client = Client::new();
    let mut requests = 0;
    loop {
        match client.poll() {
            Output::Connect(_) => requests += 1,
            Output::Failed(reason) => {
                assert_eq!(reason, FailReason::TooManyRedirects { limit: 20 });
                break;
            }
            Output::Wait { .. } => client.source.handle_end(),
            output => panic!("{output:?}"),
        }
        client.redirect(302, "");
    }
    assert_eq!(requests, 21);
}

#[test]
fn a_limit_that_is_passed_fails_the_connection_after_what_was_received_before() {
    let limits = Limits { data: Limit::fail(3), ..Limits::default() };
    let mut client = Client::with(Config::new(URL).unwrap().limits(limits));
    client.request();
    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data("data: abc\n\ndata: abcd\n\n");
    assert_eq!(client.event(), "abc");
    let error = DecodeError { limit: LimitKind::Data, max: 3, size: 4 };
    assert_eq!(client.poll(), Output::Failed(FailReason::Decode(error)));
    assert_eq!(client.poll(), Output::Closed);
}

/// P12, P13, P14, P21.
#[test]
fn what_is_asked_for_beside_events_comes_in_order() {
    let report = Report { comments: true, findings: true, last_event_ids: true, retries: true };
    let mut client = Client::with(Config::new(URL).unwrap().report(report));
    client.request();
    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data(": hi\nretry: 10\nfoo\nid: 7\n\ndata: a\n\n");
    assert_eq!(client.poll(), Output::Comment);
    assert_eq!(client.source.comment(), Some("hi"));
    assert_eq!(client.poll(), Output::Retry(Retry::from_millis(10)));
    let finding = Finding { offset: 15, malformation: Malformation::UnknownField };
    assert_eq!(client.poll(), Output::Finding(finding));
    assert_eq!(client.poll(), Output::LastEventId);
    assert_eq!(client.source.last_event_id(), "7");
    assert_eq!(client.event(), "a");
    assert_eq!(client.poll(), idle());
}

#[test]
fn data_that_comes_before_the_last_was_drained_is_kept() {
    let mut client = Client::open();
    client.data("data: a\n\nda");
    client.data("ta: b\n\n");
    client.source.handle_end();
    assert_eq!(client.event(), "a");
    assert_eq!(client.event(), "b");
    assert!(matches!(client.poll(), Output::Reestablishing { .. }));
}

/// Waits grow while the server is away, and start anew once it was there.
#[test]
fn failures_lead_to_longer_waits_until_the_stream_was_open_again() {
    let config = Config::new(URL).unwrap().reconnection_time(Duration::from_secs(1)).jitter_seed(7);
    let mut client = Client::with(config);
    client.request();
    let mut longest = Duration::ZERO;
    for expected in 1..50 {
        client.source.handle_error(NetworkError::Passing);
        let Output::Reestablishing { delay, attempt, .. } = client.poll() else { panic!() };
        assert_eq!(attempt, expected);
        assert!((Duration::from_secs(1)..=Duration::from_secs(30)).contains(&delay));
        longest = longest.max(delay);
        client.reconnect();
    }
    assert!(longest > Duration::from_secs(10));
    client.answer(200, "text/event-stream");
    assert_eq!(client.poll(), Output::Open);
    client.data("data: a\n\n");
    client.event();
    assert_eq!(client.lose(), Duration::from_secs(1));
}
