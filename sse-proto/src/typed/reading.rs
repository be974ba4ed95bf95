//! One stream, read by a convention.

use core::{error::Error, fmt, marker::PhantomData, time::Duration};

use super::{Convention, FromEvent, Meaning, Typed};
use crate::{
    Event, StreamEnd,
    client::{Failure, Refusal},
    hidden::Hidden,
};

/// Reads the events of one stream as values, and knows when it is over. `V` defines how an event is read.
///
/// ```
/// use core::{convert::Infallible, num::ParseIntError};
/// use sse_proto::{Event, EventId, EventType, typed::{Convention, FromEvent, Mark, Reading}};
///
/// struct Number;
///
/// impl FromEvent for Number {
///     type Value = i32;
///     type Error = ParseIntError;
///
///     fn from_event(event: &Event) -> Result<i32, ParseIntError> {
///         event.data().parse()
///     }
/// }
///
/// let event = |data: &str| Event::new(EventType::default(), data, EventId::empty());
/// let numbers = Convention::new().end_at(Mark::data("end"));
/// let mut reading = Reading::<Number>::new().with_convention(numbers);
///
/// let item = reading.handle_event::<Infallible>(event("1"));
/// assert_eq!(item.unwrap()?.value, 1);
/// assert_eq!(reading.handle_event::<Infallible>(event("end")), None);
/// assert!(reading.is_over());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reading<V> {
    convention: Convention,
    over: bool,
    value: PhantomData<fn() -> V>,
}

/// Why there is no value.
///
/// `S` is the error of the source of events, and `E` the error of reading an event.
///
/// Of an event that could not be read, `Debug` shows the type, and the lengths of the data and the ID.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub enum TypedError<S, E> {
    /// The server reported an error, in an event that the convention marks as one. Nothing comes after it. With the
    /// feature `json`, [`Event::json`] reads its data.
    Reported(Event),
    /// The source failed. Nothing comes after it.
    Source(S),
    /// The stream ended without the event that the convention ends it with, or in the middle of an event: it was cut
    /// off. Nothing comes after it.
    Truncated {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// An event could not be read, and it reports no error. The next event may be readable; after the event that the
    /// convention has as the last, nothing comes.
    Unreadable {
        /// The event as received.
        event: Event,
        /// What is wrong with it.
        error: E,
    },
}

/// The questions that [`TypedError`] passes on to the error of its source.
pub trait SourceError {
    /// Whether the stream was cut off: it was open and did not end in order, so that some of it may be missing.
    fn is_cut_off(&self) -> bool;

    /// Whether a time limit was exceeded.
    fn is_timeout(&self) -> bool {
        false
    }

    /// The status of the response, if it opened no stream.
    fn status(&self) -> Option<u16> {
        None
    }

    /// How long the server asks to wait before the next request.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// The response, if it opened no stream.
    fn refusal(&self) -> Option<&Refusal> {
        None
    }
}

impl<V: FromEvent> Reading<V> {
    /// Reads without a convention.
    pub const fn new() -> Self {
        Self { convention: Convention::new(), over: false, value: PhantomData }
    }

    /// Reads by this convention.
    #[must_use]
    pub fn with_convention(mut self, convention: Convention) -> Self {
        self.convention = convention;
        self
    }

    /// Reads an event. Returns `None` if the event ended the stream, or the stream is over already.
    ///
    /// # Errors
    ///
    /// The event cannot be read, or reports an error.
    #[expect(clippy::type_complexity)] // An item of a stream.
    pub fn handle_event<S>(&mut self, event: Event) -> Option<Result<Typed<V::Value>, TypedError<S, V::Error>>> {
        if self.over {
            return None;
        }
        let meaning = self.convention.meaning(event.as_ref());
        self.over = meaning != Meaning::Data;
        match meaning {
            Meaning::Data | Meaning::Last => Some(match V::from_event(&event) {
                Ok(value) => {
                    let (event_type, _, last_event_id) = event.into_parts();
                    Ok(Typed { value, event_type, last_event_id })
                }
                Err(error) => Err(TypedError::Unreadable { event, error }),
            }),
            Meaning::End => None,
            Meaning::Error => Some(Err(TypedError::Reported(event))),
        }
    }

