//! Data that is written as it comes.

use core::{fmt, mem};

use bytes::{BufMut, BytesMut};
use memchr::memchr2;

use crate::{
    Message,
    message::{DATA, write_head, write_id_after},
};

/// Writes text into a data field that has been begun: a line of the field for each line of the text, whatever the pieces
/// are that it comes in.
pub struct DataWriter<'a> {
    buf: &'a mut BytesMut,
    after_cr: bool,
}

impl DataWriter<'_> {
    /// Appends some of the data, which is UTF-8.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
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
    }
}

impl fmt::Write for DataWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for DataWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataWriter").finish_non_exhaustive()
    }
}

impl Message {
    /// Appends the encoded message to `buf`, with the data that this function writes, and no string in between. Data that
    /// the message has is left out.
    ///
    /// # Errors
    ///
    /// The function's errors. `buf` stays unchanged, also if the function panics.
    ///
    /// ```
    /// use core::fmt::Write;
    /// use bytes::BytesMut;
    /// use sse_proto::{EventId, Message};
    ///
    /// let mut buf = BytesMut::new();
    /// let message = Message::new().id(EventId::from(7));
    /// message.encode_with(&mut buf, |data| write!(data, "{:.2}\n{}", 1.5, "EUR"))?;
    /// assert_eq!(buf, "data: 1.50\ndata: EUR\nid: 7\n\n");
    /// # Ok::<(), core::fmt::Error>(())
    /// ```
    pub fn encode_with<E>(
        &self,
        buf: &mut BytesMut,
        write: impl FnOnce(&mut DataWriter<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut begun = Begun { before: buf.len(), buf };
        write_head(self, begun.buf);
        begun.buf.put_slice(DATA);
        write(&mut DataWriter { buf: begun.buf, after_cr: false })?;
        match &self.id {
            None => begun.buf.put_slice(b"\n\n"),
            Some(id) => write_id_after(id, begun.buf),
        }
        begun.before = begun.buf.len();
        Ok(())
    }
}

/// A message that has been begun and may not be finished: dropping it truncates the buffer to its length `before`.
struct Begun<'a> {
    buf: &'a mut BytesMut,
    before: usize,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.buf.truncate(self.before);
    }
}
