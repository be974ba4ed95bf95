//! `Stream` for what yields events.

use core::{
    pin::Pin,
    task::{Context, Poll},
};
#[cfg(feature = "std")]
use std::io;

#[cfg(feature = "std")]
use bytes::Bytes;
use futures_core::Stream;
use sse_proto::{
    Event,
    typed::{FromEvent, Typed, TypedError},
};

use crate::{
    EventReader, EventSource, Failure, ReadError,
    transport::{Connect, Read, Timer},
    typed::{Source, TypedSource},
};
#[cfg(feature = "std")]
use crate::{Session, session::LocalSession, transport::Runtime};

impl<C: Connect, T: Timer> Stream for EventSource<C, T> {
    type Item = Result<Event, Failure<C::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_event(cx)
    }
}

impl<R: Read> Stream for EventReader<R> {
    type Item = Result<Event, ReadError<R::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_event(cx)
    }
}

impl<S: Source, V: FromEvent> Stream for TypedSource<S, V> {
    type Item = Result<Typed<V::Value>, TypedError<S::Error, V::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_value(cx)
    }
}

/// The bytes of the response, for frameworks that take a stream as a body. An error comes only where the application
/// breaks the response off ([`Sender::abort`](crate::Sender::abort), [`disconnect`](crate::EventLog::disconnect)) or a drain
/// cuts it.
///
/// In actix-web, `streaming` takes the session, and the header fields are those of
/// [`RESPONSE_HEADERS`](sse_proto::server::RESPONSE_HEADERS).
///
/// ```
/// # use core::{error::Error, marker::PhantomData, task::{Context, Poll}};
/// # use futures_core::Stream;
/// # use sse_proto::{Timestamp, bytes::Bytes, server::{RESPONSE_HEADERS, SessionConfig}};
/// # use sse_driver::{Session, transport::{Runtime, Timer}};
/// # #[derive(Default)]
/// # struct NoTimer;
/// # impl Timer for NoTimer {
/// #     fn now(&self) -> Timestamp { Timestamp::default() }
/// #     fn poll_until(&mut self, _: &mut Context<'_>, _: Timestamp) -> Poll<()> { Poll::Pending }
/// #     fn seed(&self) -> u64 { 0 }
/// # }
/// # struct Tokio;
/// # impl Runtime for Tokio {
/// #     type Timer = NoTimer;
/// #     type Io<S> = S;
/// #     fn io<S>(stream: S) -> S { stream }
/// # }
/// # struct HttpResponse;
/// # struct Builder;
/// # impl HttpResponse { fn Ok() -> Builder { Builder } }
/// # impl Builder {
/// #     fn insert_header(&mut self, _: (&str, &str)) -> &mut Self { self }
/// #     fn streaming<S, E>(&mut self, _: S) -> HttpResponse
/// #     where S: Stream<Item = Result<Bytes, E>> + 'static, E: Into<Box<dyn Error>> + 'static { HttpResponse }
/// # }
/// fn events(session: Session<Tokio>) -> HttpResponse {
///     let mut response = HttpResponse::Ok();
///     for header in RESPONSE_HEADERS {
///         response.insert_header(header);
///     }
///     response.streaming(session)
/// }
/// # events(Session::channel(SessionConfig::new()).1);
/// ```
#[cfg(feature = "std")]
impl<K: Runtime> Stream for Session<K> {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_bytes(cx)
    }
}

/// The bytes of the response, as those of a [`Session`].
#[cfg(feature = "std")]
impl<K: Runtime> Stream for LocalSession<K> {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_bytes(cx)
    }
}
