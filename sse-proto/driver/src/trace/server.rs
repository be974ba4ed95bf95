//! Reports about sessions to `tracing`.

use core::sync::atomic::{AtomicUsize, Ordering};

use sse_proto::server::{CloseReason, Observer, Resumed, SessionInfo, SessionTotals, Transmitted};
use tracing::{Level, enabled, event};

const TARGET: &str = "sse_driver::server";

/// Reports that a server could not accept a connection.
#[cfg(feature = "serve")]
pub(super) fn not_accepted(error: &std::io::Error) {
    event!(target: TARGET, Level::WARN, %error, "connection not accepted");
}

/// Reports what becomes of a session. Keys are left out, because they may be secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tracer {
    /// The number of the session in the process, from 1.
    number: usize,
}

impl Tracer {
    pub(crate) fn new() -> Self {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        Self { number: LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1) }
    }

    pub(crate) fn wants_transmitted() -> bool {
        enabled!(target: TARGET, Level::TRACE)
    }
}

impl Observer for Tracer {
    fn opened(&self, session: &SessionInfo<'_>) {
        event!(target: TARGET, Level::DEBUG, session = self.number, topics = ?session.topics, "session opened");
    }

    fn resumed(&self, session: &SessionInfo<'_>, resumed: Resumed) {
        let topics = session.topics;
        match resumed {
            Resumed::Exact => {
                event!(target: TARGET, Level::DEBUG, session = self.number, ?topics, ?resumed, "session starts as asked");
            }
            _ => {
                event!(target: TARGET, Level::INFO, session = self.number, ?topics, ?resumed, "session cannot start as asked");
            }
        }
    }

    fn lagged(&self, session: &SessionInfo<'_>, missed: u64) {
        event!(target: TARGET, Level::INFO, session = self.number, topics = ?session.topics, missed, "session overtaken by the log");
    }

    fn transmitted(&self, _: &SessionInfo<'_>, transmitted: Transmitted) {
        let Transmitted { bytes, events, heartbeats, .. } = transmitted;
        event!(target: TARGET, Level::TRACE, session = self.number, bytes, events, heartbeats, "session transmits");
    }

    fn closed(&self, session: &SessionInfo<'_>, reason: CloseReason, totals: SessionTotals) {
        let (topics, missed) = (session.topics, totals.missed);
        match reason {
            CloseReason::Cut | CloseReason::Lagged | CloseReason::WriteTimeout => {
                event!(target: TARGET, Level::INFO, session = self.number, ?topics, %reason, missed, "session closed");
            }
            _ => {
                event!(target: TARGET, Level::DEBUG, session = self.number, ?topics, %reason, missed, "session closed");
            }
        }
    }
}
