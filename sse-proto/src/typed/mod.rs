//! Typed events: what an event's data is to the application, and what some events mean beyond the standard.
//!
//! [`FromEvent`] makes a value of an event, most often a variant of an enum chosen by the event's type; with the
//! feature `json`, the macro `events!` writes such an enum. A [`Convention`] names the events that end a stream, or
//! report an error in it. A [`Reading`] applies both to one stream, without any I/O.

#[cfg(feature = "json")]
mod choice;
#[cfg(not(feature = "json"))]
mod choiceless;
mod convention;
mod reading;

use core::{convert::Infallible, fmt};

#[cfg(feature = "json")]
#[doc(hidden)]
pub use self::choice::{Payload, ReadJson};
pub use self::{
    convention::{Convention, Mark, Meaning},
    reading::{Reading, TypedError},
};
use crate::{Event, EventId, EventType};

/// A value that an event carries.
///
/// Implemented by hand, it chooses by the event's type, and keeps what it does not know. The macro `events!` (feature
/// `json`) writes such an implementation.
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
pub trait FromEvent: Sized {
    /// Why an event is none of these values.
    type Error;

    /// Makes the value. The event's parts are shared bytes: a clone of it copies nothing.
    ///
    /// # Errors
    ///
    /// The event's data is not what it is to be.
    fn from_event(event: &Event) -> Result<Self, Self::Error>;
}

/// The event itself.
impl FromEvent for Event {
    type Error = Infallible;

    fn from_event(event: &Event) -> Result<Self, Infallible> {
        Ok(event.clone())
    }
}

/// An event whose data has been read as a value.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Typed<T> {
    /// What the event's data was read as.
    pub value: T,
    /// The event's type: `message` where none was sent.
    pub event_type: EventType,
    /// The last event ID when the event was dispatched.
    pub last_event_id: EventId,
}

impl<T> Typed<T> {
    /// Does something with the value, and keeps type and ID.
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
