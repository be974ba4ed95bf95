//! What is reported of a stream besides its events: limits that were exceeded, findings about its form, and its end.

pub use sse_proto::{DecodeError, Finding, Limit, LimitKind, Malformation, OnExcess, Report, StreamEnd};
