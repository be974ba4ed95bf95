//! The loop of a session.

#[cfg(any(feature = "gzip", feature = "zstd"))]
mod compress;
mod feed;
mod groups;
mod heartbeat;
#[cfg(feature = "http")]
mod http;
mod local;
mod member;
mod sender;
mod serializing;
mod subscribe;
#[cfg(feature = "serve")]
mod weak;
mod write;

use alloc::{boxed::Box, sync::Arc};
use core::{
    error::Error,
    fmt,
    future::Future,
    mem,
    task::{Context, Poll, ready},
};
use std::io;

use bytes::Bytes;
#[cfg(feature = "stream")]
use sse_proto::Message;
use sse_proto::{
    EventId,
    server::{self, Output, Resumed, SessionConfig},
};

#[cfg(any(feature = "gzip", feature = "zstd"))]
pub use self::compress::{CODINGS, Compressed};
#[cfg(any(feature = "axum", feature = "serve"))]
pub(crate) use self::http::reply_with;
#[cfg(feature = "http")]
pub use self::http::{Events, OptionalBody, events, last_event_id, respond};
#[cfg(feature = "serve")]
pub(crate) use self::weak::WeakSession;
#[cfg(feature = "serve")]
pub(crate) use self::write::{ByteSource, write};
use self::{
    feed::{Feed, Messages, Reading, Source},
    heartbeat::Heartbeats,
    member::Recipient,
    sender::SharedSession,
};
pub use self::{
    local::LocalSession,
    sender::Sender,
    serializing::{SendValueError, Serializing},
    subscribe::Subscribe,
    write::WriteError,
};
use crate::{
    Alarm,
    event_log::EventLog,
    lock::hold,
    sync::Mutex,
    transport::{Runtime, Timer},
};

/// One response with events, to be returned as the body of an HTTP response or written to any writer.
///
/// All its methods are **cancel safe** but [`write_to`](Self::write_to), which ends the session when it is dropped.
pub struct Session<K: Runtime> {
    /// Behind a lock, so that a session is `Sync` whatever its handler, its filter and the runtime's timer are. Shared
    /// with the task that writes the response when `serve` has taken the connection over: the session itself is then
    /// somewhere in a body, which middleware may have wrapped.
    parts: Arc<Mutex<Parts<K>>>,
    resumed: Resumed,
}

/// What a session is made of: the same task polls it for bytes, and asks it what to do while they cannot be written.
struct Parts<K: Runtime> {
    alarm: Alarm<K::Timer>,
    feed: Feed<K>,
    heartbeats: Option<Box<Heartbeats>>,
}

impl<K: Runtime> Session<K> {
    /// Returns a session that is fed with messages, and the half to send them with.
    pub fn channel(config: SessionConfig) -> (Sender, Self) {
        let (timer, sender, messages) = Self::fed(config);
        (sender, Self::with_feed(timer, Feed::new(Source::Messages(messages))))
    }

    /// Returns a session that is fed by a handler, which gets the sending half. Nothing is spawned: the handler runs while
    /// the session is polled. The response ends when the handler does, and when the client goes away the handler is
    /// dropped, wherever it waits.
    ///
    /// A handler that panics takes the response with it: the connection breaks off, and what was sent and not written yet
    /// is lost. If it panics before it waits for the first time, that is everything, the head of the response included.
    pub fn run<F>(config: SessionConfig, handler: impl FnOnce(Sender) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (timer, sender, messages) = Self::fed(config);
        let messages = messages.with_handler(Box::pin(handler(sender)));
        Self::with_feed(timer, Feed::new(Source::Messages(messages)))
    }

    /// Returns a session that is fed by a handler which may fail: as [`run`](Self::run), but an error breaks the response off
    /// after what was sent ([`Sender::abort`]).
    pub fn try_run<F, E>(config: SessionConfig, handler: impl FnOnce(Sender) -> F) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
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

    /// Returns a session that sends what a stream yields: messages, or whatever they are made from. The response ends when
    /// the stream does, and the stream is dropped when the client goes away. It is polled only when there is room.
    #[cfg(feature = "stream")]
    pub fn stream<S>(config: SessionConfig, stream: S) -> Self
    where
        S: futures_core::Stream<Item: Into<Message>> + Send + 'static,
    {
        Self::streaming(config, stream, |item| Ok(item.into()))
    }

