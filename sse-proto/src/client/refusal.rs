//! A response that opened no stream.

use core::{fmt, time::Duration};

use bytes::Bytes;

use super::ResponseHead;
use crate::hidden::Hidden;

/// A response that opened no stream. Its body often holds the reason.
///
/// `Debug` shows the length of the body in place of the body.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Refusal {
    /// Status and header fields.
    pub head: ResponseHead,
    /// The beginning of the body, as received: no more than [`ClientConfig::refusal_body`](super::ClientConfig::refusal_body)
    /// bytes, and no more than what arrives within one second.
    pub body: Bytes,
    /// Whether the body holds everything that the server sent.
    pub complete: bool,
}

impl Refusal {
    /// The status of the response.
    pub const fn status(&self) -> u16 {
        self.head.status
    }

    /// How long the server asks to wait before the next request: [`ResponseHead::retry_after`].
    pub fn retry_after(&self) -> Option<Duration> {
        self.head.retry_after()
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, body, complete } = self;
        let mut shown = f.debug_struct("Refusal");
        shown.field("head", head).field("body", &Hidden(body.len())).field("complete", complete).finish()
    }
}
