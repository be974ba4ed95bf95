//! Typed events: sources of values, and what some events mean beyond the standard.

use core::{
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

#[cfg(feature = "json")]
pub use sse_proto::json::JsonError;
pub use sse_proto::typed::{Convention, FromEvent, Mark, Meaning, Reading, Typed, TypedError};
use sse_proto::{Event, StreamEnd};

use crate::{
    EventReader, EventSource, Failure, ReadError,
    transport::{Connect, Read, Timer},
};

/// Where events come from, one after the other: an [`EventSource`], an [`EventReader`], or a test double.
pub trait Source {
    /// Why there are no more events.
    type Error;

    /// Asks for the next event: `None` when there will be none.
    ///
    /// # Errors
    ///
    /// The source failed; there is nothing after it.
    fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, Self::Error>>>;

    /// Gives up what events come over, and does not get it back: nobody will ask for events any more.
    fn close(&mut self);

    /// How the stream ended, after there was no event any more, or this error in its place. `None` where it did not end
    /// in order, but was closed or broke off, say.
    fn end(&self, error: Option<&Self::Error>) -> Option<StreamEnd>;
}

/// Gives the values that the events of a source carry.
///
/// It is made by [`EventSource::typed`], [`EventReader::typed`], and `json` there. An event that cannot be read is an
/// error value that holds it, and the next call goes on with the next event. With a [`Convention`], some events end the
/// stream, or report an error; the source is closed then, and is not reconnected.
///
/// All its methods are **cancel safe**: a future that is dropped before it is ready has taken nothing from the source.
pub struct TypedSource<S, T, E, P = Event> {
    source: S,
    reading: Reading<T, E, P>,
}

/// What a typed source gives.
type Item<S, T, E, P> = Result<Typed<T>, TypedError<<S as Source>::Error, E, P>>;

impl<S: Source, T, E> TypedSource<S, T, E> {
    /// Reads the value of each event of this source in this way.
    pub fn new(source: S, value: fn(&Event) -> Result<T, E>) -> Self {
        Self { source, reading: Reading::new(value) }
    }
}

impl<S: Source, T, E, P> TypedSource<S, T, E, P> {
    /// Goes by this convention about events that end the stream or report an error.
    #[must_use]
    pub fn with_convention(self, convention: Convention) -> Self {
        Self { source: self.source, reading: self.reading.with_convention(convention) }
    }

    /// Makes something else of an event that reports an error, for [`TypedError::Reported`]; without this, it is given
    /// as it is.
    #[must_use]
    pub fn with_error<Q>(self, problem: fn(Event) -> Result<Q, (Event, E)>) -> TypedSource<S, T, E, Q> {
        TypedSource { source: self.source, reading: self.reading.with_error(problem) }
    }

    /// Waits for the next value: `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// An event could not be read, which is an item like others; or the server reported an error, the stream was cut
    /// off, or the source failed, which are the last one.
    pub async fn next(&mut self) -> Option<Item<S, T, E, P>> {
        poll_fn(|cx| self.poll_next_value(cx)).await
    }

    /// [`next`](Self::next), to be polled.
    pub fn poll_next_value(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item<S, T, E, P>>> {
        if self.reading.is_over() {
            return Poll::Ready(None);
        }
        let item = match ready!(self.source.poll_next_event(cx)) {
            Some(Ok(event)) => self.reading.handle_event(event),
            ended => {
                let error = ended.and_then(Result::err);
                let cut = self.source.end(error.as_ref()).and_then(|end| self.reading.handle_end(end));
                self.reading.close();
                cut.or(error.map(TypedError::Source)).map(Err)
            }
        };
        if self.reading.is_over() {
            self.source.close();
        }
        Poll::Ready(item)
    }

    /// Closes the source: no value comes any more.
    pub fn close(&mut self) {
        self.reading.close();
        self.source.close();
    }

    /// Unwraps the source. After an event that ended the stream, it is closed.
    pub fn into_source(self) -> S {
        self.source
    }

    /// The source below. An event that is taken from it by itself is not seen here.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// The source below.
    pub fn source(&self) -> &S {
        &self.source
    }
}

#[cfg(feature = "json")]
impl<S: Source, T, P> TypedSource<S, T, JsonError, P> {
    /// Reads events that report an error as JSON, for [`TypedError::Reported`]. One that is no such JSON is a
    /// [`TypedError::ReportedUnreadable`]; nothing comes after either.
    #[must_use]
    pub fn with_json_error<Q: serde::de::DeserializeOwned>(self) -> TypedSource<S, T, JsonError, Q> {
        self.with_error(|event| match event.json() {
            Ok(problem) => Ok(problem),
            Err(error) => Err((event, error)),
        })
    }
}

impl<C: Connect, T: Timer> EventSource<C, T> {
    /// Gives events as values that choose themselves by the event's type.
    pub fn typed<V: FromEvent>(self) -> TypedSource<Self, V, V::Error> {
        TypedSource::new(self, V::from_event)
    }

    /// Gives the data of all events, read as JSON.
    #[cfg(feature = "json")]
    pub fn json<V: serde::de::DeserializeOwned>(self) -> TypedSource<Self, V, JsonError> {
        TypedSource::new(self, |event| event.json())
    }

    /// Waits for the next event of this type, and drops those of others: a listener for one type. To listen for
    /// several, use [`typed`](Self::typed), or look at [`Event::event_type`].
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_of(&mut self, event_type: &str) -> Option<Result<Event, Failure<C::Error>>> {
        poll_fn(|cx| poll_next_of(self, cx, event_type)).await
    }
}

impl<R: Read> EventReader<R> {
    /// Gives events as values that choose themselves by the event's type.
    pub fn typed<V: FromEvent>(self) -> TypedSource<Self, V, V::Error> {
        TypedSource::new(self, V::from_event)
    }

    /// Gives the data of all events, read as JSON.
    #[cfg(feature = "json")]
    pub fn json<V: serde::de::DeserializeOwned>(self) -> TypedSource<Self, V, JsonError> {
        TypedSource::new(self, |event| event.json())
    }

    /// Waits for the next event of this type, and drops those of others: a listener for one type. To listen for
    /// several, use [`typed`](Self::typed), or look at [`Event::event_type`].
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_of(&mut self, event_type: &str) -> Option<Result<Event, <Self as Source>::Error>> {
        poll_fn(|cx| poll_next_of(self, cx, event_type)).await
    }
}

impl<C: Connect, T: Timer> Source for EventSource<C, T> {
    type Error = Failure<C::Error>;

    fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, Failure<C::Error>>>> {
        self.poll_next_event(cx)
    }

    fn close(&mut self) {
        self.close();
    }

    fn end(&self, error: Option<&Self::Error>) -> Option<StreamEnd> {
        match error {
            None => self.end(),
            Some(failure) => failure.reason.stream_end(),
        }
    }
}

impl<R: Read> Source for EventReader<R> {
    type Error = ReadError<R::Error>;

    fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, Self::Error>>> {
        self.poll_next_event(cx)
    }

    /// Nothing: the stream belongs to the reader, and goes with it.
    fn close(&mut self) {}

    fn end(&self, error: Option<&Self::Error>) -> Option<StreamEnd> {
        if error.is_some() { None } else { self.end() }
    }
}

/// So that a source can be taken back when the values are no longer wanted.
impl<S: Source> Source for &mut S {
    type Error = S::Error;

    fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, S::Error>>> {
        S::poll_next_event(self, cx)
    }

    fn close(&mut self) {
        S::close(self);
    }

    fn end(&self, error: Option<&S::Error>) -> Option<StreamEnd> {
        S::end(self, error)
    }
}

fn poll_next_of<S: Source>(
    source: &mut S,
    cx: &mut Context<'_>,
    event_type: &str,
) -> Poll<Option<Result<Event, S::Error>>> {
    loop {
        match ready!(source.poll_next_event(cx)) {
            Some(Ok(event)) if event.as_ref().event_type() != event_type => {}
            item => return Poll::Ready(item),
        }
    }
}

/// The source is polled where it lies; it is never pinned.
impl<S, T, E, P> Unpin for TypedSource<S, T, E, P> {}

impl<S: fmt::Debug, T, E, P> fmt::Debug for TypedSource<S, T, E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedSource").field("source", &self.source).field("reading", &self.reading).finish()
    }
}
