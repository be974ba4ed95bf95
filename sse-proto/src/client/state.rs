//! The states of the machine.

use alloc::vec::Vec;
use core::time::Duration;

use super::{FailReason, Loss, Ruling};
use crate::{Text, Timestamp};

#[derive(Debug)]
pub(super) enum State {
    /// The next poll connects.
    Due {
        /// It was reported that the last event ID cannot be sent.
        id_reported: bool,
    },
    /// A request is under way.
    Requested,
    /// A response opens no stream; its body is being collected.
    Refused {
        ruling: Ruling,
        /// Why the connection fails, if the policy does not retry.
        reason: FailReason,
        body: Vec<u8>,
    },
    /// A redirect was accepted: the request goes elsewhere.
    Redirected,
    /// A response was accepted; that is not reported yet.
    Accepted,
    Open,
    /// The connection is gone, and nothing of it is left to decode.
    Lost(Loss),
    /// The loss was judged, and the wait has begun; that is not reported yet.
    Reestablishing {
        cause: Loss,
        delay: Duration,
        until: Timestamp,
    },
    Waiting {
        until: Timestamp,
    },
    Failed(FailReason),
    Closed,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// The transport has not reported it.
    Unknown,
    Connecting,
    Connected,
}

/// Where a remembered redirect leads.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) url: Text,
    /// The request has become a `GET` without a body on the way.
    pub(super) as_get: bool,
}
