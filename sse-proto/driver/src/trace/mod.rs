//! Reports to `tracing` (feature `tracing`): connections and sessions, never what events hold.
//!
//! The targets are `sse_driver::client` and `sse_driver::server`. Of URLs, only the origin is reported, because the
//! rest may hold credentials. Errors of a transport are reported as `Connect::display_error` returns them.

#[cfg(feature = "tracing")]
mod client;
#[cfg(all(feature = "tracing", feature = "std"))]
mod server;

#[cfg(feature = "std")]
use sse_proto::server::Observer;

#[cfg(feature = "tracing")]
pub(super) use self::client::{ClientSpan, output};
#[cfg(not(feature = "tracing"))]
pub(super) use self::none::{ClientSpan, output};

/// Reports that a server could not accept a connection.
#[cfg(feature = "serve")]
pub(super) fn not_accepted(error: &std::io::Error) {
    #[cfg(feature = "tracing")]
    server::not_accepted(error);
    #[cfg(not(feature = "tracing"))]
    let _ = error;
}

/// Without the feature, nothing is reported.
#[cfg(not(feature = "tracing"))]
mod none {
    use core::fmt;

    use sse_proto::client::{EventSource, Output};

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

    pub(crate) fn output(_: &mut EventSource, _: &Output, _: Option<&dyn fmt::Display>) {}
}

/// Reports what becomes of a session, with a number that distinguishes its lines from those of other sessions.
#[cfg(feature = "std")]
#[derive(Debug)]
pub(super) struct SessionTrace(#[cfg(feature = "tracing")] server::Tracer);

#[cfg(feature = "std")]
impl SessionTrace {
    /// Creates the trace of a session, with the next number.
    pub(super) fn new() -> Self {
        Self(
            #[cfg(feature = "tracing")]
            server::Tracer::new(),
        )
    }

    /// Returns whether each piece that is transmitted should be reported.
    pub(super) fn wants_transmitted() -> bool {
        #[cfg(feature = "tracing")]
        return server::Tracer::wants_transmitted();
        #[cfg(not(feature = "tracing"))]
        false
    }

    /// Reports something about the session.
    pub(super) fn report(&self, report: impl FnOnce(&dyn Observer)) {
        #[cfg(feature = "tracing")]
        report(&self.0);
        #[cfg(not(feature = "tracing"))]
        let _ = report;
    }
}
