//! Typed events: how events are read as values, and what some events mean beyond the standard.
//!
//! [`FromEvent`] reads an event as a value, most often a variant of an enum chosen by the event's type; with the
//! feature `json`, the macro `events!` writes such an enum, and `Json` reads any type from JSON. A [`Convention`] names
//! the events that end a stream, or report an error in it. A [`Reading`] applies both to one stream, without any I/O.

#[cfg(feature = "json")]
mod choice;
#[cfg(not(feature = "json"))]
mod choiceless;
mod convention;
mod reading;

#[cfg(feature = "json")]
use core::marker::PhantomData;
use core::{convert::Infallible, fmt};

#[cfg(feature = "json")]
#[doc(hidden)]
pub use self::choice::{Payload, ReadJson};
pub use self::{
    convention::{Convention, Mark, Meaning},
    reading::{Reading, SourceError, TypedError},
};
use crate::{Event, EventId, EventType};

/// A way to read events as values: most often implemented for the value's own type.
///
/// An implementation by hand usually chooses by the event's type, and keeps events of unknown types. The macro `events!`
/// (feature `json`) writes such an implementation.
///
/// ```
/// use sse_proto::{Event, typed::FromEvent};
///
/// enum Feed {
///     Price(f64),
///     Ping,
///     Unknown(Event),
/// }
///
/// impl FromEvent for Feed {
///     type Value = Self;
///     type Error = std::num::ParseFloatError;
///
///     fn from_event(event: &Event) -> Result<Self, Self::Error> {
///         Ok(match event.event_type() {
///             "price" => Self::Price(event.data().parse()?),
///             "ping" => Self::Ping,
///             _ => Self::Unknown(event.clone()),
///         })
///     }
/// }
/// ```
pub trait FromEvent {
    /// What an event is read as: `Self`, unless the type that implements the trait only names a way to read.
    type Value;
    /// Why an event cannot be read.
    type Error;

    /// Reads the value. The event's parts are shared bytes: a clone of it copies nothing.
    ///
    /// # Errors
    ///
    /// The event does not hold such a value.
    fn from_event(event: &Event) -> Result<Self::Value, Self::Error>;
}

/// The event itself.
impl FromEvent for Event {
    type Value = Self;
    type Error = Infallible;

    fn from_event(event: &Event) -> Result<Self, Infallible> {
        Ok(event.clone())
    }
}

/// Reads the data of all events as JSON of a `T`, whatever their types are.
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
#[derive(Debug)]
pub struct Json<T>(PhantomData<fn() -> T>);

#[cfg(feature = "json")]
impl<T: serde::de::DeserializeOwned> FromEvent for Json<T> {
    type Value = T;
    type Error = crate::json::JsonError;

    fn from_event(event: &Event) -> Result<T, Self::Error> {
        event.json()
    }
}

/// An event whose data was read as a value.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Typed<T> {
    /// The value.
    pub value: T,
    /// The event's type: `message` where none was sent.
    pub event_type: EventType,
    /// The last event ID when the event was dispatched.
    pub last_event_id: EventId,
}

impl<T> Typed<T> {
    /// Applies a function to the value, and keeps type and ID.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Typed<U> {
        Typed { value: map(self.value), event_type: self.event_type, last_event_id: self.last_event_id }
    }

    /// Unwraps the value.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T: fmt::Display> fmt::Display for Typed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
