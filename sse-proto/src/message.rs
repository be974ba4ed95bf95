//! Messages, and how they are encoded.

use alloc::boxed::Box;
use core::{error::Error, fmt};

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    Event, EventId, EventRef, EventType, Retry, Text,
    ends::{LineEnds, any_low},
    text::{decimal, decimal_len},
};

/// Something to send: an event, or only a comment, an ID or a reconnection time.
///
/// A message with data is an event; so is one with an event type, whose data is then empty if none is given, because a
/// reader drops a type that comes without data. Data and comments may hold line breaks: they are split at CR, LF and
/// CRLF, and a reader gets LF for each. A reader gets everything else unchanged.
///
/// The lines are written in the order `comment`, `event`, `retry`, `data`, `id`. The standard leaves the order free; `id`
/// comes last because widely used clients (eventsource 2 and fetch-event-source for JavaScript) note the ID when they read
/// its line. If the connection breaks between an ID and the data after it, they resume after an event that they never got.
/// One byte of that window is left, the blank line.
///
/// A blank line ends a message that has an event or an ID, because a reader dispatches it there (R-090). A message with
/// only a comment, a reconnection time or both has nothing to dispatch and is written as its lines alone. A client that
/// reports something at each blank line, as fetch-event-source does, gets no empty message from it.
///
/// ```
/// use sse_proto::{EventId, EventType, Message, Retry};
///
/// let message = Message::new()
///     .event(EventType::new("add")?)
///     .id(EventId::from(7))
///     .retry(Retry::from_millis(3000))
///     .data("first line\nsecond line");
/// assert_eq!(
///     message.to_bytes(),
///     "event: add\nretry: 3000\ndata: first line\ndata: second line\nid: 7\n\n",
/// );
/// assert_eq!(Message::new().id(EventId::from(8)).to_bytes(), "id: 8\n\n");
/// assert_eq!(Message::new().comment("still here").to_bytes(), ": still here\n");
/// # Ok::<(), sse_proto::FieldError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Message {
    /// In a box, because messages are moved while they are built and few have one: a move of more than 128 bytes is a
    /// call. Without the box, building and encoding the event of a single byte takes 1.2 times as long.
    pub(crate) comment: Option<Box<Text>>,
    pub(crate) event_type: Option<EventType>,
    pub(crate) id: Option<EventId>,
    pub(crate) retry: Option<Retry>,
    pub(crate) data: Option<Text>,
}

impl Message {
    /// Creates an empty message, which encodes to no bytes.
    #[inline]
    pub const fn new() -> Self {
        Self { comment: None, event_type: None, id: None, retry: None, data: None }
    }

