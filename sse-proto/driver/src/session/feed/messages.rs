//! A session that senders feed.

use alloc::{boxed::Box, sync::Arc};
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Waker},
};

use sse_proto::{
    Timestamp,
    server::{Output, Session},
};

use crate::sync::Mutex;
use crate::{lock::lock, session::sender::SharedSession};

/// A session that is fed by senders, and perhaps by a handler that it polls.
pub(crate) struct Messages {
    pub(super) shared: Arc<Mutex<SharedSession>>,
    handler: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Messages {
    pub(crate) fn new(shared: Arc<Mutex<SharedSession>>) -> Self {
        Self { shared, handler: None }
    }

    pub(crate) fn with_handler(mut self, handler: Pin<Box<dyn Future<Output = ()> + Send>>) -> Self {
        self.handler = Some(handler);
        self
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Output {
        if let Some(handler) = &mut self.handler
            && handler.as_mut().poll(cx).is_ready()
        {
            // Dropping it drops its sender, and with the last sender the session ends.
            self.handler = None;
        }
        let waker = cx.waker().clone();
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        let output = shared.machine.poll_output(now);
        match output {
            Output::Wait { .. } => shared.wait(waker, after),
            _ => shared.wake_senders(after),
        }
        output
    }

    /// Asks what to do while the peer takes nothing, and registers the task, so that it is woken when a sender breaks the
    /// response off.
    pub(super) fn handle_write_pending(&self, waker: &Waker, now: Timestamp) -> Output {
        let waker = waker.clone();
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        let output = shared.machine.handle_write_pending(now);
        match output {
            Output::Wait { .. } => shared.stall(waker, after),
            _ => {
                after.discard(Some(waker));
                shared.wake_senders(after);
            }
        }
        output
    }

    pub(super) fn with_machine<T>(&self, act: impl FnOnce(&mut Session) -> T) -> T {
        let mut locked = lock(&self.shared);
        let (shared, after) = locked.parts();
        let done = act(&mut shared.machine);
        if shared.machine.has_ended() {
            shared.wake_senders(after);
        }
        done
    }
}
