//! Typed data: JSON in the data field.

use core::mem;
use std::io;

use bytes::{BufMut, BytesMut};
use memchr::memchr2;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Event, EventRef, Message,
    message::{DATA, write_head},
};

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

    /// Appends the encoded message to `buf` with this value as its data: the JSON is written where it belongs, with no
    /// string in between. Data that the message has is left out.
    ///
    /// # Errors
    ///
    /// The value cannot be serialized; `buf` is as it was then.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use sse_proto::{EventId, Message};
    ///
    /// let mut buf = BytesMut::new();
    /// Message::new().id(EventId::from(7)).encode_json(&("a", 1), &mut buf)?;
    /// assert_eq!(buf, "id: 7\ndata: [\"a\",1]\n\n");
    /// # Ok::<(), sse_proto::json::JsonError>(())
    /// ```
    pub fn encode_json<T: Serialize + ?Sized>(&self, value: &T, buf: &mut BytesMut) -> Result<(), JsonError> {
        let before = buf.len();
        write_head(self, buf);
        buf.put_slice(DATA);
        let written = serde_json::to_writer(DataWriter { buf, after_cr: false }, value);
        match written {
            Ok(()) => buf.put_slice(b"\n\n"),
            Err(_) => buf.truncate(before),
        }
        written
    }
}

impl Event {
    /// The data, read as JSON.
    ///
    /// # Errors
    ///
    /// The data is no JSON, or not that of a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        self.as_ref().json()
    }
}

impl EventRef<'_> {
    /// The data, read as JSON.
    ///
    /// # Errors
    ///
    /// The data is no JSON, or not that of a `T`.
    ///
    /// ```
    /// # let mut decoder = sse_proto::Decoder::new();
    /// # let mut input = &b"data: [\"a\",1]\n\n"[..];
    /// # let event = decoder.decode(&mut input)?.unwrap();
    /// let (name, count): (String, u32) = event.json()?;
    /// # assert_eq!((&*name, count), ("a", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_str(self.data())
    }
}

/// Writes text into a data field that has been begun, a line of the field for each line of the text: JSON itself has no
/// line breaks inside of strings, but between its tokens a serializer may put some.
struct DataWriter<'a> {
    buf: &'a mut BytesMut,
    after_cr: bool,
}

impl io::Write for DataWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if mem::take(&mut self.after_cr) && rest.starts_with(b"\n") {
                rest = &rest[1..];
                continue;
            }
            let Some(end) = memchr2(b'\r', b'\n', rest) else {
                self.buf.put_slice(rest);
                break;
            };
            self.after_cr = rest[end] == b'\r';
            self.buf.put_slice(&rest[..end]);
            self.buf.put_u8(b'\n');
            self.buf.put_slice(DATA);
            rest = &rest[end + 1..];
        }
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

    use crate::Message;

    #[test]
    fn line_breaks_between_tokens_stay_in_the_field() {
        let raw = RawValue::from_string(String::from("{\r\n\"a\":\r1,\n\"b\":2}")).unwrap();
        let mut buf = BytesMut::new();
        Message::new().encode_json(&raw, &mut buf).unwrap();
        assert_eq!(buf, "data: {\ndata: \"a\":\ndata: 1,\ndata: \"b\":2}\n\n");
    }

    #[test]
    fn a_value_that_cannot_be_written_leaves_the_buffer_alone() {
        let mut buf = BytesMut::from("before");
        let keys_must_be_strings = BTreeMap::from([((1, 2), 3)]);
        assert!(Message::from("x").encode_json(&keys_must_be_strings, &mut buf).is_err());
        assert_eq!(buf, "before");
    }
}
