//! Events, messages and values in other formats: with names (JSON) and without (postcard).
#![cfg(feature = "serde")]

use serde::{Serialize, de::DeserializeOwned};
use sse_proto::{Event, EventId, EventType, Message, Retry, Text};

fn event() -> Event {
    Event::new(EventType::new("add").unwrap(), "first\nsecond", EventId::from(7))
}

fn messages() -> [Message; 4] {
    let full = Message::new().comment("c").event(EventType::new("add").unwrap()).id(EventId::from(7));
    [
        full.retry(Retry::from_millis(3000)).data("first\nsecond"),
        Message::new(),
        Message::new().id(EventId::empty()),
        Message::new().retry(Retry::from_millis(u64::MAX)).data(""),
    ]
}

/// Through both formats, and back; gives the JSON.
#[track_caller]
fn same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> String {
    let bytes = postcard::to_allocvec(value).unwrap();
    assert_eq!(postcard::from_bytes::<T>(&bytes).unwrap(), *value);
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value);
    assert_eq!(serde_json::from_reader::<_, T>(json.as_bytes()).unwrap(), *value, "from strings that are not borrowed");
    json
}

#[test]
fn values_are_strings_and_numbers() {
    assert_eq!(same(&Text::from("a\"b")), r#""a\"b""#);
    assert_eq!(same(&EventId::new("7 \u{2026}").unwrap()), "\"7 \u{2026}\"");
    assert_eq!(same(&EventId::empty()), r#""""#);
    assert_eq!(same(&EventType::new("add").unwrap()), r#""add""#);
    assert_eq!(same(&Retry::from_millis(3000)), "3000");
}

#[test]
fn values_are_checked_when_they_are_read() {
    let error = serde_json::from_str::<EventId>(r#""a\nb""#).unwrap_err();
    assert!(error.to_string().starts_with("the value of `id` must not hold a line break"), "{error}");
    assert!(serde_json::from_str::<EventId>(r#""a\u0000""#).is_err());
    assert!(serde_json::from_str::<EventType>(r#""""#).is_err());
    assert!(serde_json::from_str::<Retry>("-1").is_err());
    assert!(serde_json::from_str::<Message>(r#"{"event":"a\rb"}"#).is_err());
    assert!(serde_json::from_str::<Event>(r#"{"data":"","lastEventId":"\n"}"#).is_err());
}

#[test]
fn events_are_written_as_message_events() {
    assert_eq!(same(&event()), r#"{"type":"add","data":"first\nsecond","lastEventId":"7","ownId":true}"#);
    assert_eq!(same(&Event::default()), r#"{"type":"message","data":"","lastEventId":"","ownId":false}"#);
    let inherited = event().with_own_id(false);
    assert_eq!(same(&inherited), r#"{"type":"add","data":"first\nsecond","lastEventId":"7","ownId":false}"#);
    assert!(same(&Event::default().with_own_id(true)).ends_with(r#""lastEventId":"","ownId":true}"#));
    assert_eq!(serde_json::to_string(&event().as_ref()).unwrap(), same(&event()));
}

#[test]
fn events_are_read_with_what_there_is() {
    let read = |json: &str| serde_json::from_str::<Event>(json);
    assert_eq!(read(r#"{"more":[{}],"data":"x"}"#).unwrap(), Event::new(EventType::default(), "x", EventId::empty()));
    assert_eq!(read(r#"{"type":"add","data":"first\nsecond","lastEventId":"7"}"#).unwrap(), event());
    assert_eq!(read(r#"["add","first\nsecond","7",true]"#).unwrap(), event());
    assert_eq!(read(r#"{"type":"add"}"#).unwrap_err().to_string(), "missing field `data`");
    assert!(read(r#"["add","x"]"#).is_err());
    assert!(read("7").unwrap_err().to_string().contains("expected an event"));
}

#[test]
fn messages_are_written_by_their_fields() {
    let json = messages().map(|message| same(&message));
    assert_eq!(json[0], r#"{"comment":"c","event":"add","id":"7","retry":3000,"data":"first\nsecond"}"#);
    assert_eq!(json[1], "{}");
    assert_eq!(json[2], r#"{"id":""}"#);
    assert_eq!(json[3], r#"{"retry":18446744073709551615,"data":""}"#);
    assert_eq!(
        serde_json::from_str::<Message>(r#"{"data":null,"id":"7"}"#).unwrap(),
        Message::new().id(EventId::from(7))
    );
}