    /// Reports that the stream ended in order. Returns an error if it is incomplete nevertheless.
    pub fn handle_end<S>(&mut self, end: StreamEnd) -> Option<TypedError<S, V::Error>> {
        if self.over {
            return None;
        }
        self.over = true;
        let in_mid_event = end == StreamEnd::InMidEvent;
        (in_mid_event || self.convention.has_end()).then_some(TypedError::Truncated { in_mid_event })
    }

    /// Ends the reading: the stream was closed, or its source has failed.
    pub fn close(&mut self) {
        self.over = true;
    }

    /// Whether the reading is over.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

impl<V: FromEvent> Default for Reading<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> fmt::Debug for Reading<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reading");
        shown.field("convention", &self.convention).field("over", &self.over).finish_non_exhaustive()
    }
}

impl<S: SourceError, E> TypedError<S, E> {
    /// Whether the stream was cut off: it did not end in order, or not with the event that the convention ends it with.
    /// Then some of it may be missing.
    pub fn is_cut_off(&self) -> bool {
        match self {
            Self::Truncated { .. } => true,
            Self::Source(error) => error.is_cut_off(),
            Self::Reported(_) | Self::Unreadable { .. } => false,
        }
    }

    /// Whether the source failed because a time limit was exceeded.
    pub fn is_timeout(&self) -> bool {
        self.failure().is_some_and(SourceError::is_timeout)
    }

    /// The status of the response, if the source failed because it opened no stream.
    pub fn status(&self) -> Option<u16> {
        self.failure()?.status()
    }

    /// How long the server asks to wait before the next request, if the source failed because its response opened no
    /// stream.
    pub fn retry_after(&self) -> Option<Duration> {
        self.failure()?.retry_after()
    }

    /// The response, if the source failed because it opened no stream. Its body often holds the reason.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.failure()?.refusal()
    }

    fn failure(&self) -> Option<&S> {
        match self {
            Self::Source(error) => Some(error),
            _ => None,
        }
    }
}

impl<E> SourceError for Failure<E> {
    fn is_cut_off(&self) -> bool {
        self.is_cut_off()
    }

    fn is_timeout(&self) -> bool {
        self.is_timeout()
    }

    fn status(&self) -> Option<u16> {
        self.status()
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after()
    }

    fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_deref()
    }
}

impl<S: fmt::Debug, E: fmt::Debug> fmt::Debug for TypedError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported(event) => f.debug_tuple("Reported").field(event).finish(),
            Self::Source(error) => f.debug_tuple("Source").field(error).finish(),
            Self::Truncated { in_mid_event } => {
                f.debug_struct("Truncated").field("in_mid_event", in_mid_event).finish()
            }
            Self::Unreadable { event, error } => {
                let mut shown = f.debug_struct("Unreadable");
                shown.field("event_type", &event.event_type()).field("data", &Hidden(event.data().len()));
                shown.field("last_event_id", &Hidden(event.last_event_id().len())).field("error", error).finish()
            }
        }
    }
}

impl<S: fmt::Display, E: fmt::Display> fmt::Display for TypedError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported(event) => write!(f, "the server reported an error: {}", event.data()),
            Self::Source(error) => error.fmt(f),
            Self::Truncated { in_mid_event: true } => f.write_str("the stream was cut off in the middle of an event"),
            Self::Truncated { in_mid_event: false } => {
                f.write_str("the stream was cut off: it ended without its end marker")
            }
            Self::Unreadable { event, error } => {
                write!(f, "an event of the type {:?} cannot be read: {error}", event.event_type())
            }
        }
    }
}

/// The inner errors are part of what is displayed, so the source is the source of the inner error.
impl<S: Error + 'static, E: Error + 'static> Error for TypedError<S, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Source(error) => error.source(),
            Self::Unreadable { error, .. } => error.source(),
            _ => None,
        }
    }
}
