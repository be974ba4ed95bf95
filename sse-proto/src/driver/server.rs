//! The server's loop, and what its tasks share.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::{
    fmt,
    future::poll_fn,
    mem,
    task::{Context, Poll, Waker, ready},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{Alarm, Runtime, Write};
use crate::{
    EventId, Message,
    server::{self, Cursor, LogConfig, Output, PublishError, Resumed, SendError, SessionConfig, StartAt},
};

/// A log of events that sessions read from, shared by cloning.
///
/// Publishing encodes the message once and wakes the sessions that wait; it never waits for them.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Mutex<SharedLog>>,
}

#[derive(Default)]
struct SharedLog {
    log: server::Log,
    /// The sessions that have read everything, by number.
    waiting: BTreeMap<u64, Waker>,
    sessions: u64,
}

impl Log {
    /// An empty log.
    pub fn new(config: LogConfig) -> Self {
        let log = server::Log::new(config);
        Self { shared: Arc::new(Mutex::new(SharedLog { log, ..SharedLog::default() })) }
    }

    /// Publishes a message, and returns the ID it has: its own, or one that the log made for the event.
    ///
    /// # Errors
    ///
    /// The log is closed, or the message alone is larger than the log may be.
    pub fn publish(&self, message: impl Into<Message>) -> Result<Option<EventId>, PublishError> {
        let message = message.into();
        let mut shared = lock(&self.shared);
        let published = shared.log.publish(message);
        let waiting = mem::take(&mut shared.waiting);
        drop(shared);
        waiting.into_values().for_each(Waker::wake);
        published
    }

    /// Takes no more messages, and ends all responses once they have sent what there is.
    pub fn close(&self) {
        let mut shared = lock(&self.shared);
        shared.log.close();
        let waiting = mem::take(&mut shared.waiting);
        drop(shared);
        waiting.into_values().for_each(Waker::wake);
    }

    /// A cursor for a new session, and whether it can start where it wished to.
    pub fn subscribe(&self, start: StartAt<'_>) -> (Cursor, Resumed) {
        lock(&self.shared).log.subscribe(start)
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new(LogConfig::default())
    }
}

/// The sending half of a [`Session`] that is fed with messages. Clone it to send from several tasks; when all are
/// dropped, the response ends after what was sent.
pub struct Sender {
    shared: Arc<Mutex<SharedSession>>,
}

struct SharedSession {
    machine: server::Session,
    /// The task that writes the response.
    reader: Option<Waker>,
    /// Tasks that wait for room.
    writers: Vec<Waker>,
    senders: usize,
}

impl SharedSession {
    /// Notes the task of a sender, once.
    fn wait(&mut self, cx: &Context<'_>) {
        if !self.writers.iter().any(|writer| writer.will_wake(cx.waker())) {
            self.writers.push(cx.waker().clone());
        }
    }
}

impl Sender {
    /// Sends a message, after a wait if too much is waiting to be transmitted.
    ///
    /// Dropping the future before it is ready sends nothing.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`]: the response has ended, or the client is gone.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        poll_fn(|cx| {
            let mut shared = lock(&self.shared);
            match shared.machine.send(&message) {
                Err(SendError::Full { .. }) => {
                    shared.wait(cx);
                    Poll::Pending
                }
                sent => {
                    wake_reader(shared);
                    Poll::Ready(sent)
                }
            }
        })
        .await
    }

    /// Sends a message if there is room for it.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if there is not, [`SendError::Closed`] if the response has ended or the client is gone.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let mut shared = lock(&self.shared);
        let sent = shared.machine.send(&message.into());
        wake_reader(shared);
        sent
    }

    /// Ends the response after what was sent.
    pub fn close(&self) {
        let mut shared = lock(&self.shared);
        shared.machine.close(None);
        wake_reader(shared);
    }

    /// Waits until the response has ended or the client is gone.
    pub async fn closed(&self) {
        poll_fn(|cx| {
            let mut shared = lock(&self.shared);
            if shared.machine.is_closed() {
                return Poll::Ready(());
            }
            shared.wait(cx);
            Poll::Pending
        })
        .await;
    }

    /// Whether no more messages are taken.
    pub fn is_closed(&self) -> bool {
        lock(&self.shared).machine.is_closed()
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        lock(&self.shared).senders += 1;
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.senders -= 1;
        if shared.senders == 0 {
            shared.machine.close(None);
            wake_reader(shared);
        }
    }
}

/// One response with events, to be returned as the body of an HTTP response or written to any writer.
///
/// All its methods are **cancel safe** but [`write_to`](Self::write_to), which ends the session when it is dropped.
pub struct Session<K: Runtime> {
    alarm: Alarm<K::Timer>,
    feed: Feed,
}

enum Feed {
    Log { machine: server::Session, log: Log, number: u64 },
    Messages(Arc<Mutex<SharedSession>>),
}

