//! Where a session gets its events from.

mod messages;
mod reading;
#[cfg(feature = "stream")]
mod stream;

use alloc::boxed::Box;
use core::{
    error::Error,
    task::{Context, Waker},
};

use sse_proto::{
    Timestamp,
    server::{CloseReason, Output, Session, SessionInfo, SessionTotals},
};

#[cfg(feature = "stream")]
pub(super) use self::stream::Streaming;
pub(super) use self::{messages::Messages, reading::Reading};
use crate::{lock::lock, trace::SessionTrace, transport::Runtime, unwind};

/// Why a response was broken off, for the HTTP engine and its log.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

pub(super) enum Feed<K: Runtime> {
    Log(Box<Reading<K>>),
    Messages(Messages),
    #[cfg(feature = "stream")]
    Stream(Box<Streaming>),
}

impl<K: Runtime> Feed<K> {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Output {
        match self {
            Self::Log(reading) => reading.poll(cx.waker(), now),
            Self::Messages(messages) => messages.poll(cx, now),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => streaming.poll(cx, now),
        }
    }

    /// Asks what to do while the peer takes nothing.
    pub(super) fn handle_write_pending(&mut self, waker: &Waker, now: Timestamp) -> Output {
        match self {
            Self::Log(reading) => reading.handle_write_pending(waker, now),
            _ => self.with_machine(|machine| machine.handle_write_pending(now)),
        }
    }

    /// Changes the machine, and wakes the senders if it has ended.
    pub(super) fn with_machine<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> T {
        match self {
            Self::Log(reading) => act(&mut reading.machine),
            Self::Messages(messages) => messages.with_machine(act),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => act(&mut streaming.machine),
        }
    }

    /// Returns why the response was broken off, if the application has said so.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        match self {
            Self::Log(_) => None,
            Self::Messages(messages) => lock(&messages.shared).parts().0.failure.take(),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => streaming.failure.take(),
        }
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Session) -> T) -> T {
        match self {
            Self::Log(reading) => look(&reading.machine),
            Self::Messages(messages) => look(&lock(&messages.shared).machine),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => look(&streaming.machine),
        }
    }
}

/// Gives a machine up, and returns why its session has ended.
fn disconnect(machine: &mut Session) -> CloseReason {
    machine.handle_disconnect();
    machine.close_reason().unwrap_or(CloseReason::Disconnected)
}

/// Reports the end of a session that reads from no log, in its destructor.
fn report_closed(trace: &SessionTrace, reason: CloseReason) {
    let (session, totals) = (SessionInfo::new(None, None), SessionTotals::default());
    unwind::contain(|| trace.report(|observer| observer.closed(&session, reason, totals)));
}
