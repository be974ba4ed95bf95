//! The client: requests, waits, policies and failures, beside the [`EventSource`](crate::EventSource) and its
//! [`ClientConfig`](crate::ClientConfig).

pub use sse_proto::client::{
    Backoff, FailReason, HeaderError, Headers, InvalidMethod, InvalidUrl, Loss, NetworkError, Policy, ReadyState,
    Refusal, RememberRedirects, Request, Resilient, ResponseHead, Ruling, Standard, Timeouts, UrlFault,
};

#[cfg(feature = "std")]
pub use crate::event_source::Handle;
