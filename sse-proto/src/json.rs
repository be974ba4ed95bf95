//! JSON in the data field.

use alloc::borrow::Cow;
use core::fmt;
use std::io;

use bytes::BytesMut;
use memchr::memmem;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::{Event, EventRef, Message, data::DataWriter};

/// Why a value could not be written as data, or read from it.
pub type JsonError = serde_json::Error;

impl Message {
    /// Sets the data to this value as JSON.
    ///
    /// # Errors
    ///
    /// The value cannot be serialized.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, JsonError> {
        Ok(self.data(serde_json::to_string(value)?))
    }

    /// Appends the encoded message to `buf` with this value as its data: the JSON is written where it belongs, without
    /// an intermediate string. It replaces the message's data.
    ///
    /// # Errors
    ///
    /// The value cannot be serialized; `buf` is unchanged then.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use sse_proto::{EventId, Message};
    ///
    /// let mut buf = BytesMut::new();
    /// Message::new().id(EventId::from(7)).encode_json(&("a", 1), &mut buf)?;
    /// assert_eq!(buf, "data: [\"a\",1]\nid: 7\n\n");
    /// # Ok::<(), sse_proto::json::JsonError>(())
    /// ```
    pub fn encode_json<T: Serialize + ?Sized>(&self, value: &T, buf: &mut BytesMut) -> Result<(), JsonError> {
        self.encode_with(buf, |data| write(value, data))
    }
}

impl Event {
    /// The data, read as JSON. The value may borrow strings from it.
    ///
    /// # Errors
    ///
    /// The data is not JSON of a `T`.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, JsonError> {
        self.as_ref().json()
    }
}

impl<'a> EventRef<'a> {
    /// The data, read as JSON. The value may borrow strings from it, where they have no escapes.
    ///
    /// # Errors
    ///
    /// The data is not JSON of a `T`.
    ///
    /// ```
    /// # let mut decoder = sse_proto::Decoder::new();
    /// # let mut chunk = sse_proto::Chunk::new(&b"data: [\"a\",1]\n\n"[..]);
    /// # let event = decoder.decode(&mut chunk)?.unwrap();
    /// let (name, count): (&str, u32) = event.json()?;
    /// # assert_eq!((name, count), ("a", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, JsonError> {
        serde_json::from_str(self.data())
    }
}

/// Whether this is a JSON object that has this key, with a value other than `null`.
pub(crate) fn has_key(json: &str, key: &str) -> bool {
    // Most data does not contain the key, which is found much faster. An escape might hide it.
    if memmem::find(json.as_bytes(), key.as_bytes()).is_none() && !json.contains('\\') {
        return false;
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = deserializer.deserialize_map(KeyOf(key));
    found.is_ok_and(|found| found && deserializer.end().is_ok())
}

/// Looks through an object for the key.
struct KeyOf<'a>(&'a str);

impl<'de> Visitor<'de> for KeyOf<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key == self.0 {
                true => found = map.next_value::<Option<IgnoredAny>>()?.is_some(),
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// Writes a value as JSON into a data field.
///
/// # Errors
///
/// The value cannot be serialized.
pub fn write<T: Serialize + ?Sized>(value: &T, data: &mut DataWriter<'_>) -> Result<(), JsonError> {
    serde_json::to_writer(Json(data), value)
}

/// Passes on the JSON that serde_json writes, which is UTF-8.
struct Json<'a, 'b>(&'a mut DataWriter<'b>);

impl io::Write for Json<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For the caller's serializers that write bytes: each piece must be UTF-8 by itself (R-051), as those of
/// serializers for text are. If one is not, the error is of the kind [`InvalidData`](io::ErrorKind::InvalidData).
impl io::Write for DataWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = simdutf8::basic::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        self.put(text.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeMap, string::String};

    use bytes::BytesMut;
    use serde_json::value::RawValue;

    use super::has_key;
    use crate::Message;

    #[test]
    fn keys_are_found_in_objects_only_and_only_at_the_top() {
        for json in [r#"{"error":{}}"#, r#" {"a":"\"", "error" : "x"} "#, r#"{"\u0065rror":0}"#, r#"{"error":false}"#] {
            assert!(has_key(json, "error"), "{json}");
        }
        for json in [
            r#"{"error":null}"#,
            r#"{"a":{"error":1}}"#,
            r#"{"a":"error"}"#,
            r#"["error"]"#,
            r#""error""#,
            r#"{"error":1"#,
            r#"{"error":1}{"#,
            "error",
            "",
            "\\",
        ] {
            assert!(!has_key(json, "error"), "{json}");
        }
    }

    #[test]
    fn line_breaks_between_tokens_stay_in_the_field() {
        let raw = RawValue::from_string(String::from("{\r\n\"a\":\r1,\n\"b\":2}")).unwrap();
        let mut buf = BytesMut::new();
        Message::new().encode_json(&raw, &mut buf).unwrap();
        assert_eq!(buf, "data: {\ndata: \"a\":\ndata: 1,\ndata: \"b\":2}\n\n");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        use std::io::{ErrorKind, Write};

        let mut buf = BytesMut::from("before");
        let written = Message::new().encode_with(&mut buf, |data| data.write_all(b"a\xffb"));
        assert_eq!(written.unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(buf, "before");
        Message::new().encode_with(&mut buf, |data| data.write_all("\u{4e2d}\r\n".as_bytes())).unwrap();
        assert_eq!(buf, "beforedata: \u{4e2d}\ndata: \n\n");
    }

    #[test]
    fn a_value_that_cannot_be_written_leaves_the_buffer_alone() {
        let mut buf = BytesMut::from("before");
        let keys_must_be_strings = BTreeMap::from([((1, 2), 3)]);
        assert!(Message::from("x").encode_json(&keys_must_be_strings, &mut buf).is_err());
        assert_eq!(buf, "before");
    }
}
