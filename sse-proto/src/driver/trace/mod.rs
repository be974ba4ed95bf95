//! What is told to `tracing` (feature `tracing`): what becomes of connections and sessions, never what events hold.
//!
//! The targets are `sse_proto::client` and `sse_proto::server`. Of URLs, only the origin is told, because credentials may
//! be in the rest.

#[cfg(feature = "tracing")]
mod client;
#[cfg(all(feature = "tracing", feature = "std"))]
mod server;

#[cfg(feature = "std")]
use crate::server::Observer;

#[cfg(feature = "tracing")]
pub(super) use self::client::{ClientSpan, output};
#[cfg(not(feature = "tracing"))]
pub(super) use self::none::{ClientSpan, output};

/// Without the feature, nothing is told.
#[cfg(not(feature = "tracing"))]
mod none {
    use crate::client::{EventSource, Output};

    #[derive(Clone, Debug)]
    pub(crate) struct ClientSpan;

    impl ClientSpan {
        pub(crate) fn new(_: &EventSource) -> Self {
            Self
        }

        pub(crate) fn enter(&self) -> Entered {
            Entered
        }
    }

    #[derive(Debug)]
    pub(crate) struct Entered;

    pub(crate) fn output(_: &mut EventSource, _: &Output) {}
}

/// Has something told of a session.
#[cfg(feature = "std")]
pub(super) fn session(tell: impl FnOnce(&dyn Observer)) {
    #[cfg(feature = "tracing")]
    tell(&server::Tracer);
    #[cfg(not(feature = "tracing"))]
    let _ = tell;
}
