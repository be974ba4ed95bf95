//! The server: logs, subscriptions, heartbeats, drains and reports for observers, beside the [`Session`](crate::Session)
//! and the [`EventLog`](crate::EventLog).

pub use sse_proto::{
    DataWriter, Timestamp,
    server::{
        AcceptedCodings, CloseReason, ContentCoding, Cursor, DrainConfig, Drained, Entry, Heartbeat, Interest,
        LogConfig, LogRead, NO_MORE_EVENTS, Observer, OnLag, PassedOver, Presence, PublishError, RESPONSE_HEADERS,
        Reply, Request, Resumed, SendError, SessionInfo, SessionTotals, StartAt, Store, TooManySessions, Transmitted,
        UnusableId, check_id, last_event_id_in_header, last_event_id_in_query, priming, silent_priming,
    },
};

#[cfg(feature = "serve")]
pub use crate::serve::{
    IncomingService, IntoService, Listener, OfHyper, OfIncoming, PeerAddress, RequestBody, Serve, Stopped,
};
#[cfg(all(feature = "axum", feature = "serve"))]
pub use crate::serve::{OfTower, TowerService};
#[cfg(any(feature = "gzip", feature = "zstd"))]
pub use crate::session::{CODINGS, Compressed};
#[cfg(feature = "http")]
pub use crate::session::{Events, OptionalBody, events, last_event_id, respond};
pub use crate::{
    event_log::{Acknowledged, SessionHandle, Sessions},
    session::{LocalSession, SendValueError, Serializing, Subscribe, WriteError},
    write_deadline::WriteDeadline,
};
