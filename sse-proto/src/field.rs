//! Values of fields, checked when they are made.

use alloc::string::String;
use core::{error::Error, fmt, ops::Deref, str::FromStr, time::Duration};

use memchr::{memchr2, memchr3};

use crate::{Text, ends::any_low, text::decimal};

/// An event ID: any text without line breaks and without U+0000.
///
/// The empty ID is a value of its own: it resets the last event ID, and no `Last-Event-ID` header is sent for it.
///
/// ```
/// use sse_proto::{EventId, FieldError};
///
/// assert_eq!(EventId::new("42")?.as_str(), "42");
/// assert_eq!(EventId::from(42_u64), EventId::new("42")?);
/// assert_eq!(EventId::new("a\nb"), Err(FieldError::LineBreak { field: "id", at: 1 }));
/// assert_eq!(EventId::new("a\0"), Err(FieldError::Nul { at: 1 }));
/// # Ok::<(), FieldError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventId(Text);

impl EventId {
    /// The empty ID, which resets the last event ID.
    pub const fn empty() -> Self {
        Self(Text::new())
    }

    /// Checks `id` and wraps it.
    ///
    /// # Errors
    ///
    /// [`FieldError::LineBreak`] or [`FieldError::Nul`], with the place of the first such character: a reader would
    /// see another field, or drop this one.
    #[inline(always)]
    pub fn new(id: impl Into<Text>) -> Result<Self, FieldError> {
        let id = id.into();
        if any_low(id.as_bytes()) {
            check_id(id.as_bytes())?;
        }
        Ok(Self(id))
    }

    /// Creates an ID from a literal, checked when the program is compiled if it is evaluated there: in a `const` or
    /// `static` item, or a `const` block.
    ///
    /// ```
    /// use sse_proto::EventId;
    ///
    /// const START: EventId = EventId::from_static("start");
    /// ```
    ///
    /// A line break does not compile:
    ///
    /// ```compile_fail,E0080
    /// const START: sse_proto::EventId = sse_proto::EventId::from_static("start\n");
    /// ```
    ///
    /// # Panics
    ///
    /// The text holds a line break or U+0000. Use [`new`](Self::new) for text that is not a literal.
    pub const fn from_static(id: &'static str) -> Self {
        let bytes = id.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(!matches!(bytes[at], b'\r' | b'\n' | 0), "an event ID must not hold a line break or U+0000");
            at += 1;
        }
        Self(Text::from_static(id))
    }

    /// Stands for a received `Last-Event-ID` that cannot be used: U+FFFD alone.
    ///
    /// No [`EventLog`](crate::server::EventLog) knows or accepts it, so such a client is not mistaken for a new one
    /// ([`last_event_id_in_header`](crate::server::last_event_id_in_header)). Treat it as any ID that you do not know.
    ///
    /// ```
    /// use sse_proto::{EventId, Timestamp, server::{EventLog, LogConfig, Resumed, StartAt}};
    ///
    /// let mut log = EventLog::new(LogConfig::new());
    /// let (_, resumed) = log.subscribe(StartAt::After(&EventId::unusable()), Timestamp::default());
    /// assert_eq!(resumed, Resumed::Unknown);
    /// ```
    pub const fn unusable() -> Self {
        Self(Text::from_static("\u{fffd}"))
    }

    /// Wraps text that was received in an `id` line, which cannot hold any of the refused characters.
    pub(crate) const fn received(id: Text) -> Self {
        Self(id)
    }

    /// The ID as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Unwraps the text.
    pub fn into_text(self) -> Text {
        self.0
    }

    /// Whether the ID can be the value of an HTTP header: no control characters but the tab (decision D-09).
    pub fn fits_header(&self) -> bool {
        self.control_character().is_none()
    }

    /// The byte offset of the first control character that an HTTP header forbids.
    pub(crate) fn control_character(&self) -> Option<usize> {
        self.0.bytes().position(|byte| byte != b'\t' && (byte < b' ' || byte == 0x7f))
    }
}

impl AsRef<str> for EventId {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq<str> for EventId {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for EventId {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl Deref for EventId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<u64> for EventId {
    /// The number in decimal digits.
    fn from(id: u64) -> Self {
        Self(Text::from(decimal(id, &mut [0; 20])))
    }
}

impl FromStr for EventId {
    type Err = FieldError;