impl<K: Runtime> Session<K> {
    /// A session that is fed with messages, and the half to send them with.
    pub fn channel(config: SessionConfig) -> (Sender, Self) {
        let machine = server::Session::new(config);
        let shared = SharedSession { machine, reader: None, writers: Vec::new(), senders: 1 };
        let shared = Arc::new(Mutex::new(shared));
        (Sender { shared: Arc::clone(&shared) }, Self::with_feed(Feed::Messages(shared)))
    }

    /// A session that reads from a log: behind the event with this ID, or from now on if there is none.
    pub fn resume(log: &Log, last_event_id: Option<&EventId>) -> Self {
        let start = last_event_id.map_or(StartAt::Live, StartAt::After);
        Self::reading(log, log.subscribe(start).0, SessionConfig::default())
    }

    /// A session that reads from a log, from `cursor` on.
    pub fn reading(log: &Log, cursor: Cursor, config: SessionConfig) -> Self {
        let mut shared = lock(&log.shared);
        shared.sessions += 1;
        let number = shared.sessions;
        drop(shared);
        let machine = server::Session::reading(config, cursor);
        Self::with_feed(Feed::Log { machine, log: log.clone(), number })
    }

    fn with_feed(feed: Feed) -> Self {
        Self { alarm: Alarm::new(K::Timer::default()), feed }
    }

    /// Waits for the next bytes to write: `None` at the end of the response.
    pub fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let now = self.alarm.now();
            let output = match &mut self.feed {
                Feed::Log { machine, log, number } => {
                    let mut shared = lock(&log.shared);
                    machine.handle_log(&shared.log);
                    let output = machine.poll_output(now);
                    match &output {
                        Output::Wait { .. } => {
                            let waker = shared.waiting.entry(*number).or_insert_with(|| cx.waker().clone());
                            waker.clone_from(cx.waker());
                        }
                        _ => drop(shared),
                    }
                    output
                }
                Feed::Messages(shared) => {
                    let mut shared = lock(shared);
                    let output = shared.machine.poll_output(now);
                    if matches!(output, Output::Wait { .. }) {
                        shared.reader = Some(cx.waker().clone());
                    } else {
                        let writers = mem::take(&mut shared.writers);
                        drop(shared);
                        writers.into_iter().for_each(Waker::wake);
                    }
                    output
                }
            };
            match output {
                Output::Closed => return Poll::Ready(None),
                Output::Lagged { .. } => {}
                Output::Transmit(bytes) => return Poll::Ready(Some(bytes)),
                Output::Wait { until: None } => return Poll::Pending,
                Output::Wait { until: Some(deadline) } => ready!(self.alarm.poll(cx, deadline)),
            }
        }
    }

    /// Writes the response to `stream` until it ends, and flushes whenever nothing more is waiting.
    ///
    /// # Errors
    ///
    /// The peer is gone. The session has ended then.
    pub async fn write_to<S>(mut self, stream: S) -> Result<(), WriteError<<K::Io<S> as Write>::Error>>
    where
        K::Io<S>: Write,
    {
        let mut io = K::io(stream);
        let mut flushed = true;
        loop {
            let next = poll_fn(|cx| {
                let next = self.poll_bytes(cx);
                if next.is_pending() && !flushed {
                    ready!(io.poll_flush(cx)).map_err(WriteError::Io)?;
                    flushed = true;
                }
                next.map(Ok)
            });
            let Some(mut bytes) = next.await? else { break };
            while !bytes.is_empty() {
                match poll_fn(|cx| io.poll_write(cx, &bytes)).await.map_err(WriteError::Io)? {
                    0 => return Err(WriteError::Closed),
                    written => bytes::Buf::advance(&mut bytes, written),
                }
            }
            flushed = false;
        }
        poll_fn(|cx| io.poll_flush(cx)).await.map_err(WriteError::Io)
    }

    /// How many messages of the log this session did not get because it was too slow.
    pub fn missed(&self) -> u64 {
        match &self.feed {
            Feed::Log { machine, .. } => machine.missed(),
            Feed::Messages(_) => 0,
        }
    }
}

impl<K: Runtime> Drop for Session<K> {
    fn drop(&mut self) {
        match &self.feed {
            Feed::Log { log, number, .. } => {
                lock(&log.shared).waiting.remove(number);
            }
            Feed::Messages(shared) => {
                let mut shared = lock(shared);
                shared.machine.handle_disconnect();
                let writers = mem::take(&mut shared.writers);
                drop(shared);
                writers.into_iter().for_each(Waker::wake);
            }
        }
    }
}

/// Why a response could not be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WriteError<E> {
    /// The destination takes no more bytes.
    Closed,
    /// The destination failed.
    Io(E),
}

impl<E: fmt::Display> fmt::Display for WriteError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the destination takes no more bytes"),
            Self::Io(error) => write!(f, "the destination failed: {error}"),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for WriteError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Closed => None,
            Self::Io(error) => Some(error),
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<K: Runtime> fmt::Debug for Session<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// A task that panicked while it held the lock has left nothing half done: the machines keep their own order.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake_reader(mut shared: MutexGuard<'_, SharedSession>) {
    let reader = shared.reader.take();
    drop(shared);
    if let Some(reader) = reader {
        reader.wake();
    }
}
