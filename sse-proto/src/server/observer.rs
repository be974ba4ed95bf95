//! Reports about sessions, for metrics and logs.

use core::fmt;

use super::{CloseReason, PassedOver, Resumed};
use crate::{Text, hidden::Hidden};

/// Receives reports of what becomes of sessions, for metrics and logs. Each method does nothing by default.
///
/// The methods are called in the task of the session, with no lock held, and should be quick.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use sse_proto::server::{CloseReason, Observer, SessionInfo, SessionTotals};
///
/// #[derive(Default)]
/// struct Gauge(AtomicU64);
///
/// impl Observer for Gauge {
///     fn opened(&self, _: &SessionInfo<'_>) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
///
///     fn closed(&self, _: &SessionInfo<'_>, _: CloseReason, _: SessionTotals) {
///         self.0.fetch_sub(1, Ordering::Relaxed);
///     }
/// }
/// ```
pub trait Observer {
    /// Reports that a session was opened.
    fn opened(&self, session: &SessionInfo<'_>) {
        let _ = session;
    }

    /// Reports where a session starts, compared with where its client asked to resume.
    fn resumed(&self, session: &SessionInfo<'_>, resumed: Resumed) {
        let _ = (session, resumed);
    }

    /// Reports that the log has overtaken a session, which does not get `missed` messages.
    fn lagged(&self, session: &SessionInfo<'_>, missed: u64) {
        let _ = (session, missed);
    }

    /// Reports that a session has ended.
    fn closed(&self, session: &SessionInfo<'_>, reason: CloseReason, totals: SessionTotals) {
        let _ = (session, reason, totals);
    }
}

/// The session that a report is about. `Debug` shows the length of the key in place of the key.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SessionInfo<'a> {
    /// Whose session it is, if that was set.
    pub key: Option<&'a str>,
    /// The topics it reads, in order; `None` if it reads all messages. A session that does not read from a log has an empty
    /// list.
    pub topics: Option<&'a [Text]>,
}

impl<'a> SessionInfo<'a> {
    /// Returns the description of a session with this key and these topics.
    pub const fn new(key: Option<&'a str>, topics: Option<&'a [Text]>) -> Self {
        Self { key, topics }
    }
}

impl fmt::Debug for SessionInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SessionInfo");
        shown.field("key", &self.key.map(|key| Hidden(key.len()))).field("topics", &self.topics).finish()
    }
}

/// The numbers of messages that a session did not get in its life, by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SessionTotals {
    /// Messages that were gone before the session could read them.
    pub missed: u64,
    /// Messages that the session passed over.
    pub passed_over: PassedOver,
}

impl SessionTotals {
    /// Returns these counts.
    pub const fn new(missed: u64, passed_over: PassedOver) -> Self {
        Self { missed, passed_over }
    }
}
