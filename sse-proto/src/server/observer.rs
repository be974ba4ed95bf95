//! Reports about sessions, for metrics and logs.

use core::{fmt, ops::AddAssign};

use memchr::memmem;

use super::{CloseReason, PassedOver, Resumed, session::Beat};
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

    /// Reports that bytes were handed over to the HTTP engine or the writer. It is called once for each piece, which may
    /// hold many events.
    fn transmitted(&self, session: &SessionInfo<'_>, transmitted: Transmitted) {
        let _ = (session, transmitted);
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

/// What a session has handed over to the HTTP engine or the writer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Transmitted {
    /// The number of bytes, heartbeats included.
    pub bytes: u64,
    /// The number of messages with a blank line at the end: events, and messages with an ID alone. Heartbeats of the settings
    /// are left out.
    pub events: u64,
    /// The number of heartbeats.
    pub heartbeats: u64,
}

impl Transmitted {
    /// Counts what is in these bytes of a session.
    pub(super) fn new(encoded: &[u8], beat: Beat) -> Self {
        let bytes = encoded.len() as u64;
        if beat == Beat::Alone {
            return Self { bytes, events: 0, heartbeats: 1 };
        }
        // Every line of a message begins with the name of a field or a colon, so that no other line is blank.
        let events = memmem::find_iter(encoded, b"\n\n").count() as u64;
        Self { bytes, events, heartbeats: u64::from(beat == Beat::Among) }
    }
}

impl AddAssign for Transmitted {
    fn add_assign(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.events += more.events;
        self.heartbeats += more.heartbeats;
    }
}

/// What a session has sent in its life, and the numbers of messages that it did not get, by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SessionTotals {
    /// What it has transmitted. Drivers count only for sessions with an observer; for others everything is 0.
    pub transmitted: Transmitted,
    /// Messages that were gone before the session could read them.
    pub missed: u64,
    /// Messages that the session passed over.
    pub passed_over: PassedOver,
}

impl SessionTotals {
    /// Returns these counts.
    pub const fn new(transmitted: Transmitted, missed: u64, passed_over: PassedOver) -> Self {
        Self { transmitted, missed, passed_over }
    }
}
