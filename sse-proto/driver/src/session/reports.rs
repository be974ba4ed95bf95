//! The groups that a session is in, and who gets its reports.

use alloc::{sync::Arc, vec::Vec};

use sse_proto::{
    Text,
    server::{Observer, SessionInfo, Transmitted},
};

use super::member::Membership;
use crate::transport::Runtime;

/// The groups that a session has joined, and the observers of these and of its log. Most sessions have neither.
pub(super) struct Groups<K: Runtime> {
    pub(super) joined: Vec<Membership<K>>,
    pub(super) recipients: Vec<Recipient>,
    /// What was transmitted while there were recipients.
    pub(super) transmitted: Transmitted,
}

/// An observer, and whose session it is in the observer's group.
pub(super) struct Recipient {
    pub(super) observer: Arc<dyn Observer + Send + Sync>,
    pub(super) key: Option<Text>,
}

impl<K: Runtime> Default for Groups<K> {
    fn default() -> Self {
        Self { joined: Vec::new(), recipients: Vec::new(), transmitted: Transmitted::default() }
    }
}

impl Recipient {
    /// Reports about a session that reads these topics. No lock may be held, because an observer may use the log.
    pub(super) fn report(&self, topics: Option<&[Text]>, report: impl Fn(&dyn Observer, &SessionInfo<'_>)) {
        report(&*self.observer, &SessionInfo::new(self.key.as_deref(), topics));
    }
}