    /// Sets the data.
    #[inline(always)]
    #[must_use]
    pub fn data(mut self, data: impl Into<Text>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Sets the event type; without one, the event is a `message` for a reader.
    #[inline(always)]
    #[must_use]
    pub fn event(mut self, event_type: EventType) -> Self {
        self.event_type = Some(event_type);
        self
    }

    /// Sets the ID, which a client sends back when it reconnects. The empty ID resets the client's.
    #[inline(always)]
    #[must_use]
    pub fn id(mut self, id: EventId) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the reconnection time that the client uses from then on.
    #[inline(always)]
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets a comment, which readers ignore.
    #[inline(always)]
    #[must_use]
    pub fn comment(mut self, comment: impl Into<Text>) -> Self {
        self.comment = Some(Box::new(comment.into()));
        self
    }

    /// Appends the encoded message to `buf`.
    ///
    /// # Errors
    ///
    /// The buffer cannot grow and has too little room; nothing is written then.
    #[inline]
    pub fn encode(&self, buf: &mut impl BufMut) -> Result<(), BufferTooSmall> {
        let room = buf.remaining_mut();
        if room < self.most_len() && room < self.encoded_len() {
            return Err(BufferTooSmall { needed: self.encoded_len(), room });
        }
        self.write(buf);
        Ok(())
    }

    /// Writes the encoded message to the front of `slice` and returns its length.
    ///
    /// # Errors
    ///
    /// The slice is too short; it is unchanged then.
    ///
    /// ```
    /// use sse_proto::{BufferTooSmall, Message};
    ///
    /// let message = Message::new().data("hello");
    /// let mut slice = [0; 16];
    /// assert_eq!(message.encode_slice(&mut slice[..4]), Err(BufferTooSmall { needed: 13, room: 4 }));
    /// assert_eq!(message.encode_slice(&mut slice)?, 13);
    /// assert_eq!(&slice[..13], b"data: hello\n\n");
    /// # Ok::<(), BufferTooSmall>(())
    /// ```
    pub fn encode_slice(&self, slice: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let room = slice.len();
        let mut rest = slice;
        self.encode(&mut rest)?;
        Ok(room - rest.len())
    }

    /// Encodes the message into bytes that can be shared: one encoding for any number of readers.
    pub fn to_bytes(&self) -> Bytes {
        let mut buf = BytesMut::with_capacity(self.encoded_len());
        self.write(&mut buf);
        buf.freeze()
    }

    /// How many bytes the encoded message has.
    pub fn encoded_len(&self) -> usize {
        let line = |prefix: &str, value: &str| prefix.len() + value.len() + 1;
        let comment = self.comment.as_ref().map_or(0, |text| lines_len(COMMENT, text));
        let event_type = self.event_type.as_deref().map_or(0, |event_type| line(EVENT, event_type));
        let id = self.id.as_deref().map_or(0, |id| line(ID, id));
        let retry = self.retry.map_or(0, |retry| RETRY.len() + decimal_len(retry.as_millis()) + 1);
        let data = self.data_to_write().map_or(0, |text| lines_len(DATA, text));
        comment + event_type + id + retry + data + usize::from(self.is_event() || self.id.is_some())
    }

    /// Whether a reader gets an event from this message, and not only a comment, an ID or a reconnection time.
    #[inline]
    pub fn is_event(&self) -> bool {
        self.data_to_write().is_some()
    }

    /// The data, if it is set.
    pub const fn event_data(&self) -> Option<&Text> {
        self.data.as_ref()
    }

    /// The event type, if one is set.
    pub const fn event_type(&self) -> Option<&EventType> {
        self.event_type.as_ref()
    }

    /// The ID, if one is set.
    pub const fn event_id(&self) -> Option<&EventId> {
        self.id.as_ref()
    }

    /// The reconnection time, if one is set.
    pub const fn reconnection_time(&self) -> Option<Retry> {
        self.retry
    }

    /// The comment, if one is set.
    pub const fn comment_text(&self) -> Option<&Text> {
        match &self.comment {
            Some(comment) => Some(comment),
            None => None,
        }
    }

    /// An upper bound of `encoded_len` that does not depend on the text: every byte may be a line break.
    #[inline]
    pub(crate) fn most_len(&self) -> usize {
        let len = |text: Option<&str>| text.map_or(0, str::len);
        let texts = [len(self.data.as_deref()), len(self.event_type.as_deref()), len(self.id.as_deref())];
        let texts = texts.iter().fold(len(self.comment_text().map(Text::as_str)), |sum, len| sum.saturating_add(*len));
        texts.saturating_mul(DATA.len() + 1).saturating_add(FIXED)
    }

    #[inline]
    fn data_to_write(&self) -> Option<&str> {
        self.data.as_deref().or(self.event_type.as_ref().map(|_| ""))
    }

    fn write(&self, buf: &mut impl BufMut) {
        write_head(self, buf);
        match (self.data_to_write(), &self.id) {
            (None, None) => {}
            (None, Some(id)) => write_id(id, buf),
            (Some(data), None) => {
                put_lines(buf, DATA, data);
                buf.put_slice(b"\n\n");
            }
            (Some(data), Some(id)) => {
                put_lines(buf, DATA, data);
                write_id_after(id, buf);
            }
        }
    }
}

impl<T: Into<Text>> From<T> for Message {
    /// Creates an event with this data only.
    fn from(data: T) -> Self {
        Self::new().data(data)
    }
}

impl From<Event> for Message {
    /// Passes a received event on, with the same bytes: for relays. A reader of the message gets an equal event.
    ///
    /// A byte that was not valid UTF-8 was received as U+FFFD, and is passed on as the three bytes of it. So a value near
    /// a limit of the [`Decoder`](crate::Decoder) can exceed the same limit of the next reader.
    ///
    /// The type is left out if it is `message`, the default. The ID is set only if it came with the event; see
    /// [`Event::id`].
    ///
    /// ```
    /// use sse_proto::{Chunk, Decoder, Message, bytes::Bytes};
    ///
    /// let mut chunk = Chunk::new(Bytes::from_static(b"id: 1\ndata: a\n\nevent: add\ndata: b\n\n"));
    /// let mut decoder = Decoder::new();
    /// let mut output = Vec::new();
    /// while let Some(event) = decoder.decode_owned(&mut chunk)? {
    ///     Message::from(event).encode(&mut output)?;
    /// }
    /// assert_eq!(output, b"data: a\nid: 1\n\nevent: add\ndata: b\n\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn from(event: Event) -> Self {
        let own_id = event.id().is_some();
        let (event_type, data, id) = event.into_parts();
        Self {
            event_type: (!event_type.is_message()).then_some(event_type),
            id: own_id.then_some(id),
            ..Self::new().data(data)
        }
    }
}

