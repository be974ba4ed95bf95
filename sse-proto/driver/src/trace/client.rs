//! The trace events of clients.

use core::{convert::Infallible, fmt};

use sse_proto::client::{Change, EventSource, FailReason, Output};
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

/// Traces an output, with the transport's error if there was one.
pub(crate) fn output(source: &mut EventSource, output: &Output, error: Option<&dyn fmt::Display>) {
    match output {
        Output::Change(change) => self::change(change, error),
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
        Output::Event => {
            if let Some(event) = source.event() {
                let (event_type, len) = (event.event_type(), event.data().len());
                event!(target: TARGET, Level::TRACE, event_type, len, "event");
            }
        }
        Output::Wait { .. } => {}
    }
}

fn change(change: &Change<Infallible, Infallible>, error: Option<&dyn fmt::Display>) {
    let error = error.map(field::display);
    match change {
        Change::Closed => event!(target: TARGET, Level::DEBUG, "closed"),
        Change::DelayCapped { asked, used } => {
            event!(target: TARGET, Level::INFO, ?asked, ?used, "the server asks for a longer wait than is allowed");
        }
        Change::Failed(failure) => {
            event!(target: TARGET, Level::WARN, reason = %Shown(&failure.reason), error, "failed");
        }
        Change::Finding(finding) => event!(target: TARGET, Level::DEBUG, ?finding, "malformed line"),
        Change::LastEventIdNotSent(id) => {
            event!(target: TARGET, Level::WARN, len = id.len(), "the last event ID cannot be sent");
        }
        Change::Open(head) => event!(target: TARGET, Level::INFO, status = head.status, "open"),
        Change::Reestablishing { cause, error: _, delay, attempt } => {
            event!(target: TARGET, Level::INFO, %cause, error, ?delay, attempt, "reestablishing the connection");
        }
        Change::Retry(retry) => {
            event!(target: TARGET, Level::DEBUG, millis = retry.as_millis(), "reconnection time set");
        }
        Change::Skipped(excess) => event!(target: TARGET, Level::WARN, %excess, "an event was left out"),
        _ => {}
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
