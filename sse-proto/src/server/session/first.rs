//! What a session sends beside messages: its first bytes, and notices of gaps.

use alloc::{boxed::Box, format};

use bytes::{Bytes, BytesMut};

use super::SessionConfig;
use crate::{
    EventType, Message,
    server::{Resumed, heartbeat::COMMENT},
};

/// Returns the first bytes of a response, the messages of a snapshot included. They are sent at once, so that the
/// response's head is sent too and the client's `open` is not late.
pub(super) fn bytes(config: &SessionConfig, resumed: Resumed, snapshot: &[Message]) -> Bytes {
    let notice = config.resync.as_ref().and_then(|event_type| match resumed {
        Resumed::Exact => None,
        Resumed::Gap { missed } => Some(resync(event_type, "gap", Some(missed))),
        Resumed::Stale => Some(resync(event_type, "stale", None)),
        Resumed::Unknown => Some(resync(event_type, "unknown", None)),
    });
    let mut first = BytesMut::new();
    if config.padding > 0 {
        // The colon and the line break are bytes of the comment as well.
        first.extend_from_slice(b":");
        first.resize(config.padding.saturating_sub(1).max(1), b' ');
        first.extend_from_slice(b"\n");
    }
    let retry = config.retry.map(|retry| Message::new().retry(retry));
    for message in retry.iter().chain(&notice).chain(snapshot) {
        // The buffer grows as needed: there is no error.
        let _ = message.encode(&mut first);
    }
    if first.is_empty() {
        return COMMENT;
    }
    first.freeze()
}

/// How a session notifies its client that the log has overtaken it. Nearly every session has the default, which needs no
/// allocation.
#[derive(Debug)]
pub(super) enum LagNotice {
    Default,
    Nothing,
    Type(Box<EventType>),
}

impl LagNotice {
    pub(super) fn new(resync: Option<EventType>) -> Self {
        match resync {
            None => Self::Nothing,
            Some(event_type) if event_type.as_str() == SessionConfig::RESYNC => Self::Default,
            Some(event_type) => Self::Type(Box::new(event_type)),
        }
    }

    /// Returns the message for a client that the log has overtaken.
    pub(super) fn message(&self, missed: u64) -> Option<Message> {
        match self {
            Self::Default => Some(resync(&SessionConfig::default_resync(), "lagged", Some(missed))),
            Self::Nothing => None,
            Self::Type(event_type) => Some(resync(event_type, "lagged", Some(missed))),
        }
    }
}

/// Returns the event that notifies a client of a gap. It has no ID, so that the client keeps the one it has.
fn resync(event_type: &EventType, reason: &str, missed: Option<u64>) -> Message {
    let data = match missed {
        None => format!("{{\"reason\":\"{reason}\"}}"),
        Some(missed) => format!("{{\"reason\":\"{reason}\",\"missed\":{missed}}}"),
    };
    Message::new().event(event_type.clone()).data(data)
}