    /// Returns a session that sends what a stream yields until it fails: as [`stream`](Self::stream), but an error breaks
    /// the response off after what was sent ([`Sender::abort`]).
    ///
    /// ```
    /// use futures_core::Stream;
    /// use sse_driver::{Event, Session, SessionConfig, transport::Runtime};
    ///
    /// /// Passes on what an upstream sends, and breaks off where it broke.
    /// fn relay<K: Runtime, E>(upstream: impl Stream<Item = Result<Event, E>> + Send + 'static) -> Session<K>
    /// where
    ///     E: core::error::Error + Send + Sync + 'static,
    /// {
    ///     Session::try_stream(SessionConfig::new(), upstream)
    /// }
    /// ```
    #[cfg(feature = "stream")]
    pub fn try_stream<S, M, E>(config: SessionConfig, stream: S) -> Self
    where
        S: futures_core::Stream<Item = Result<M, E>> + Send + 'static,
        M: Into<Message>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::streaming(config, stream, |item| item.map(Into::into).map_err(Into::into))
    }

    #[cfg(feature = "stream")]
    fn streaming<S>(config: SessionConfig, stream: S, message: fn(S::Item) -> Result<Message, feed::Failure>) -> Self
    where
        S: futures_core::Stream + Send + 'static,
    {
        let (timer, machine) = Self::machine(config);
        let streaming = feed::Streaming::new(machine, stream, message);
        Self::with_feed(timer, Feed::new(Source::Stream(Box::new(streaming))))
    }

    /// Returns a session that reads all messages of a log: after the event with this ID; from the oldest event that is
    /// kept if the log does not know the ID; and from now on if there is none. [`EventLog::session`] can do more.
    ///
    /// A client that may miss something gets an event of type `resync` ([`SessionConfig::resync`]).
    pub fn resume(log: &EventLog<K>, last_event_id: Option<&EventId>) -> Self {
        log.session().after(last_event_id).open()
    }

    /// Returns a session that reads from a log, which it leaves when it is dropped.
    fn reading(timer: K::Timer, reading: Reading<K>, recipient: Option<Recipient>, resumed: Resumed) -> Self {
        Self { resumed, ..Self::with_feed(timer, Feed::log(reading, recipient, resumed)) }
    }

    fn fed(config: SessionConfig) -> (K::Timer, Sender, Messages) {
        let (timer, machine) = Self::machine(config);
        let shared = Arc::new(Mutex::new(SharedSession::new(machine)));
        (timer, Sender { shared: Arc::clone(&shared) }, Messages::new(shared))
    }

    fn machine(config: SessionConfig) -> (K::Timer, server::Session) {
        let timer = K::Timer::default();
        let machine = server::Session::new(config).with_seed(timer.seed());
        (timer, machine)
    }

    fn with_feed(timer: K::Timer, feed: Feed<K>) -> Self {
        let parts = Parts { alarm: Alarm::new(timer), feed, heartbeats: None };
        Self { parts: Arc::new(Mutex::new(parts)), resumed: Resumed::Exact }
    }

    /// Waits for the next bytes to write: `None` at the end of the response.
    ///
    /// # Errors
    ///
    /// The application has broken the response off ([`Sender::abort`], `disconnect`), or a drain has cut it. The client must
    /// not get a regular end; nothing follows.
    pub fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        hold(&self.parts).poll_bytes(cx)
    }

    /// Returns what became of the wish to resume.
    pub fn resumed(&self) -> Resumed {
        self.resumed
    }

    /// Returns how many messages of the log this session did not get because it was too slow.
    pub fn missed(&self) -> u64 {
        hold(&self.parts).feed.look(server::Session::missed)
    }
}

impl<K: Runtime> Parts<K> {
    /// Waits for the next bytes to write: `None` at the end of the response, an error where it is broken off.
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Self { alarm, feed, heartbeats } = self;
        let mut beaten = false;
        if let Some(message) = heartbeats.as_mut().and_then(|heartbeats| heartbeats.poll(cx)) {
            feed.send_heartbeat(&message);
        }
        loop {
            let now = alarm.now();
            match feed.poll(cx, now) {
                Output::Aborted => return feed.poll_failure(cx).map(|failure| failure.map(Err)),
                Output::Closed => return Poll::Ready(None),
                Output::Heartbeat => {
                    if let Some(message) = heartbeats.as_mut().and_then(|heartbeats| heartbeats.begin(cx)) {
                        feed.send_heartbeat(&message);
                    }
                    if mem::replace(&mut beaten, true) {
                        // Nothing came of the first one, and the next may be due at once: other tasks have their turn.
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                Output::Lagged { .. } => {}
                Output::Transmit(bytes) => return Poll::Ready(Some(Ok(bytes))),
                Output::Wait { until: None } => return Poll::Pending,
                Output::Wait { until: Some(deadline) } => ready!(alarm.poll_from(cx, now, deadline)),
            }
        }
    }

    /// Reports that the peer took some of the last bytes.
    fn handle_progress(&mut self) {
        let now = self.alarm.now();
        self.feed.with_machine(|machine| machine.handle_progress(now));
    }

    /// Waits while the peer takes nothing. Ready when the session has ended: by its write timeout, or by the application.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = self.alarm.now();
            match self.feed.handle_write_pending(cx.waker(), now) {
                Output::Wait { until: Some(deadline) } => ready!(self.alarm.poll_from(cx, now, deadline)),
                Output::Wait { until: None } => return Poll::Pending,
                _ => return Poll::Ready(()),
            }
        }
    }
}

/// Nothing in it is ever pinned.
impl<K: Runtime> Unpin for Session<K> {}

impl<K: Runtime> fmt::Debug for Session<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("resumed", &self.resumed).finish_non_exhaustive()
    }
}
