//! A handle of one session.

use alloc::sync::Arc;
use core::{fmt, slice};

use sse_proto::{
    Message,
    server::{CloseReason, SubscriberId},
};

use super::{SharedLog, state::Order};
use crate::transport::Runtime;

/// Ends one session from elsewhere, made by [`Session::handle`](crate::Session::handle). It keeps neither the session nor its
/// response.
pub struct SessionHandle<K: Runtime> {
    shared: Arc<SharedLog<K>>,
    id: SubscriberId,
    /// Tells the session from a later one with the same ID.
    number: u64,
}

impl<K: Runtime> SessionHandle<K> {
    pub(crate) fn new(shared: &Arc<SharedLog<K>>, id: SubscriberId) -> Self {
        let number = shared.lock().parts().0.handle(id);
        Self { shared: Arc::clone(shared), id, number }
    }

    /// Ends the session gently: it transmits what it has, then the farewell if there is one, and then it ends. One that reads
    /// from a log reads it to its end before. Returns whether the session was still there.
    pub fn finish(&self, farewell: impl Into<Option<Message>>) -> bool {
        self.end(&Order::Finish(farewell.into(), CloseReason::Finished))
    }

    /// Breaks the session off at once, without what it has not transmitted yet: its response gets no regular end. Returns
    /// whether the session was still there.
    pub fn disconnect(&self) -> bool {
        self.end(&Order::GiveUp(CloseReason::Finished))
    }

    fn end(&self, order: &Order) -> bool {
        let mut locked = self.shared.lock();
        let (state, after) = locked.parts();
        let is_there = state.is_there(self.id, self.number);
        if is_there {
            state.end(slice::from_ref(&self.id), order, after);
        }
        is_there
    }
}

impl<K: Runtime> Clone for SessionHandle<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), ..*self }
    }
}

impl<K: Runtime> fmt::Debug for SessionHandle<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle").finish_non_exhaustive()
    }
}
