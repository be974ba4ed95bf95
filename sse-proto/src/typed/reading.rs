//! One stream, read by a convention.

use core::{error::Error, fmt};

use super::{Convention, Meaning, Typed};
use crate::{Event, StreamEnd, hidden::Hidden};

/// Makes values of the events of one stream, and knows when it is over.
///
/// ```
/// use core::{convert::Infallible, str::FromStr};
/// use sse_proto::{Event, EventId, EventType, typed::{Convention, Mark, Reading}};
///
/// let event = |data: &str| Event::new(EventType::default(), data, EventId::empty());
/// let numbers = Convention::new().end_at(Mark::data("end"));
/// let mut reading = Reading::new(|event| i32::from_str(event.data())).with_convention(numbers);
///
/// let item = reading.handle_event::<Infallible>(event("1"));
/// assert_eq!(item.unwrap()?.value, 1);
/// assert_eq!(reading.handle_event::<Infallible>(event("end")), None);
/// assert!(reading.is_over());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reading<T, E, P = Event> {
    convention: Convention,
    value: fn(&Event) -> Result<T, E>,
    problem: Problem<E, P>,
    over: bool,
}

/// What is made of an event that reports an error.
type Problem<E, P> = fn(Event) -> Result<P, (Event, E)>;

/// Why there is no value.
///
/// `S` says why there are no events, `E` why an event could not be read, and `P` is what the server reports.
///
/// Of an event that could not be read, `Debug` shows the type, and the lengths of the data and the ID.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub enum TypedError<S, E, P = Event> {
    /// The server reported an error, in an event that the convention marks as one. Nothing comes after it.
    Reported(P),
    /// The server reported an error, in an event that the convention marks as one, but what it reports could not be read
    /// as a `P`. Nothing comes after it.
    ReportedUnreadable {
        /// The event as it was received.
        event: Event,
        /// What is wrong with it.
        error: E,
    },
    /// The source failed. Nothing comes after it.
    Source(S),
    /// The stream ended without the event that the convention ends it with, or in the middle of an event: it was cut
    /// off. Nothing comes after it.
    Truncated {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// An event could not be read, and it reports no error. The next one may be; after one that the convention has as
    /// the last, nothing comes.
    Unreadable {
        /// The event as it was received.
        event: Event,
        /// What is wrong with it.
        error: E,
    },
}

impl<T, E> Reading<T, E> {
    /// Reads each event's value in this way, by no convention.
    pub fn new(value: fn(&Event) -> Result<T, E>) -> Self {
        Self { convention: Convention::new(), value, problem: Ok, over: false }
    }
}

impl<T, E, P> Reading<T, E, P> {
    /// Goes by this convention.
    #[must_use]
    pub fn with_convention(mut self, convention: Convention) -> Self {
        self.convention = convention;
        self
    }

    /// Makes something else of an event that reports an error; without this, it is given as it is. An event of which it
    /// cannot be made is a [`TypedError::ReportedUnreadable`].
    #[must_use]
    pub fn with_error<Q>(self, problem: fn(Event) -> Result<Q, (Event, E)>) -> Reading<T, E, Q> {
        Reading { convention: self.convention, value: self.value, problem, over: self.over }
    }

    /// Takes an event: gives the item that it makes, or `None` if it ended the stream, or the stream is over already.
    pub fn handle_event<S>(&mut self, event: Event) -> Option<Result<Typed<T>, TypedError<S, E, P>>> {
        if self.over {
            return None;
        }
        let meaning = self.convention.meaning(event.as_ref());
        self.over = meaning != Meaning::Data;
        match meaning {
            Meaning::Data | Meaning::Last => Some(match (self.value)(&event) {
                Ok(value) => {
                    let (event_type, _, last_event_id) = event.into_parts();
                    Ok(Typed { value, event_type, last_event_id })
                }
                Err(error) => Err(TypedError::Unreadable { event, error }),
            }),
            Meaning::End => None,
            Meaning::Error => Some(Err(match (self.problem)(event) {
                Ok(problem) => TypedError::Reported(problem),
                Err((event, error)) => TypedError::ReportedUnreadable { event, error },
            })),
        }
    }

    /// Tells that the stream ended in order: the error is that it is cut off nevertheless.
    pub fn handle_end<S>(&mut self, end: StreamEnd) -> Option<TypedError<S, E, P>> {
        if self.over {
            return None;
        }
        self.over = true;
        let in_mid_event = end == StreamEnd::InMidEvent;
        (in_mid_event || self.convention.has_end()).then_some(TypedError::Truncated { in_mid_event })
    }

    /// Takes nothing any more: the stream was closed, or its source has failed.
    pub fn close(&mut self) {
        self.over = true;
    }

    /// Whether nothing more is to be read.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

impl<T, E, P> fmt::Debug for Reading<T, E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reading");
        shown.field("convention", &self.convention).field("over", &self.over).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, E: fmt::Debug, P: fmt::Debug> fmt::Debug for TypedError<S, E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unreadable = |variant: &str, event: &Event, error: &E| {
            let mut shown = f.debug_struct(variant);
            shown.field("event_type", &event.event_type()).field("data", &Hidden(event.data().len()));
            shown.field("last_event_id", &Hidden(event.last_event_id().len())).field("error", error).finish()
        };
        match self {
            Self::Reported(problem) => f.debug_tuple("Reported").field(problem).finish(),
            Self::ReportedUnreadable { event, error } => unreadable("ReportedUnreadable", event, error),
            Self::Source(error) => f.debug_tuple("Source").field(error).finish(),
            Self::Truncated { in_mid_event } => {
                f.debug_struct("Truncated").field("in_mid_event", in_mid_event).finish()
            }
            Self::Unreadable { event, error } => unreadable("Unreadable", event, error),
        }
    }
}

impl<S: fmt::Display, E: fmt::Display, P: fmt::Debug> fmt::Display for TypedError<S, E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported(problem) => write!(f, "the server reported an error: {problem:?}"),
            Self::ReportedUnreadable { event, error } => {
                let event_type = event.event_type();
                write!(
                    f,
                    "the server reported an error, in an event of the type {event_type:?} that cannot be read: {error}"
                )
            }
            Self::Source(error) => error.fmt(f),
            Self::Truncated { in_mid_event: true } => f.write_str("the stream was cut off in the middle of an event"),
            Self::Truncated { in_mid_event: false } => f.write_str("the stream was cut off: it ended without its end"),
            Self::Unreadable { event, error } => {
                write!(f, "an event of the type {:?} cannot be read: {error}", event.event_type())
            }
        }
    }
}

/// The errors within are part of what is displayed, so the source is theirs.
impl<S: Error + 'static, E: Error + 'static, P: fmt::Debug> Error for TypedError<S, E, P> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Source(error) => error.source(),
            Self::ReportedUnreadable { error, .. } | Self::Unreadable { error, .. } => error.source(),
            _ => None,
        }
    }
}
