//! Conventions: what some events mean beyond the standard.

use alloc::vec::Vec;

use crate::{EventRef, Text};

/// What a server and its clients have agreed on in addition to the standard: which events end a stream, and which report
/// an error in it. Without rules, every event is an ordinary one.
///
/// ```
/// use sse_proto::typed::{Convention, Mark};
///
/// // `data: [DONE]` ends the stream; `{"error": …}` or `event: error` reports an error.
/// # #[cfg(feature = "json")]
/// let completion = Convention::completion();
///
/// // `event: message_stop` is delivered and ends the stream; `event: error` reports an error.
/// let messages = Convention::new().end_after(Mark::event_type("message_stop")).error_at(Mark::event_type("error"));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Convention {
    rules: Vec<(Mark, Meaning)>,
}

/// How an event with a meaning is recognised.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Mark {
    /// The event's data is exactly this.
    Data(Text),
    /// The event's type is exactly this.
    EventType(Text),
    /// The event's data is a JSON object that has this key, with a value other than `null`.
    #[cfg(feature = "json")]
    JsonKey(Text),
}

/// What an event means under a convention.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Meaning {
    /// It is an ordinary event.
    Data,
    /// It ends the stream, and is not delivered.
    End,
    /// It reports an error, and ends the stream.
    Error,
    /// It is an ordinary event, and the last one.
    Last,
}

impl Convention {
    /// Creates a convention without rules.
    pub const fn new() -> Self {
        Self { rules: Vec::new() }
    }

    /// The convention of the completion streams of language models: the data `[DONE]` ends the stream, and an event of the
    /// type `error`, or JSON data with the key `error`, reports an error.
    #[cfg(feature = "json")]
    pub fn completion() -> Self {
        Self::new().end_at(Mark::data("[DONE]")).error_at(Mark::event_type("error")).error_at(Mark::json_key("error"))
    }

    /// An event with this mark ends the stream, and is not delivered.
    #[must_use]
    pub fn end_at(self, mark: Mark) -> Self {
        self.rule(mark, Meaning::End)
    }

    /// An event with this mark is delivered, and ends the stream.
    #[must_use]
    pub fn end_after(self, mark: Mark) -> Self {
        self.rule(mark, Meaning::Last)
    }

    /// An event with this mark reports an error, and ends the stream. For an error that does not end the stream, use a
    /// variant of your enum instead.
    #[must_use]
    pub fn error_at(self, mark: Mark) -> Self {
        self.rule(mark, Meaning::Error)
    }

    /// What the event means. The first mark that it has decides, in the order of the rules.
    pub fn meaning(&self, event: EventRef<'_>) -> Meaning {
        self.rules.iter().find(|(mark, _)| mark.is_on(event)).map_or(Meaning::Data, |(_, meaning)| *meaning)
    }

    /// Whether a complete stream has an event that ends it, so that a stream without it was cut off.
    pub fn has_end(&self) -> bool {
        self.rules.iter().any(|(_, meaning)| matches!(meaning, Meaning::End | Meaning::Last))
    }

    fn rule(mut self, mark: Mark, meaning: Meaning) -> Self {
        self.rules.push((mark, meaning));
        self
    }
}

impl Mark {
    /// The event's data is exactly this.
    pub fn data(data: impl Into<Text>) -> Self {
        Self::Data(data.into())
    }

    /// The event's type is exactly this.
    pub fn event_type(event_type: impl Into<Text>) -> Self {
        Self::EventType(event_type.into())
    }

    /// The event's data is a JSON object that has this key, with a value other than `null`.
    #[cfg(feature = "json")]
    pub fn json_key(key: impl Into<Text>) -> Self {
        Self::JsonKey(key.into())
    }

    /// Whether the event has this mark.
    pub fn is_on(&self, event: EventRef<'_>) -> bool {
        match self {
            Self::Data(data) => event.data() == &**data,
            Self::EventType(event_type) => event.event_type() == &**event_type,
            #[cfg(feature = "json")]
            Self::JsonKey(key) => crate::json::has_key(event.data(), key),
        }
    }
}
