//! `sse-proto`: messages, and the state machines driven by hand.

use core::{fmt::Write, time::Duration};

use bytes::BytesMut;
use serde_json::value::RawValue;
use sse_proto::{
    DataWriter, EventId, EventType, Message, Retry, Timestamp,
    server::{EventLog, Heartbeat, LogConfig, LogRead, Output, Session, SessionConfig, StartAt},
};

use super::{Path, head, message};
use crate::encoder::{DataForm, Fields, Refused, WritePath, Writer, Written};

/// Every way in which `sse-proto` writes.
pub fn writer() -> Writer {
    let paths = vec![
        Path::any("proto: Message::to_bytes", |fields| Ok(message(fields)?.to_bytes().to_vec().into())),
        Path::any("proto: Message::encode", encode),
        Path::any("proto: Message::encode_slice", encode_slice),
        Path::any("proto: TryFrom, to_bytes", converted),
        Box::new(Json("proto: Message::json", |fields, data| {
            Ok(head(fields)?.json(data).map_err(|error| Refused::new("data", error))?.to_bytes().to_vec().into())
        })),
        Box::new(Json("proto: Message::encode_json", encode_json)),
        Path::only("proto: Message::encode_json, raw", is_json, raw_json),
        Path::with_data("proto: Message::encode_with", in_pieces),
        Path::any("proto: Message by serde", by_serde),
        Path::logged("proto: EventLog::publish", log),
        Path::any("proto: Session::send", send),
        Path::any("proto: Session::close, farewell", farewell),
        Path::any("proto: Heartbeat::with_message", heartbeat),
    ];
    Writer { name: String::from("proto"), paths }
}

fn encode(fields: &Fields) -> Result<Written, Refused> {
    let message = message(fields)?;
    let mut buffer = Vec::new();
    message.encode(&mut buffer).map_err(|error| Refused::new("data", error))?;
    Ok(buffer.into())
}

fn encode_slice(fields: &Fields) -> Result<Written, Refused> {
    let message = message(fields)?;
    let mut slice = vec![0; message.encoded_len()];
    let length = message.encode_slice(&mut slice).map_err(|error| Refused::new("data", error))?;
    assert_eq!(length, slice.len(), "the length that was announced");
    Ok(slice.into())
}

/// The same checks stand behind every way to make a value.
fn converted(fields: &Fields) -> Result<Written, Refused> {
    let plain = Fields { event: None, id: None, ..fields.clone() };
    let mut message = message(&plain)?;
    if let Some(event_type) = &fields.event {
        message = message.event(EventType::try_from(&**event_type).map_err(|error| Refused::new("event", error))?);
    }
    if let Some(id) = &fields.id {
        message = message.id(EventId::try_from(id.clone()).map_err(|error| Refused::new("id", error))?);
    }
    Ok(message.to_bytes().to_vec().into())
}

