//! A response that opened no stream.

use core::{fmt, time::Duration};

use bytes::Bytes;
#[cfg(feature = "json")]
use serde::Deserialize;

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

    /// The body, read as JSON: what an API says about its refusal. The value may borrow strings from it.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use sse_proto::client::Refusal;
    ///
    /// let refusal = Refusal { body: r#"{"code":"insufficient_quota"}"#.into(), ..Refusal::default() };
    /// let problem: BTreeMap<&str, &str> = refusal.json()?;
    /// assert_eq!(problem["code"], "insufficient_quota");
    /// # Ok::<(), sse_proto::json::JsonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The body is no JSON, or not that of a `T`; or it is longer than what was kept of it.
    #[cfg(feature = "json")]
    #[cfg_attr(docsrs, doc(cfg(feature = "json")))]
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, crate::json::JsonError> {
        serde_json::from_slice(&self.body)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, body, complete } = self;
        let mut shown = f.debug_struct("Refusal");
        shown.field("head", head).field("body", &Hidden(body.len())).field("complete", complete).finish()
    }
}
