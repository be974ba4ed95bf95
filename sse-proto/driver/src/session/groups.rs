//! Joining a group of sessions.

use sse_proto::Text;

use super::Session;
use crate::{
    event_log::{SessionHandle, Sessions},
    lock::hold,
    transport::Runtime,
};

impl<K: Runtime> Session<K> {
    /// Joins a group, which ends, counts and observes it together with other sessions until the response ends. A session of a
    /// log is in the log's group already.
    #[must_use]
    pub fn join(self, sessions: &Sessions<K>) -> Self {
        hold(&self.parts).feed.join(sessions, None);
        self
    }

    /// [Joins](Self::join) a group as a session of this key: for example of the user's name.
    #[must_use]
    pub fn join_as(self, sessions: &Sessions<K>, key: impl Into<Text>) -> Self {
        hold(&self.parts).feed.join(sessions, Some(key.into()));
        self
    }

    /// Returns a handle that ends this session from elsewhere; `None` if it is in no group and reads from no log, or has
    /// ended.
    pub fn handle(&self) -> Option<SessionHandle<K>> {
        hold(&self.parts).feed.handle()
    }
}
