//! Typed events and conventions, as plain values.

use core::{convert::Infallible, num::ParseIntError, str::FromStr, time::Duration};

use sse_proto::{
    Event, EventId, EventType, StreamEnd, Timestamp,
    client::{Change, ClientConfig, EventSource, Failure, NetworkError, Output, ResponseHead},
    typed::{Convention, FromEvent, Mark, Meaning, Reading, Typed, TypedError},
};

type Error = TypedError<Infallible, ParseIntError>;

struct Number;

impl FromEvent for Number {
    type Value = i32;
    type Error = ParseIntError;

    fn from_event(event: &Event) -> Result<i32, ParseIntError> {
        i32::from_str(event.data())
    }
}

fn event(event_type: &str, data: &str) -> Event {
    Event::new(EventType::new(event_type).unwrap(), data, EventId::from(7))
}

fn numbers(convention: Convention) -> Reading<Number> {
    Reading::new().with_convention(convention)
}

fn value(item: Option<Result<Typed<i32>, Error>>) -> i32 {
    item.unwrap().unwrap().value
}

#[test]
fn a_value_keeps_its_events_type_and_id() {
    let item = numbers(Convention::new()).handle_event::<Infallible>(event("price", "1")).unwrap().unwrap();
    assert_eq!((item.value, &*item.event_type, &*item.last_event_id), (1, "price", "7"));
    let text = item.map(|value| value.to_string());
    assert_eq!((&*text.value, &*text.event_type, &*text.last_event_id), ("1", "price", "7"));
}

#[test]
fn an_event_that_cannot_be_read_is_given_as_it_is_and_the_next_one_is_read() {
    let mut reading = numbers(Convention::new());
    let Some(Err(Error::Unreadable { event: kept, error })) = reading.handle_event(event("price", "x")) else {
        panic!()
    };
    assert_eq!(kept, event("price", "x"));
    assert_eq!(error, i32::from_str("x").unwrap_err());
    assert!(!reading.is_over());
    assert_eq!(value(reading.handle_event(event("price", "2"))), 2);
}

#[test]
fn the_end_marker_ends_the_stream_and_is_no_item() {
    let mut reading = numbers(Convention::new().end_at(Mark::data("[DONE]")));
    assert_eq!(value(reading.handle_event(event("message", "1"))), 1);
    assert_eq!(reading.handle_event::<Infallible>(event("message", "[DONE]")), None);
    assert!(reading.is_over());
    // Whatever the server still says is not listened to, and an orderly end is one.
    assert_eq!(reading.handle_event::<Infallible>(event("message", "2")), None);
    assert_eq!(reading.handle_end::<Infallible>(StreamEnd::InMidEvent), None);
}

#[test]
fn a_last_event_is_an_item() {
    let mut reading = numbers(Convention::new().end_after(Mark::event_type("total")));
    assert_eq!(value(reading.handle_event(event("total", "9"))), 9);
    assert!(reading.is_over());
    assert_eq!(reading.handle_end::<Infallible>(StreamEnd::Complete), None);
}

#[test]
fn an_end_without_the_end_marker_is_a_truncation() {
    for (end, in_mid_event) in [(StreamEnd::Complete, false), (StreamEnd::InMidEvent, true)] {
        let mut reading = numbers(Convention::new().end_at(Mark::data("[DONE]")));
        assert_eq!(value(reading.handle_event(event("message", "1"))), 1);
        assert_eq!(reading.handle_end(end), Some(Error::Truncated { in_mid_event }));
        assert_eq!(reading.handle_end::<Infallible>(end), None, "it is said once");
    }
}

#[test]
fn without_an_end_marker_only_an_end_in_mid_event_is_a_truncation() {
    assert_eq!(numbers(Convention::new()).handle_end::<Infallible>(StreamEnd::Complete), None);
    let errors = Convention::new().error_at(Mark::event_type("error"));
    assert_eq!(numbers(errors).handle_end::<Infallible>(StreamEnd::Complete), None);
    let cut = numbers(Convention::new()).handle_end(StreamEnd::InMidEvent);
    assert_eq!(cut, Some(Error::Truncated { in_mid_event: true }));
}

#[test]
fn a_closed_reading_takes_nothing_and_misses_nothing() {
    let mut reading = numbers(Convention::new().end_at(Mark::data("[DONE]")));
    reading.close();
    assert_eq!(reading.handle_event::<Infallible>(event("message", "1")), None);
    assert_eq!(reading.handle_end::<Infallible>(StreamEnd::Complete), None);
}

