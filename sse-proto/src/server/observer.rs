//! Who wants to know.

use super::{CloseReason, PassedOver, Resumed};
use crate::Text;

/// Is told what becomes of sessions: for metrics and logs. What is not wanted need not be written.
///
/// It is called in the task of the session, with no lock held, and should be quick.
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
    /// A session was opened.
    fn opened(&self, session: &SessionInfo<'_>) {
        let _ = session;
    }

    /// A client asked to resume, and this came of it.
    fn resumed(&self, session: &SessionInfo<'_>, resumed: Resumed) {
        let _ = (session, resumed);
    }

    /// The log has overtaken a session: it does not get so many messages.
    fn lagged(&self, session: &SessionInfo<'_>, missed: u64) {
        let _ = (session, missed);
    }

    /// A session has ended.
    fn closed(&self, session: &SessionInfo<'_>, reason: CloseReason, totals: SessionTotals) {
        let _ = (session, reason, totals);
    }
}

/// Which session it is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SessionInfo<'a> {
    /// Whose it is.
    pub key: Option<&'a str>,
    /// The topics it reads, in order; `None` if it reads all messages.
    pub topics: Option<&'a [Text]>,
}

impl<'a> SessionInfo<'a> {
    /// A session with this key and these topics.
    pub const fn new(key: Option<&'a str>, topics: Option<&'a [Text]>) -> Self {
        Self { key, topics }
    }
}

/// What did not get through in the life of a session, by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SessionTotals {
    /// Messages that were gone before the session could read them.
    pub missed: u64,
    /// Messages that it passed over.
    pub passed_over: PassedOver,
}

impl SessionTotals {
    /// These counts.
    pub const fn new(missed: u64, passed_over: PassedOver) -> Self {
        Self { missed, passed_over }
    }
}
