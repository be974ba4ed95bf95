//! The client: requests, waits, policies and failures, besides the [`EventSource`](crate::EventSource) and its [`ClientConfig`](crate::ClientConfig).

pub use sse_proto::client::{
    Backoff, FailReason, Headers, Loss, NetworkError, Policy, ReadyState, Refusal, RememberRedirects, Request,
    RequestError, Resilient, ResponseHead, Ruling, Standard, Timeouts, UrlFault,
};

#[cfg(feature = "std")]
pub use crate::event_source::Handle;
