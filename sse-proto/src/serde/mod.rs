//! `Serialize` and `Deserialize` for values, events and messages.
//!
//! Values are strings and numbers, and are checked when they are read as they are when they are made. A received event is
//! written as the `MessageEvent` of the standard has it (`type`, `data`, `lastEventId`), with `ownId` for whether the ID came
//! with it, a message by the fields that it
//! is sent with (`comment`, `event`, `id`, `retry`, `data`).

mod parts;

use alloc::{boxed::Box, string::String};
use core::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
    ser::SerializeStruct,
};

use self::parts::{Field, Part, Parts};
use crate::{Event, EventId, EventRef, EventType, Message, Retry, Text};

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text::from(text))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Text, E> {
                Ok(Text::from(text))
            }
        }

        deserializer.deserialize_string(TextVisitor)
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Text::deserialize(deserializer)?).map_err(Error::custom)
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Text::deserialize(deserializer)?).map_err(Error::custom)
    }
}

/// Whole milliseconds.
impl Serialize for Retry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.as_millis())
    }
}

impl<'de> Deserialize<'de> for Retry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::from_millis)
    }
}

impl Serialize for EventRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Event", EVENT.len())?;
        fields.serialize_field("type", self.event_type())?;
        fields.serialize_field("data", self.data())?;
        fields.serialize_field("lastEventId", self.last_event_id())?;
        fields.serialize_field("ownId", &self.id().is_some())?;
        fields.end()
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = Parts { what: "an event", order: &EVENT, optional: false };
        let values = deserializer.deserialize_struct("Event", &["type", "data", "lastEventId", "ownId"], visitor)?;
        let event_type = values.event.map(EventType::new).transpose().map_err(Error::custom)?.unwrap_or_default();
        let id = values.id.map(EventId::new).transpose().map_err(Error::custom)?.unwrap_or_default();
        let data = values.data.ok_or_else(|| Error::missing_field("data"))?;
        let event = Self::new(event_type, data, id);
        Ok(match values.own_id {
            None => event,
            Some(own) => event.with_own_id(own),
        })
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Formats without names need all fields; for the others, what there is.
        let all = !serializer.is_human_readable();
        let set = [self.comment.is_some(), self.event_type.is_some(), self.id.is_some(), self.retry.is_some()];
        let count = set.iter().filter(|set| all || **set).count() + usize::from(all || self.data.is_some());
        let mut fields = serializer.serialize_struct("Message", count)?;
        macro_rules! field {
            ($name:literal, $value:expr) => {
                match $value {
                    None if !all => fields.skip_field($name)?,
                    value => fields.serialize_field($name, value)?,
                }
            };
        }
        field!("comment", &self.comment);
        field!("event", &self.event_type);
        field!("id", &self.id);
        field!("retry", &self.retry);
        field!("data", &self.data);
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = Parts { what: "a message", order: &MESSAGE, optional: true };
        let values =
            deserializer.deserialize_struct("Message", &["comment", "event", "id", "retry", "data"], visitor)?;
        Ok(Self {
            comment: values.comment.map(Box::new),
            event_type: values.event.map(EventType::new).transpose().map_err(Error::custom)?,
            id: values.id.map(EventId::new).transpose().map_err(Error::custom)?,
            retry: values.retry,
            data: values.data,
        })
    }
}

const EVENT: [(&str, Field); 4] = [
    ("type", Field::Text(Part::Event)),
    ("data", Field::Text(Part::Data)),
    ("lastEventId", Field::Text(Part::Id)),
    ("ownId", Field::OwnId),
];

const MESSAGE: [(&str, Field); 5] = [
    ("comment", Field::Text(Part::Comment)),
    ("event", Field::Text(Part::Event)),
    ("id", Field::Text(Part::Id)),
    ("retry", Field::Retry),
    ("data", Field::Text(Part::Data)),
];
