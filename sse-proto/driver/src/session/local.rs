//! Sessions whose handlers stay on their thread.

use alloc::boxed::Box;
use core::{
    error::Error,
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};
use std::io;

use bytes::Bytes;
use sse_proto::server::SessionConfig;

use super::{Sender, Session, WriteError};
use crate::transport::{Runtime, Write};

/// A [`Session`] with a handler or a stream that is not `Send`, for executors of one thread: actix-web's,
/// `tokio::task::LocalSet`, `smol::LocalExecutor`, or hyper without a spawn.
///
/// It is a body as a session is. The handler runs while the body is polled, and is dropped when the response ends. [`serve`](crate::serve())
/// does not take it, because a connection there is a task that moves between threads.
///
/// ```
/// use std::rc::Rc;
/// use sse_driver::{SessionConfig, server::LocalSession, transport::Runtime};
///
/// fn respond<K: Runtime>(greeting: Rc<str>) -> LocalSession<K> {
///     LocalSession::run(SessionConfig::new(), async move |sender| drop(sender.send(String::from(&*greeting)).await))
/// }
/// ```
pub struct LocalSession<K: Runtime> {
    session: Session<K>,
    handler: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl<K: Runtime> LocalSession<K> {
    /// Returns a session that is polled together with this future, which may feed it: [`run`](Self::run) for a session that is
    /// made beforehand.
    pub fn new(session: Session<K>, handler: impl Future<Output = ()> + 'static) -> Self {
        Self { session, handler: Some(Box::pin(handler)) }
    }

    /// Returns a session that is fed by a handler, as [`Session::run`] does.
    pub fn run<F>(config: SessionConfig, handler: impl FnOnce(Sender) -> F) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let (sender, session) = Session::channel(config);
        Self::new(session, handler(sender))
    }

    /// Returns a session that is fed by a handler which may fail, as [`Session::try_run`] does.
    pub fn try_run<F, E>(config: SessionConfig, handler: impl FnOnce(Sender) -> F) -> Self
    where
        F: Future<Output = Result<(), E>> + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::run(config, |sender| {
            let handled = handler(sender.clone());
            async move {
                if let Err(error) = handled.await {
                    sender.abort(error);
                }
            }
        })
    }

    /// Returns a session that sends what a stream yields, as [`Session::stream`] does.
    #[cfg(feature = "stream")]
    pub fn stream<S>(config: SessionConfig, stream: S) -> Self
    where
        S: futures_core::Stream<Item: Into<sse_proto::Message>> + 'static,
    {
        Self::streaming(config, stream, |item| Ok(item.into()))
    }

    /// Returns a session that sends what a stream yields until it fails, as [`Session::try_stream`] does.
    #[cfg(feature = "stream")]
    pub fn try_stream<S, M, E>(config: SessionConfig, stream: S) -> Self
    where
        S: futures_core::Stream<Item = Result<M, E>> + 'static,
        M: Into<sse_proto::Message>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::streaming(config, stream, |item| item.map(Into::into).map_err(Into::into))
    }

    #[cfg(feature = "stream")]
    fn streaming<S>(
        config: SessionConfig,
        stream: S,
        message: fn(S::Item) -> Result<sse_proto::Message, super::feed::Failure>,
    ) -> Self
    where
        S: futures_core::Stream + 'static,
    {
        Self::try_run(config, async move |sender: Sender| {
            let mut stream = pin!(stream);
            let mut turn = crate::turn::Turn::default();
            while let Some(item) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
                if sender.send(message(item)?).await.is_err() {
                    break;
                }
                // A stream that always has one more, and nothing in it, would keep the thread.
                turn.count(0);
                poll_fn(|cx| turn.poll(cx)).await;
            }
            Ok::<_, super::feed::Failure>(())
        })
    }

    /// Changes the session: its heartbeats, or its [groups](Session::join).
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Session<K>) -> Session<K>) -> Self {
        self.session = change(self.session);
        self
    }

    /// Waits for the next bytes to write: `None` at the end of the response.
    ///
    /// # Errors
    ///
    /// The application has broken the response off, as for [`Session::poll_bytes`].
    pub fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        poll_handler(&mut self.handler, cx);
        let bytes = self.session.poll_bytes(cx);
        if matches!(bytes, Poll::Ready(None)) {
            self.handler = None;
        }
        bytes
    }

    /// Writes the response to `stream` until it ends, as [`Session::write_to`] does.
    ///
    /// # Errors
    ///
    /// As for [`Session::write_to`].
    pub async fn write_to<S>(self, stream: S) -> Result<(), WriteError<<K::Io<S> as Write>::Error>>
    where
        K::Io<S>: Write,
    {
        let Self { session, mut handler } = self;
        let mut writing = pin!(session.write_to(stream));
        poll_fn(|cx| {
            poll_handler(&mut handler, cx);
            writing.as_mut().poll(cx)
        })
        .await
    }
}

fn poll_handler(handler: &mut Option<Pin<Box<dyn Future<Output = ()>>>>, cx: &mut Context<'_>) {
    if let Some(running) = handler
        && running.as_mut().poll(cx).is_ready()
    {
        // Dropping it drops its sender, and with the last sender the session ends.
        *handler = None;
    }
}

impl<K: Runtime> fmt::Debug for LocalSession<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSession").field("session", &self.session).finish_non_exhaustive()
    }
}
