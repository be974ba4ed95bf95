//! Which failures are permanent, and which are transient.

use alloc::sync::Arc;
use core::{fmt, ops::Deref, time::Duration};

use super::{Loss, NetworkError, Refusal, ResponseHead};

/// What a response, or a missing response, leads to: the rules that can be replaced.
///
/// [`Standard`] is the default, [`Resilient`] the preset for services that restart. A closure over the head of a response
/// is a policy, too; it receives what the standard says:
///
/// ```
/// use sse_proto::client::{ClientConfig, ResponseHead, Ruling};
///
/// // An expired token is no reason to stop: the next request will carry a new one.
/// let renew = |head: &ResponseHead, standard: Ruling| if head.status == 401 { Ruling::Retry } else { standard };
/// let config = ClientConfig::get("https://example.com/events")?.policy(renew);
/// # Ok::<(), sse_proto::client::RequestError>(())
/// ```
///
/// A policy can also look at the body of a response that opens no stream:
///
/// ```
/// use sse_proto::client::{ClientConfig, Policy, Refusal, ResponseHead, Resilient, Ruling};
///
/// /// Too many requests are a reason to wait, a spent quota is one to stop.
/// struct Quota;
///
/// impl Policy for Quota {
///     fn response(&self, head: &ResponseHead, standard: Ruling) -> Ruling {
///         Resilient.response(head, standard)
///     }
///
///     fn refused(&self, refusal: &Refusal, ruling: Ruling) -> Ruling {
///         let spent = refusal.body.windows(18).any(|part| part == b"insufficient_quota");
///         if refusal.status() == 429 && spent { Ruling::Fail } else { ruling }
///     }
/// }
///
/// let config = ClientConfig::get("https://example.com/completions")?.policy(Quota);
/// # Ok::<(), sse_proto::client::RequestError>(())
/// ```
///
/// The policy is not asked about redirects that are followed.
pub trait Policy: Send + Sync {
    /// Judges a response, where `standard` is what the standard does with it (R-020 to R-022): accept a 200 with the type
    /// `text/event-stream`, fail with any other.
    fn response(&self, head: &ResponseHead, standard: Ruling) -> Ruling {
        let _ = head;
        standard
    }

    /// Judges a refused response a second time, once the [awaited part](super::ClientConfig::refusal_body) of its body has
    /// arrived. `ruling` is what was decided by its head: [`Ruling::Fail`] or [`Ruling::Retry`]. It is too late for
    /// [`Ruling::Accept`], which counts as [`Ruling::Fail`].
    fn refused(&self, refusal: &Refusal, ruling: Ruling) -> Ruling {
        let _ = refusal;
        ruling
    }

    /// Judges an error of the transport, where `error` is how the transport classifies it.
    fn network(&self, error: NetworkError) -> NetworkError {
        error
    }

    /// Chooses the wait before a reconnection, where `delay` is the one that [`Backoff`](super::Backoff) has chosen and
    /// `attempt` is its number, counted from 1 since the connection was last healthy. `None` gives up. A wait that is
    /// shorter than what was asked for is made as long (R-034). [`Backoff`](super::Backoff) defines the time asked for.
    fn delay(&self, cause: Loss, attempt: u32, delay: Duration) -> Option<Duration> {
        let _ = (cause, attempt);
        Some(delay)
    }
}

/// What is done with a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ruling {
    /// Its body is the stream. A body in an encoding that was not asked for is never accepted.
    Accept,
    /// The connection fails permanently.
    Fail,
    /// The server is asked again after a wait: as long as its `Retry-After` says, plus a random time
    /// ([`Backoff`](super::Backoff)).
    Retry,
}

/// The rules of the standard: any status but 200, and any other type, fail permanently.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Standard;

impl Policy for Standard {}

/// The rules of the standard, except that statuses by which servers and gateways report a transient condition are
/// retried: 408, 425, 429, and all from 500 (D-08).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Resilient;

impl Policy for Resilient {
    fn response(&self, head: &ResponseHead, standard: Ruling) -> Ruling {
        if matches!(head.status, 408 | 425 | 429 | 500..=599) { Ruling::Retry } else { standard }
    }
}

impl<F: Fn(&ResponseHead, Ruling) -> Ruling + Send + Sync> Policy for F {
    fn response(&self, head: &ResponseHead, standard: Ruling) -> Ruling {
        self(head, standard)
    }
}

/// A policy that clones of a configuration share.
#[derive(Clone)]
pub(super) struct SharedPolicy(Arc<dyn Policy>);

impl SharedPolicy {
    pub(super) fn new(policy: impl Policy + 'static) -> Self {
        Self(Arc::new(policy))
    }
}

impl Deref for SharedPolicy {
    type Target = dyn Policy;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for SharedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Policy")
    }
}
