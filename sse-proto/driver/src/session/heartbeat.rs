//! Heartbeats that the application makes.

use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use sse_proto::{Message, server};

use super::Session;
use crate::{lock::hold, transport::Runtime};

type Making = Pin<Box<dyn Future<Output = Message> + Send>>;

/// Makes the heartbeats of a session when they are due.
pub(super) enum Heartbeats {
    Async {
        make: Box<dyn FnMut() -> Making + Send>,
        /// The heartbeat that is being made.
        making: Option<Making>,
    },
    Sync(Box<dyn FnMut() -> Message + Send>),
}

impl Heartbeats {
    /// Begins to make a heartbeat, unless one is being made already. Returns it if it needs no time.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) -> Option<Message> {
        match self {
            Self::Async { make, making } => {
                if making.is_none() {
                    *making = Some(make());
                }
                self.poll(cx)
            }
            Self::Sync(make) => Some(make()),
        }
    }

    /// Returns the heartbeat that was begun, once it is made.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Option<Message> {
        let Self::Async { making, .. } = self else { return None };
        let Poll::Ready(message) = making.as_mut()?.as_mut().poll(cx) else { return None };
        *making = None;
        Some(message)
    }
}

impl<K: Runtime> Session<K> {
    /// Makes each heartbeat with this function when it is due, at the times that the settings name. A message with
    /// nothing in it sends nothing.
    #[must_use]
    pub fn with_heartbeat(self, make: impl FnMut() -> Message + Send + 'static) -> Self {
        self.with_heartbeats(Heartbeats::Sync(Box::new(make)))
    }

    /// Makes each heartbeat with this async function: as [`with_heartbeat`](Self::with_heartbeat), but it may wait, for
    /// example for a number from a database. Meanwhile the session sends its messages, and a heartbeat that becomes due is
    /// left out. The function is dropped with the session, wherever it waits.
    ///
    /// ```
    /// use sse_driver::{Message, Session, transport::Runtime};
    ///
    /// async fn load() -> u32 {
    ///     7
    /// }
    ///
    /// fn beating<K: Runtime>(session: Session<K>) -> Session<K> {
    ///     session.with_async_heartbeat(async || Message::new().comment(format!("load {}", load().await)))
    /// }
    /// ```
    #[must_use]
    pub fn with_async_heartbeat<F>(self, mut make: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Message> + Send + 'static,
    {
        let make = Box::new(move || Box::pin(make()) as Making);
        self.with_heartbeats(Heartbeats::Async { make, making: None })
    }

    fn with_heartbeats(self, heartbeats: Heartbeats) -> Self {
        let mut parts = hold(&self.parts);
        parts.feed.with_machine(server::Session::make_heartbeats);
        parts.heartbeats = Some(Box::new(heartbeats));
        drop(parts);
        self
    }
}
