//! What a session says of itself.

use alloc::{boxed::Box, format};

use bytes::{Bytes, BytesMut};

use super::SessionConfig;
use crate::{
    EventType, Message,
    server::{Resumed, heartbeat::COMMENT},
};

/// What goes out at once, so that the head of the response does too and the client's `open` is not late.
pub(super) fn bytes(config: &SessionConfig, resumed: Resumed) -> Bytes {
    let told = config.resync.as_ref().and_then(|event_type| match resumed {
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
    for message in retry.iter().chain(&told) {
        // The buffer grows as needed: there is no error.
        let _ = message.encode(&mut first);
    }
    if first.is_empty() {
        return COMMENT;
    }
    first.freeze()
}

/// How a client is told that it misses something. Nearly every session has the default, which costs it nothing.
#[derive(Debug)]
pub(super) enum Telling {
    Default,
    Nothing,
    Type(Box<EventType>),
}

impl Telling {
    pub(super) fn new(resync: Option<EventType>) -> Self {
        match resync {
            None => Self::Nothing,
            Some(event_type) if event_type.as_str() == SessionConfig::RESYNC => Self::Default,
            Some(event_type) => Self::Type(Box::new(event_type)),
        }
    }

    /// What tells a client that the log has overtaken it.
    pub(super) fn lagged(&self, missed: u64) -> Option<Message> {
        match self {
            Self::Default => Some(resync(&SessionConfig::default_resync(), "lagged", Some(missed))),
            Self::Nothing => None,
            Self::Type(event_type) => Some(resync(event_type, "lagged", Some(missed))),
        }
    }
}

/// The event that tells a client that it misses something. It has no ID, so that the client keeps the one it has.
fn resync(event_type: &EventType, reason: &str, missed: Option<u64>) -> Message {
    let data = match missed {
        None => format!("{{\"reason\":\"{reason}\"}}"),
        Some(missed) => format!("{{\"reason\":\"{reason}\",\"missed\":{missed}}}"),
    };
    Message::new().event(event_type.clone()).data(data)
}
