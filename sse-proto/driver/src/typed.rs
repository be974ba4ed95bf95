//! Typed events: sources of values.

use core::{
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

#[cfg(feature = "json")]
pub use sse_proto::json::JsonError;
#[cfg(feature = "json")]
pub use sse_proto::typed::Json;
pub use sse_proto::typed::{Convention, FromEvent, Mark, Meaning, Reading, SourceError, Typed, TypedError};
use sse_proto::{Event, StreamEnd};

use crate::{
    EventReader, EventSource, Failure, ReadError,
    transport::{Connect, Read, Timer},
};

/// Where events come from, one after the other: an [`EventSource`], an [`EventReader`], or a test double.
pub trait Source {
    /// Why there are no more events.
    type Error;

    /// Polls for the next event: `None` when there will be none.
    ///
    /// # Errors
    ///
    /// The source failed; there is nothing after it.
    fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, Self::Error>>>;

    /// Closes the connection permanently: no further event will be polled for.
    fn close(&mut self);

    /// How the stream ended, after `poll_next_event` returned `None`, or this error. `None` if the stream did not end in
    /// order, for example because it was closed or broke off.
    fn end(&self, error: Option<&Self::Error>) -> Option<StreamEnd>;
}

/// Reads the events of a source as values. `V` defines how an event is read.
///
/// It is made by [`EventSource::typed`], [`EventReader::typed`], and `json` there. An event that cannot be read is an
/// error value that holds it, and the next call continues with the next event. With a [`Convention`], some events end the
/// stream, or report an error; the source is closed then, and is not reconnected.
///
/// All its methods are **cancel safe**: a future that is dropped before it is ready has taken nothing from the source.
pub struct TypedSource<S, V> {
    source: S,
    reading: Reading<V>,
}

/// An item of a typed source.
type Item<S, V> = Result<Typed<<V as FromEvent>::Value>, TypedError<<S as Source>::Error, <V as FromEvent>::Error>>;

impl<S: Source, V: FromEvent> TypedSource<S, V> {
    /// Reads the events of this source.
    pub const fn new(source: S) -> Self {
        Self { source, reading: Reading::new() }
    }

    /// Reads by this convention about events that end the stream or report an error.
    #[must_use]
    pub fn with_convention(self, convention: Convention) -> Self {
        Self { source: self.source, reading: self.reading.with_convention(convention) }
    }

    /// Waits for the next value: `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// An event could not be read, and others may follow; or the server reported an error, the stream was cut off, or the
    /// source failed, and nothing follows.
    pub async fn next(&mut self) -> Option<Item<S, V>> {
        poll_fn(|cx| self.poll_next_value(cx)).await
    }

    /// Polls for the next value, as [`next`](Self::next) does.
    pub fn poll_next_value(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item<S, V>>> {
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

    /// Closes the source: no further value is returned.
    pub fn close(&mut self) {
        self.reading.close();
        self.source.close();
    }

    /// Unwraps the source. After an event that ended the stream, it is closed.
    pub fn into_source(self) -> S {
        self.source
    }

    /// The source. An event that is taken from it directly is not read here.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }
}

impl<C: Connect, T: Timer> EventSource<C, T> {
    /// Reads the events as values: as [`FromEvent`] or the macro `events!` defines.
    pub fn typed<V: FromEvent>(self) -> TypedSource<Self, V> {
        TypedSource::new(self)
    }

    /// Reads the data of all events as JSON of a `V`.
    #[cfg(feature = "json")]
    pub fn json<V: serde::de::DeserializeOwned>(self) -> TypedSource<Self, Json<V>> {
        TypedSource::new(self)
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
    /// Reads the events as values: as [`FromEvent`] or the macro `events!` defines.
    pub fn typed<V: FromEvent>(self) -> TypedSource<Self, V> {
        TypedSource::new(self)
    }

    /// Reads the data of all events as JSON of a `V`.
    #[cfg(feature = "json")]
    pub fn json<V: serde::de::DeserializeOwned>(self) -> TypedSource<Self, Json<V>> {
        TypedSource::new(self)
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

    /// Does nothing: the stream is dropped with the reader.
    fn close(&mut self) {}

    fn end(&self, error: Option<&Self::Error>) -> Option<StreamEnd> {
        if error.is_some() { None } else { self.end() }
    }
}

/// A typed source can borrow its source, which is free again after it.
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

/// The source is never pinned.
impl<S, V> Unpin for TypedSource<S, V> {}

impl<S: fmt::Debug, V> fmt::Debug for TypedSource<S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedSource").field("source", &self.source).field("reading", &self.reading).finish()
    }
}
