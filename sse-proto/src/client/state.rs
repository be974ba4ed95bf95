//! What the machine is in the middle of.

use alloc::vec::Vec;
use core::time::Duration;

use super::{FailReason, Loss, Ruling};
use crate::{Text, Timestamp};

#[derive(Debug)]
pub(super) enum State {
    /// To connect at once.
    Due {
        id_reported: bool,
    },
    /// A request is under way.
    Requested,
    /// A response opens no stream; its body is being collected.
    Refused {
        ruling: Ruling,
        /// Why the connection fails if it does.
        reason: FailReason,
        body: Vec<u8>,
    },
    /// A redirect was accepted: the request goes elsewhere.
    Redirected,
    /// An answer was accepted; nobody knows yet.
    Accepted,
    Open,
    /// The connection is gone, and nothing of it is left to decode.
    Lost(Loss),
    /// The loss has been weighed, and the wait has begun; nobody knows yet.
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
    /// The transport has said nothing about it.
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

/// What the last output lends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Current {
    Nothing,
    Comment,
    Event,
}