impl From<&Event> for Message {
    /// Passes a received event on, with the same bytes, as `From<Event>` does.
    fn from(event: &Event) -> Self {
        Self::from(event.clone())
    }
}

impl From<EventRef<'_>> for Message {
    /// Copies a received event to pass it on, as `From<Event>` does.
    fn from(event: EventRef<'_>) -> Self {
        Self::from(event.to_owned())
    }
}

const COMMENT: &[u8; 2] = b": ";
pub(crate) const DATA: &[u8; 6] = b"data: ";
const EVENT: &str = "event: ";
const ID: &str = "id: ";
const RETRY: &str = "retry: ";
/// More than the names of all fields, the ends of their lines and the digits of a reconnection time.
const FIXED: usize = 64;
/// Up to this length, a text is first searched for any low byte: chat completion chunks encode 1.2 times as fast.
const SHORT: usize = 512;

/// Writes the lines before the data.
pub(crate) fn write_head(message: &Message, buf: &mut impl BufMut) {
    if let Some(comment) = &message.comment {
        put_lines(buf, COMMENT, comment);
        buf.put_u8(b'\n');
    }
    if let Some(event_type) = &message.event_type {
        put_line(buf, EVENT, event_type.as_bytes());
    }
    if let Some(retry) = message.retry {
        let mut digits = [0; 20];
        put_line(buf, RETRY, decimal(retry.as_millis(), &mut digits).as_bytes());
    }
}

/// Writes the last line and the blank line.
fn write_id(id: &EventId, buf: &mut impl BufMut) {
    buf.put_slice(ID.as_bytes());
    buf.put_slice(id.as_bytes());
    buf.put_slice(b"\n\n");
}

/// Ends the line of data, and writes the last line and the blank line.
pub(crate) fn write_id_after(id: &EventId, buf: &mut impl BufMut) {
    buf.put_slice(b"\nid: ");
    buf.put_slice(id.as_bytes());
    buf.put_slice(b"\n\n");
}

fn put_line(buf: &mut impl BufMut, prefix: &str, value: &[u8]) {
    buf.put_slice(prefix.as_bytes());
    buf.put_slice(value);
    buf.put_u8(b'\n');
}

/// One line for each line of the text (R-050, R-052), the last one without its end.
#[inline]
fn put_lines<const N: usize>(buf: &mut impl BufMut, prefix: &[u8; N], text: &str) {
    let text = text.as_bytes();
    if text.len() <= SHORT && !any_low(text) {
        buf.put_slice(prefix);
        buf.put_slice(text);
    } else {
        put_found_lines(buf, prefix, text);
    }
}

fn put_found_lines<const N: usize>(buf: &mut impl BufMut, prefix: &[u8; N], text: &[u8]) {
    let (mut start, mut ends) = (0, LineEnds::from(0));
    while let Some(end) = ends.next(text) {
        if end < start {
            // The LF of a CRLF.
            continue;
        }
        buf.put_slice(prefix);
        if text[end] == b'\n' {
            buf.put_slice(&text[start..=end]);
        } else {
            buf.put_slice(&text[start..end]);
            buf.put_u8(b'\n');
        }
        start = after_line_end(text, end);
    }
    buf.put_slice(prefix);
    buf.put_slice(&text[start..]);
}

fn lines_len(prefix: &[u8], text: &str) -> usize {
    let text = text.as_bytes();
    // Every line has a prefix and one byte at its end, whatever it had there before.
    let (mut len, mut start, mut ends) = (0, 0, LineEnds::from(0));
    while let Some(end) = ends.next(text) {
        if end >= start {
            len += prefix.len() + (end - start) + 1;
            start = after_line_end(text, end);
        }
    }
    len + prefix.len() + (text.len() - start) + 1
}

/// Where the line after this CR, LF or CRLF begins.
fn after_line_end(text: &[u8], end: usize) -> usize {
    end + 1 + usize::from(text[end] == b'\r' && text.get(end + 1) == Some(&b'\n'))
}

/// A buffer that cannot grow has too little room for a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BufferTooSmall {
    /// How many bytes the message needs.
    pub needed: usize,
    /// How many bytes there are.
    pub room: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, room } = self;
        write!(f, "the message needs {needed} bytes and the buffer has room for {room}")
    }
}

impl Error for BufferTooSmall {}
