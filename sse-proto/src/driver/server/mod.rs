//! The server's loop, and what its tasks share.

mod log;
mod sender;

use alloc::{sync::Arc, vec::Vec};
use core::{
    fmt,
    future::poll_fn,
    task::{Context, Poll, Waker, ready},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

pub use self::{log::Log, sender::Sender};
use self::{log::SharedLog, sender::SharedSession};
use super::{Alarm, Runtime, Write};
use crate::{
    EventId,
    server::{self, Cursor, Output, SessionConfig, StartAt},
};

/// One response with events, to be returned as the body of an HTTP response or written to any writer.
///
/// All its methods are **cancel safe** but [`write_to`](Self::write_to), which ends the session when it is dropped.
pub struct Session<K: Runtime> {
    alarm: Alarm<K::Timer>,
    feed: Feed,
}

enum Feed {
    Log { machine: server::Session, log: Arc<Mutex<SharedLog>>, number: u64 },
    Messages(Arc<Mutex<SharedSession>>),
}

impl<K: Runtime> Session<K> {
    /// A session that is fed with messages, and the half to send them with.
    pub fn channel(config: SessionConfig) -> (Sender, Self) {
        let machine = server::Session::new(config);
        let shared = Arc::new(Mutex::new(SharedSession::new(machine)));
        (Sender { shared: Arc::clone(&shared) }, Self::with_feed(Feed::Messages(shared)))
    }

    /// A session that reads from a log: behind the event with this ID; from the oldest event that is kept if the log does
    /// not know the ID; and from now on if there is none.
    pub fn resume(log: &Log<K>, last_event_id: Option<&EventId>) -> Self {
        Self::resume_with(log, last_event_id, SessionConfig::default())
    }

    /// [`resume`](Self::resume) with these settings.
    pub fn resume_with(log: &Log<K>, last_event_id: Option<&EventId>, config: SessionConfig) -> Self {
        let start = last_event_id.map_or(StartAt::Live, StartAt::After);
        Self::reading(log, log.subscribe(start).0, config)
    }

    /// A session that reads from a log, from `cursor` on.
    pub fn reading(log: &Log<K>, cursor: Cursor, config: SessionConfig) -> Self {
        let mut shared = lock(&log.shared);
        shared.sessions += 1;
        let number = shared.sessions;
        drop(shared);
        let machine = server::Session::reading(config, cursor);
        Self::with_feed(Feed::Log { machine, log: Arc::clone(&log.shared), number })
    }

    fn with_feed(feed: Feed) -> Self {
        Self { alarm: Alarm::new(K::Timer::default()), feed }
    }

    /// Waits for the next bytes to write: `None` at the end of the response.
    pub fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let now = self.alarm.now();
            let waker = cx.waker().clone();
            let output = match &mut self.feed {
                Feed::Log { machine, log, number } => {
                    let mut shared = lock(log);
                    machine.handle_log(&shared.log);
                    let output = machine.poll_output(now);
                    let waits = matches!(output, Output::Wait { .. });
                    let old = waits.then(|| shared.waiting.insert(*number, waker));
                    drop(shared);
                    drop(old);
                    output
                }
                Feed::Messages(shared) => {
                    let mut shared = lock(shared);
                    let output = shared.machine.poll_output(now);
                    let waits = matches!(output, Output::Wait { .. });
                    let old = waits.then(|| shared.reader.replace(waker));
                    let concerned = if waits { Vec::new() } else { shared.concerned() };
                    drop(shared);
                    drop(old);
                    concerned.into_iter().for_each(Waker::wake);
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
                let mut shared = lock(log);
                let waker = shared.waiting.remove(number);
                drop(shared);
                drop(waker);
            }
            Feed::Messages(shared) => {
                let mut shared = lock(shared);
                shared.machine.handle_disconnect();
                let concerned = shared.concerned();
                drop(shared);
                concerned.into_iter().for_each(Waker::wake);
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

impl<K: Runtime> fmt::Debug for Session<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// A task that panicked while it held the lock has left nothing half done: the machines keep their own order.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