/// The data as a JSON string.
struct Json(&'static str, fn(&Fields, &str) -> Result<Written, Refused>);

impl WritePath for Json {
    fn name(&self) -> &str {
        self.0
    }

    fn takes(&self, fields: &Fields) -> bool {
        fields.data.is_some()
    }

    fn write(&self, fields: &Fields) -> Result<Written, Refused> {
        (self.1)(fields, fields.data.as_deref().unwrap_or_default())
    }

    fn data(&self) -> DataForm {
        DataForm::JsonString
    }
}

fn encode_json<T: serde::Serialize + ?Sized>(fields: &Fields, data: &T) -> Result<Written, Refused> {
    let mut buffer = BytesMut::new();
    head(fields)?.encode_json(data, &mut buffer).map_err(|error| Refused::new("data", error))?;
    Ok(buffer.to_vec().into())
}

fn raw_value(fields: &Fields) -> Option<Box<RawValue>> {
    RawValue::from_string(fields.data.clone()?).ok()
}

fn is_json(fields: &Fields) -> bool {
    raw_value(fields).is_some()
}

/// JSON that somebody else has written, with line breaks where they liked them.
fn raw_json(fields: &Fields) -> Result<Written, Refused> {
    encode_json(fields, &raw_value(fields))
}

/// A character at a time, so that CR and LF come apart.
fn in_pieces(fields: &Fields) -> Result<Written, Refused> {
    let mut buffer = BytesMut::new();
    let text = fields.data.as_deref().unwrap_or_default();
    let pieces = |data: &mut DataWriter<'_>| text.chars().try_for_each(|piece| data.write_char(piece));
    head(fields)?.encode_with(&mut buffer, pieces).map_err(|error| Refused::new("data", error))?;
    Ok(buffer.to_vec().into())
}

/// A message that was read from JSON, which somebody else has written.
fn by_serde(fields: &Fields) -> Result<Written, Refused> {
    let mut object = serde_json::Map::new();
    let Fields { comment, event, id, retry, data } = fields;
    for (name, text) in [("comment", comment), ("event", event), ("id", id), ("data", data)] {
        object.extend(text.as_ref().map(|text| (name.into(), text.as_str().into())));
    }
    if let Some(retry) = retry {
        let millis = Retry::try_from(*retry).map_err(|error| Refused::new("retry", error))?;
        object.insert("retry".into(), millis.as_millis().into());
    }
    let message: Message = serde_json::from_value(object.into()).map_err(|error| {
        // It does not say which field it was; one that is refused by itself is the one.
        let field = if head(&Fields { id: None, ..fields.clone() }).is_err() { "event" } else { "id" };
        Refused::new(field, error)
    })?;
    Ok(message.to_bytes().to_vec().into())
}

/// Enough for the largest case.
const ROOM: usize = 64 * 1024 * 1024;

fn log(fields: &Fields) -> Result<Written, Refused> {
    let message = message(fields)?;
    let mut log = EventLog::new(LogConfig::new().bytes(ROOM));
    let (mut cursor, _) = log.subscribe(StartAt::Live, Timestamp::default());
    let id = log.publish(message, Timestamp::default()).map_err(|error| Refused::new("data", error))?;
    let made_id = if fields.id.is_none() { id.map(|id| id.as_str().into()) } else { None };
    let bytes = match log.read(&mut cursor, usize::MAX) {
        LogRead::Events(bytes) => bytes.to_vec(),
        LogRead::UpToDate => Vec::new(),
        other => panic!("{other:?} from a log that was published to"),
    };
    Ok(Written { bytes, made_id, ..Written::default() })
}

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

fn send(fields: &Fields) -> Result<Written, Refused> {
    let message = message(fields)?;
    let mut session = Session::new(quiet());
    let before = drain(&mut session);
    session.send(&message).map_err(|error| Refused::new("data", error))?;
    Ok(Written { before, bytes: drain(&mut session), made_id: None })
}

fn farewell(fields: &Fields) -> Result<Written, Refused> {
    let message = message(fields)?;
    let mut session = Session::new(quiet());
    let before = drain(&mut session);
    session.close(Some(&message));
    Ok(Written { before, bytes: drain(&mut session), made_id: None })
}

fn heartbeat(fields: &Fields) -> Result<Written, Refused> {
    const PERIOD: Duration = Duration::from_secs(1);
    let message = message(fields)?;
    let heartbeat = Some(Heartbeat::quiet(PERIOD).with_message(&message));
    let mut session = Session::new(quiet().heartbeat(heartbeat));
    let before = drain(&mut session);
    Ok(Written { before, bytes: drain_at(&mut session, Timestamp::new(PERIOD)), made_id: None })
}

/// What the session has to transmit until it waits, or until it has ended.
fn drain(session: &mut Session) -> Vec<u8> {
    drain_at(session, Timestamp::default())
}

fn drain_at(session: &mut Session, now: Timestamp) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        match session.poll_output(now) {
            Output::Transmit(more) => bytes.extend_from_slice(&more),
            Output::Aborted | Output::Closed | Output::Wait { .. } => return bytes,
            Output::Heartbeat | Output::Lagged { .. } => {}
        }
    }
}