#[test]
fn a_reported_error_is_the_last_item() {
    let convention = Convention::new().error_at(Mark::event_type("error")).end_at(Mark::data("[DONE]"));
    let mut reading = numbers(convention.clone());
    assert_eq!(reading.handle_event(event("error", "5")), Some(Err(Error::Reported(event("error", "5")))));
    assert!(reading.is_over());
    assert_eq!(
        reading.handle_end::<Infallible>(StreamEnd::Complete),
        None,
        "the error says why there is no end marker"
    );
    let Some(Err(error)) = numbers(convention).handle_event::<Infallible>(event("error", "overloaded")) else {
        panic!()
    };
    assert_eq!(error.to_string(), "the server reported an error: overloaded");
}

/// The failure of a source that is one connection, after this happened to its request.
fn failure(happens: impl FnOnce(&mut EventSource)) -> Failure {
    let config = ClientConfig::get("http://h/").unwrap().max_reconnections(0).idle_timeout(Duration::from_secs(9));
    let mut source = EventSource::new(config.head_timeout(Duration::from_secs(9)));
    source.poll_output(Timestamp::default());
    happens(&mut source);
    let mut now = Timestamp::default();
    loop {
        match source.poll_output(now) {
            Output::Change(Change::Failed(failure)) => return failure,
            Output::Wait { until } => now = until.unwrap(),
            Output::Change(_) | Output::Event => {}
            output => panic!("{output:?}"),
        }
    }
}

fn open(source: &mut EventSource, data: &'static str) {
    let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
    source.handle_response(&ResponseHead { status: 200, headers });
    source.poll_output(Timestamp::default());
    source.handle_data(data.into());
}

#[test]
fn failures_are_told_apart_by_questions() {
    let refused = |source: &mut EventSource| {
        let headers = [("Retry-After", "30"), ("Content-Length", "0")].into_iter().collect();
        source.handle_response(&ResponseHead { status: 503, headers });
    };
    let broken = |source: &mut EventSource| {
        open(source, "data: a\n\n");
        source.handle_error(NetworkError::Transient);
    };
    let ended = |source: &mut EventSource| {
        open(source, "data: a\n");
        source.handle_end();
    };
    let wait = Some(Duration::from_secs(30));
    // Status, wait, timeout, cut off.
    for (failure, expected) in [
        (failure(refused), (Some(503), wait, false, false)),
        (failure(|_| {}), (None, None, true, false)),
        (failure(|source| source.handle_error(NetworkError::Transient)), (None, None, false, false)),
        (failure(|source| source.handle_error(NetworkError::Permanent)), (None, None, false, false)),
        (failure(broken), (None, None, false, true)),
        (failure(ended), (None, None, false, true)),
        (failure(|source| open(source, "data: a\n\n")), (None, None, true, true)),
    ] {
        let found = (failure.status(), failure.retry_after(), failure.is_timeout(), failure.is_cut_off());
        assert_eq!(found, expected, "{failure}");
        let refusal = failure.refusal.clone();
        assert_eq!(refusal.is_some(), expected.0.is_some());
        let error = TypedError::<_, ParseIntError>::Source(failure);
        assert_eq!(error.refusal(), refusal.as_deref());
        assert_eq!((error.status(), error.retry_after(), error.is_timeout(), error.is_cut_off()), expected, "{error}");
    }
    let truncated = TypedError::<Failure, ParseIntError>::Truncated { in_mid_event: false };
    assert!(truncated.is_cut_off() && !truncated.is_timeout());
    let reported = TypedError::<Failure, ParseIntError>::Reported(event("error", ""));
    assert!(!reported.is_cut_off() && reported.status().is_none() && reported.refusal().is_none());
}

#[test]
fn the_transports_error_goes_with_a_failure_or_a_reconnection() {
    let mut error = Some("no route");
    let change: Change<_, Event> = Change::Comment("c".into()).with_error(&mut error);
    assert_eq!((change, error), (Change::Comment("c".into()), Some("no route")));
    let failed = Change::Failed(failure(|source| source.handle_error(NetworkError::Transient)));
    let Change::<_, Event>::Failed(failure) = failed.with_error(&mut error) else { panic!() };
    assert_eq!((failure.error, error), (Some("no route"), None));
}

