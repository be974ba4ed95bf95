//! What clients tell.

use core::fmt;

use sse_proto::client::{EventSource, FailReason, Output};
use tracing::{Level, Span, event, field, info_span, span::Entered};

const TARGET: &str = "sse_driver::client";

/// The span of one source, in which it is polled.
#[derive(Clone, Debug)]
pub(crate) struct ClientSpan(Span);

impl ClientSpan {
    pub(crate) fn new(source: &EventSource) -> Self {
        Self(info_span!(target: TARGET, "event_source", origin = source.origin()))
    }

    pub(crate) fn enter(&self) -> Entered<'_> {
        self.0.enter()
    }
}

/// Tells of an output, and of what the transport said before it.
pub(crate) fn output(source: &mut EventSource, output: &Output, error: Option<&dyn fmt::Display>) {
    let error = error.map(field::display);
    match output {
        Output::Closed => event!(target: TARGET, Level::DEBUG, "closed"),
        Output::Connect(request) => event!(
            target: TARGET,
            Level::DEBUG,
            // The span has the first one.
            origin = source.redirected_origin(),
            attempt = request.attempt,
            redirects = request.redirects,
            resumes = request.headers.value("last-event-id").is_some(),
            "connecting"
        ),
        Output::DelayCapped { asked, used } => {
            event!(target: TARGET, Level::INFO, ?asked, ?used, "the server asks for a longer wait than is allowed");
        }
        Output::Event => {
            if let Some(event) = source.event() {
                let (event_type, len) = (event.event_type(), event.data().len());
                event!(target: TARGET, Level::TRACE, event_type, len, "event");
            }
        }
        Output::Failed(reason) => event!(target: TARGET, Level::WARN, reason = %Shown(reason), error, "failed"),
        Output::Finding(finding) => event!(target: TARGET, Level::DEBUG, ?finding, "malformed line"),
        Output::LastEventIdNotSent(id) => {
            event!(target: TARGET, Level::WARN, len = id.len(), "the last event ID cannot be sent");
        }
        Output::Open => {
            let status = source.response().map(|head| head.status);
            event!(target: TARGET, Level::INFO, status, "open");
        }
        Output::Reestablishing { cause, delay, attempt } => {
            event!(target: TARGET, Level::INFO, %cause, error, ?delay, attempt, "reestablishing the connection");
        }
        Output::Retry(retry) => {
            event!(target: TARGET, Level::DEBUG, millis = retry.as_millis(), "reconnection time set");
        }
        Output::Skipped(excess) => event!(target: TARGET, Level::WARN, %excess, "an event was left out"),
        Output::Comment | Output::LastEventId | Output::Wait { .. } => {}
    }
}

/// A reason without the parts that may hold credentials.
struct Shown<'a>(&'a FailReason);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            FailReason::Redirect { .. } => f.write_str("the redirect cannot be followed"),
            reason => reason.fmt(f),
        }
    }
}