    fn from_str(id: &str) -> Result<Self, FieldError> {
        Self::new(id)
    }
}

impl TryFrom<&str> for EventId {
    type Error = FieldError;

    fn try_from(id: &str) -> Result<Self, FieldError> {
        Self::new(id)
    }
}

impl TryFrom<String> for EventId {
    type Error = FieldError;

    fn try_from(id: String) -> Result<Self, FieldError> {
        Self::new(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// An event type: any non-empty text without line breaks.
///
/// The empty text is refused because a reader treats it as "no type", which is `message`.
///
/// ```
/// use sse_proto::{EventType, FieldError};
///
/// assert_eq!(EventType::new("add")?.as_str(), "add");
/// assert_eq!(EventType::new("a\r"), Err(FieldError::LineBreak { field: "event", at: 1 }));
/// assert_eq!(EventType::new(""), Err(FieldError::EmptyType));
/// assert!(EventType::default().is_message());
/// # Ok::<(), FieldError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventType(Text);

impl EventType {
    /// The type of an event that names none: `message`.
    pub const MESSAGE: &'static str = "message";

    /// Checks `event_type` and wraps it.
    ///
    /// # Errors
    ///
    /// [`FieldError::LineBreak`] with the place of the first one, or [`FieldError::EmptyType`].
    #[inline(always)]
    pub fn new(event_type: impl Into<Text>) -> Result<Self, FieldError> {
        let event_type = event_type.into();
        if event_type.is_empty() || any_low(event_type.as_bytes()) {
            check_type(event_type.as_bytes())?;
        }
        Ok(Self(event_type))
    }

    /// Creates a type from a literal, checked when the program is compiled if it is evaluated there: in a `const` or
    /// `static` item, or a `const` block.
    ///
    /// ```
    /// use sse_proto::{EventType, Message};
    ///
    /// const TICK: EventType = EventType::from_static("tick");
    ///
    /// let message = Message::new().event(TICK).data("1");
    /// ```
    ///
    /// Invalid text does not compile:
    ///
    /// ```compile_fail,E0080
    /// const TICK: sse_proto::EventType = sse_proto::EventType::from_static("");
    /// ```
    ///
    /// # Panics
    ///
    /// The text is empty or holds a line break. Use [`new`](Self::new) for text that is not a literal.
    pub const fn from_static(event_type: &'static str) -> Self {
        let bytes = event_type.as_bytes();
        assert!(!bytes.is_empty(), "an event type must not be empty");
        let mut at = 0;
        while at < bytes.len() {
            assert!(!matches!(bytes[at], b'\r' | b'\n'), "an event type must not hold a line break");
            at += 1;
        }
        Self(Text::from_static(event_type))
    }

    /// Wraps text that was received in an `event` line and is not empty.
    pub(crate) const fn received(event_type: Text) -> Self {
        Self(event_type)
    }

    /// The type as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Unwraps the text.
    pub fn into_text(self) -> Text {
        self.0
    }

    /// Whether this is the default type, `message`.
    pub fn is_message(&self) -> bool {
        self.as_str() == Self::MESSAGE
    }
}

impl Default for EventType {
    /// The type `message`.
    fn default() -> Self {
        Self(Text::from_static(Self::MESSAGE))
    }
}

impl AsRef<str> for EventType {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq<str> for EventType {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for EventType {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl Deref for EventType {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventType {
    type Err = FieldError;

    fn from_str(event_type: &str) -> Result<Self, FieldError> {
        Self::new(event_type)
    }
}

impl TryFrom<&str> for EventType {
    type Error = FieldError;

    fn try_from(event_type: &str) -> Result<Self, FieldError> {
        Self::new(event_type)
    }
}

impl TryFrom<String> for EventType {
    type Error = FieldError;

    fn try_from(event_type: String) -> Result<Self, FieldError> {
        Self::new(event_type)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The value of a `retry` field: a reconnection time in whole milliseconds.
///
/// ```
/// use core::time::Duration;
/// use sse_proto::{FieldError, Retry};
///
/// assert_eq!(Retry::from_millis(3000).as_duration(), Duration::from_secs(3));
/// assert_eq!(Retry::try_from(Duration::from_secs(3))?.as_millis(), 3000);
/// assert_eq!(Retry::try_from(Duration::from_micros(1)), Err(FieldError::RetryNotWholeMillis));
/// # Ok::<(), FieldError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Retry(u64);

impl Retry {
    /// A time of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The time in milliseconds. Received values above [`u64::MAX`] are capped there.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time as a duration.
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl TryFrom<Duration> for Retry {
    type Error = FieldError;

    /// Takes a duration of whole milliseconds.
    fn try_from(duration: Duration) -> Result<Self, FieldError> {
        if !duration.subsec_nanos().is_multiple_of(1_000_000) {
            return Err(FieldError::RetryNotWholeMillis);
        }
        u64::try_from(duration.as_millis()).map(Self).map_err(|_| FieldError::RetryTooLong)
    }
}

impl From<Retry> for Duration {
    fn from(retry: Retry) -> Self {
        retry.as_duration()
    }
}

/// Why a value cannot be the value of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FieldError {
    /// An event type was empty; leave the type out to send a `message`.
    EmptyType,
    /// A CR or LF would end the line, and what follows it would be read as another field.
    LineBreak {
        /// The field's name, `event` or `id`.
        field: &'static str,
        /// The byte offset of the first line break.
        at: usize,
    },
    /// An ID with U+0000 is ignored by every reader that follows the standard.
    Nul {
        /// The byte offset of the first U+0000.
        at: usize,
    },
    /// A reconnection time is written in whole milliseconds; round the duration first.
    RetryNotWholeMillis,
    /// A reconnection time of more than [`u64::MAX`] milliseconds.
    RetryTooLong,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyType => f.write_str("an event type must not be empty: leave it out to send a `message`"),
            Self::LineBreak { field, at } => {
                write!(f, "the value of `{field}` must not hold a line break (CR or LF), found one at byte {at}")
            }
            Self::Nul { at } => write!(f, "an event ID must not hold U+0000, found one at byte {at}"),
            Self::RetryNotWholeMillis => f.write_str("a reconnection time must be in whole milliseconds"),
            Self::RetryTooLong => f.write_str("a reconnection time must be at most u64::MAX milliseconds"),
        }
    }
}

impl Error for FieldError {}

/// Finds what makes a text no ID.
#[cold]
fn check_id(id: &[u8]) -> Result<(), FieldError> {
    match memchr3(b'\r', b'\n', 0, id) {
        None => Ok(()),
        Some(at) if id.get(at) == Some(&0) => Err(FieldError::Nul { at }),
        Some(at) => Err(FieldError::LineBreak { field: "id", at }),
    }
}

/// Finds what makes a text no event type.
#[cold]
fn check_type(event_type: &[u8]) -> Result<(), FieldError> {
    if event_type.is_empty() {
        return Err(FieldError::EmptyType);
    }
    match memchr2(b'\r', b'\n', event_type) {
        None => Ok(()),
        Some(at) => Err(FieldError::LineBreak { field: "event", at }),
    }
}

#[cfg(test)]
mod tests {
    use super::{EventId, EventType, FieldError};

    #[test]
    fn a_literal_and_a_parsed_value_are_those_that_new_makes() {
        const ID: EventId = EventId::from_static("a b");
        const TYPE: EventType = EventType::from_static("add");
        assert_eq!((Ok(ID), Ok(TYPE)), (EventId::new("a b"), EventType::new("add")));
        assert_eq!(EventId::from_static(""), EventId::empty());
        assert_eq!(("a b".parse(), "add".parse()), (Ok(ID), Ok(TYPE)));
        assert_eq!("a\r".parse::<EventId>(), Err(FieldError::LineBreak { field: "id", at: 1 }));
        assert_eq!("".parse::<EventType>(), Err(FieldError::EmptyType));
    }

    #[test]
    #[should_panic(expected = "U+0000")]
    fn a_literal_id_with_u_0000_panics_outside_of_a_constant() {
        let _ = EventId::from_static("a\0");
    }
}