#[test]
fn the_first_mark_that_fits_decides() {
    let convention = Convention::new()
        .error_at(Mark::event_type("error"))
        .end_after(Mark::data("last"))
        .end_at(Mark::event_type("end"));
    let meaning = |event_type, data| convention.meaning(event(event_type, data).as_ref());
    assert_eq!(meaning("error", "last"), Meaning::Error);
    assert_eq!(meaning("end", "last"), Meaning::Last);
    assert_eq!(meaning("end", ""), Meaning::End);
    // A mark is the whole value, in its case.
    assert_eq!(meaning("End", "last "), Meaning::Data);
    assert_eq!(Convention::new().meaning(event("error", "[DONE]").as_ref()), Meaning::Data);
}

#[cfg(feature = "json")]
#[test]
fn completions_end_with_their_marker_and_report_errors_in_both_ways() {
    let meaning = |event_type, data| Convention::completion().meaning(event(event_type, data).as_ref());
    assert_eq!(meaning("message", "[DONE]"), Meaning::End);
    assert_eq!(meaning("message", r#"{"error":{"message":"overloaded"}}"#), Meaning::Error);
    assert_eq!(meaning("error", r#"{"type":"error"}"#), Meaning::Error);
    assert_eq!(meaning("message", r#"{"choices":[{"delta":{"content":"\"error\": [DONE]"}}]}"#), Meaning::Data);
    assert_eq!(meaning("message", r#"{"choices":[],"error":null}"#), Meaning::Data);
}

#[cfg(feature = "json")]
#[test]
fn json_borrows_from_lent_and_from_owned_events() {
    let owned = event("message", r#"["borrowed",1]"#);
    let (text, _): (&str, u8) = owned.json().unwrap();
    let data: &str = owned.data();
    assert_eq!(text.as_ptr(), data[2..].as_ptr());
    let (text, _): (&str, u8) = owned.as_ref().json().unwrap();
    assert_eq!(text.as_ptr(), data[2..].as_ptr());
}

#[cfg(feature = "json")]
mod choice {
    use serde::Deserialize;
    use sse_proto::{Event, typed::FromEvent};

    use super::event;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Price {
        symbol: String,
        price: f64,
    }

    sse_proto::events! {
        #[derive(Debug, PartialEq)]
        enum Feed {
            "price" | "message" => Price(Price),
            "names" => Names(Vec<String>),
            "raw" => Raw(sse_proto::Event),
            "text" => Text(sse_proto::Text),
            "ping" => Ping,
            /// All others.
            _ => Unknown(Event),
        }
    }

    sse_proto::events! {
        /// Without names of its own, and with a payload for the rest.
        #[derive(Debug, PartialEq)]
        pub(super) enum Rest { _ => Number(i32) }
    }

    sse_proto::events! {
        #[derive(Debug, PartialEq)]
        enum Switch { "on" => On, _ => Off }
    }

    #[test]
    fn the_events_type_chooses_the_variant_and_unknown_ones_are_kept() {
        let price = || Feed::Price(Price { symbol: "XYZ".into(), price: 1.5 });
        let data = r#"{"symbol":"XYZ","price":1.5,"more":[]}"#;
        assert_eq!(Feed::from_event(&event("price", data)).unwrap(), price());
        assert_eq!(Feed::from_event(&event("message", data)).unwrap(), price());
        assert_eq!(
            Feed::from_event(&event("names", r#"["a","b"]"#)).unwrap(),
            Feed::Names(vec!["a".into(), "b".into()])
        );
        assert_eq!(Feed::from_event(&event("raw", "[")).unwrap(), Feed::Raw(event("raw", "[")));
        assert_eq!(Feed::from_event(&event("text", "[")).unwrap(), Feed::Text("[".into()));
        assert_eq!(Feed::from_event(&event("ping", "[")).unwrap(), Feed::Ping);
        assert_eq!(Feed::from_event(&event("pricE", "[")).unwrap(), Feed::Unknown(event("pricE", "[")));
        assert!(Feed::from_event(&event("price", "[")).unwrap_err().is_eof());
    }

    #[test]
    fn the_rest_may_be_anything() {
        assert_eq!(Rest::from_event(&event("x", "5")).unwrap(), Rest::Number(5));
        assert_eq!(Switch::from_event(&event("x", "")).unwrap(), Switch::Off);
        assert_eq!(Switch::from_event(&event("on", "")).unwrap(), Switch::On);
    }
}
