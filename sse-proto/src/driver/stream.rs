//! `Stream` for what yields events.

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{Connect, EventReader, EventSource, Read, ReadError, Runtime, Source, Timer, TypedSource};
use crate::{
    Event,
    client::FailReason,
    typed::{Typed, TypedError},
};

impl<C: Connect, T: Timer> Stream for EventSource<C, T> {
    type Item = Result<Event, FailReason>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_event(cx)
    }
}

impl<K: Runtime, R> Stream for EventReader<K, R>
where
    K::Io<R>: Read,
{
    type Item = Result<Event, ReadError<<K::Io<R> as Read>::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_event(cx)
    }
}

impl<S: Source, T, E, P> Stream for TypedSource<S, T, E, P> {
    type Item = Result<Typed<T>, TypedError<S::Error, E, P>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_value(cx)
    }
}
