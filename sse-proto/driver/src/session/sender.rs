//! The sending half of a session.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc};
use core::{
    error::Error,
    fmt,
    future::poll_fn,
    mem,
    task::{Poll, Waker},
};

use sse_proto::{
    Message,
    server::{self, CloseReason, SendError},
};

use super::feed::Failure;
use crate::lock::{After, lock};
use crate::sync::Mutex;

/// The sending half of a [`Session`](super::Session) that is fed with messages. Clone it to send from several tasks; when all are
/// dropped, the response ends after what was sent.
pub struct Sender {
    pub(super) shared: Arc<Mutex<SharedSession>>,
}

pub(super) struct SharedSession {
    pub(super) machine: server::Session,
    /// The task that writes the response.
    pub(super) reader: Option<Waker>,
    /// The same task while the peer takes nothing.
    stalled: Option<Waker>,
    /// The tasks that wait for room, and those that wait for the end, by number.
    for_room: BTreeMap<u64, Waker>,
    for_end: BTreeMap<u64, Waker>,
    numbers: u64,
    senders: usize,
    /// Why the response breaks off.
    pub(super) failure: Option<Failure>,
}

impl SharedSession {
    pub(super) fn new(machine: server::Session) -> Self {
        Self {
            machine,
            reader: None,
            stalled: None,
            for_room: BTreeMap::new(),
            for_end: BTreeMap::new(),
            numbers: 0,
            senders: 1,
            failure: None,
        }
    }

    /// Registers the task that writes the response.
    pub(super) fn wait(&mut self, waker: Waker, after: &mut After) {
        after.discard(self.reader.replace(waker));
    }

    /// Registers the task that writes the response, and whose peer takes nothing.
    pub(super) fn stall(&mut self, waker: Waker, after: &mut After) {
        after.discard(self.stalled.replace(waker));
    }

    /// Wakes the tasks that wait for room, and after the end those that wait for the end.
    pub(super) fn wake_senders(&mut self, after: &mut After) {
        after.wake(mem::take(&mut self.for_room).into_values());
        if self.machine.has_ended() {
            after.wake(mem::take(&mut self.for_end).into_values());
        }
    }

    /// Ends the response after what was sent.
    fn close(&mut self, farewell: Option<&Message>, after: &mut After) {
        self.machine.close(farewell);
        self.wake_senders(after);
        after.wake(self.reader.take());
    }
}

/// A task of a sender that waits. Dropping it takes the task off the list.
struct WaitingSender<'a> {
    shared: &'a Mutex<SharedSession>,
    number: u64,
}

impl<'a> WaitingSender<'a> {
    fn new(shared: &'a Mutex<SharedSession>) -> Self {
        let mut locked = lock(shared);
        let (state, _) = locked.parts();
        state.numbers += 1;
        Self { shared, number: state.numbers }
    }
}

impl Drop for WaitingSender<'_> {
    fn drop(&mut self) {
        let mut locked = lock(self.shared);
        let (shared, after) = locked.parts();
        after.discard(shared.for_room.remove(&self.number));
        after.discard(shared.for_end.remove(&self.number));
    }
}

impl Sender {
    /// Sends a message, after a wait while too many bytes wait to be transmitted.
    ///
    /// Dropping the future before it is ready sends nothing.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`]: the response has ended, or the client is gone.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.send_when(|machine| machine.send(&message)).await
    }

    /// Calls this function until it does not fail for want of room, each time that there is more.
    pub(super) async fn send_when(
        &self,
        mut send: impl FnMut(&mut server::Session) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        // Mostly there is room.
        match self.try_send_by(&mut send) {
            Err(SendError::Full { .. }) => {}
            sent => return sent,
        }
        let waiting = WaitingSender::new(&self.shared);
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut locked = lock(&self.shared);
            let (shared, after) = locked.parts();
            match send(&mut shared.machine) {
                Err(SendError::Full { .. }) => {
                    after.discard(shared.for_room.insert(waiting.number, waker));
                    after.wake(shared.reader.take());
                    Poll::Pending
                }
                sent => {
                    after.wake(shared.reader.take());
                    Poll::Ready(sent)
                }
            }
        })
        .await
    }

    fn try_send_by(&self, send: impl FnOnce(&mut server::Session) -> Result<(), SendError>) -> Result<(), SendError> {
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        after.wake(shared.reader.take());
        send(&mut shared.machine)
    }

    /// Sends a message if there is room for it.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if there is not, [`SendError::Closed`] if the response has ended or the client is gone.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.try_send_by(|machine| machine.send(&message))
    }

    /// Ends the response after what was sent.
    pub fn close(&self) {
        self.close_after(None);
    }

    /// Ends the response after what was sent and a last message: an event that announces it, a reconnection time, or both.
    pub fn close_with(&self, farewell: impl Into<Message>) {
        let farewell = farewell.into();
        self.close_after(Some(&farewell));
    }

    /// Breaks the response off after what was sent, so that the client knows that something failed: no last chunk on HTTP/1.1,
    /// and a reset of the stream on HTTP/2. The error goes to the HTTP engine, as the cause of the body's.
    ///
    /// What was sent is given to the HTTP engine before, which may throw away what it has not written yet. Where the driver
    /// writes, a client that has taken nothing for a second is not waited for.
    ///
    /// ```
    /// use sse_driver::{Event, Sender};
    ///
    /// /// Passes on what an upstream sends, and breaks off where it broke.
    /// async fn relay<E>(mut next: impl AsyncFnMut() -> Option<Result<Event, E>>, sender: Sender)
    /// where
    ///     E: core::error::Error + Send + Sync + 'static,
    /// {
    ///     while let Some(event) = next().await {
    ///         match event {
    ///             Ok(event) => drop(sender.send(event).await),
    ///             Err(error) => return sender.abort(error),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn abort(&self, error: impl Into<Box<dyn Error + Send + Sync>>) {
        let error = error.into();
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        if shared.machine.is_closed() {
            return;
        }
        shared.machine.abort();
        shared.failure = Some(error);
        shared.wake_senders(after);
        after.wake(shared.reader.take());
        after.wake(shared.stalled.take());
    }

    /// Waits until everything has been transmitted after the end, or the client is gone, and returns why the response ended.
    /// While a clone of the sender waits here, the response does not end by itself: [`close`](Self::close) it.
    pub async fn closed(&self) -> CloseReason {
        let waiting = WaitingSender::new(&self.shared);
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut locked = lock(&self.shared);
            let (shared, after) = locked.parts();
            if let Some(reason) = shared.machine.close_reason() {
                return Poll::Ready(reason);
            }
            after.discard(shared.for_end.insert(waiting.number, waker));
            Poll::Pending
        })
        .await
    }

    /// Returns whether no more messages are accepted.
    pub fn is_closed(&self) -> bool {
        lock(&self.shared).machine.is_closed()
    }

    fn close_after(&self, farewell: Option<&Message>) {
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        shared.close(farewell, after);
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        lock(&self.shared).parts().0.senders += 1;
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        shared.senders -= 1;
        if shared.senders == 0 {
            shared.close(None, after);
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
