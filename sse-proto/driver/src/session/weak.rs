//! How the server of a response reaches the session in its body.

use alloc::sync::{Arc, Weak};
use core::task::{Context, Poll};

use super::Parts;
use crate::sync::Mutex;
use crate::{lock::hold, transport::Runtime};

/// Refers to the session in the body of a response, among the response's extensions. It does not keep the session: a
/// middleware that drops the body ends the session.
#[derive(Clone)]
pub(crate) struct WeakSession(Weak<dyn Stalled + Send + Sync>);

impl WeakSession {
    pub(super) fn new<K>(parts: &Arc<Mutex<Parts<K>>>) -> Self
    where
        K: Runtime + 'static,
        K::Timer: Send,
    {
        let parts: Weak<Mutex<Parts<K>>> = Arc::downgrade(parts);
        Self(parts)
    }

    /// Returns whether the session has not been dropped.
    pub(crate) fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// Returns whether the session has ended or was dropped.
    pub(crate) fn has_ended(&self) -> bool {
        self.0.upgrade().is_none_or(|session| session.has_ended())
    }

    /// Reports that the peer took some of the bytes.
    pub(crate) fn handle_progress(&self) {
        if let Some(session) = self.0.upgrade() {
            session.handle_progress();
        }
    }

    /// Waits while the peer takes nothing. Ready when the session has ended or was dropped.
    pub(crate) fn poll_stalled(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.upgrade().map_or(Poll::Ready(()), |session| session.poll_stalled(cx))
    }
}

/// The parts of a session, whatever its runtime is.
trait Stalled {
    fn has_ended(&self) -> bool;
    fn handle_progress(&self);
    fn poll_stalled(&self, cx: &mut Context<'_>) -> Poll<()>;
}

impl<K: Runtime> Stalled for Mutex<Parts<K>> {
    fn has_ended(&self) -> bool {
        hold(self).feed.look(sse_proto::server::Session::has_ended)
    }

    fn handle_progress(&self) {
        hold(self).handle_progress();
    }

    fn poll_stalled(&self, cx: &mut Context<'_>) -> Poll<()> {
        hold(self).poll_stalled(cx)
    }
}
