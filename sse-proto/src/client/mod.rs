//! The client: an `EventSource` as a state machine (sections 9.2.2 and 9.2.3 of the HTML Standard).
//!
//! [`EventSource`] does no I/O. It says when to connect and what to ask for, is told what came back, decodes the
//! events, and decides what a lost connection or an odd answer means. Its driver owns the socket and the clock.

mod config;
mod headers;
mod request;
mod response;
mod retry;
mod url;

use alloc::string::String;
use core::{fmt, mem, time::Duration};

use bytes::{Buf, Bytes};

pub use self::{
    config::Config,
    headers::{HeaderError, Headers},
    request::Request,
    response::{FailReason, ResponseHead},
    retry::Backoff,
    url::InvalidUrl,
};
use self::{response::Verdict, retry::Jitter, url::Url};
use crate::{DecodeError, Decoder, Event, EventId, EventRef, Finding, Retry, StreamEnd, Text, Timestamp, decode::Step};

/// A client that keeps a stream of events open, and resumes it where it was when the connection is lost.
///
/// # Driving it
///
/// The methods are of four kinds:
///
/// - **Getters** look: [`ready_state`](Self::ready_state), [`last_event_id`](Self::last_event_id),
///   [`reconnection_time`](Self::reconnection_time), [`url`](Self::url), [`origin`](Self::origin).
/// - **`handle_*`** tells what happened: [`handle_response`](Self::handle_response),
///   [`handle_data`](Self::handle_data), [`handle_end`](Self::handle_end), [`handle_error`](Self::handle_error).
/// - **Commands** come from the application: [`close`](Self::close).
/// - **[`poll_output`](Self::poll_output)** says what to do next.
///
/// **After every `handle_*` and every command, call `poll_output` until it says [`Output::Wait`].** Then wait for
/// something to happen on the connection, or for the deadline that came with it, whichever is first, and tell it or
/// poll again. Events are decoded one by one as they are polled, so a slow consumer slows the socket and nothing piles
/// up.
///
/// There is at most one connection. [`Output::Connect`], [`Output::Reestablishing`], [`Output::Failed`] and
/// [`Output::Closed`] mean that the one there was is to be dropped; what is told of it later is ignored.
///
/// ```
/// use sse_proto::{Timestamp, client::{Config, EventSource, Headers, Output, ResponseHead}};
///
/// let mut source = EventSource::new(Config::new("http://example.com/events")?);
/// let now = Timestamp::default();
/// let Output::Connect(request) = source.poll_output(now) else { panic!() };
/// assert_eq!(request.headers.value("accept"), Some(&b"text/event-stream"[..]));
///
/// let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
/// source.handle_response(&ResponseHead { status: 200, headers });
/// source.handle_data("id: 1\ndata: hello\n\n".into());
/// assert_eq!(source.poll_output(now), Output::Open);
/// assert_eq!(source.poll_output(now), Output::Event);
/// assert_eq!(source.event().map(|event| event.data()), Some("hello"));
/// assert_eq!(source.poll_output(now), Output::Wait { until: None });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventSource {
    config: Config,
    decoder: Decoder,
    jitter: Jitter,
    state: State,
    /// Where the next attempt goes: as configured, or where permanent redirects led (D-05).
    url: Text,
    /// Where the request that is under way went.
    target: Text,
    redirects: u32,
    /// All redirects of the request under way were permanent.
    permanent: bool,
    /// Attempts in a row that did not get through.
    failures: u32,
    /// What is being decoded, and how much of its front has been.
    chunk: Bytes,
    used: usize,
    /// The connection is gone; what it brought is still being decoded.
    lost: Option<Loss>,
    current: Current,
}

/// What the driver is to do, or the application to know.
///
/// The enum is exhaustive on purpose: a driver has to deal with all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// The source is closed; there will be no other output any more.
    Closed,
    /// A comment is there; [`EventSource::comment`] lends it until the next call. Only if asked for.
    Comment,
    /// Drop the connection there was, and send this request.
    Connect(Request),
    /// An event is there: [`EventSource::event`] lends it, [`EventSource::take_event`] gives it, until the next call.
    Event,
    /// The connection failed for good: the standard's `error` event with `readyState` CLOSED (R-038).
    Failed(FailReason),
    /// A malformed line. Only if asked for.
    Finding(Finding),
    /// The last event ID changed; [`EventSource::last_event_id`] has it. Only if asked for.
    LastEventId,
    /// The next request goes out without `Last-Event-ID`, because the ID cannot be the value of a header (D-09).
    LastEventIdNotSent(EventId),
    /// The stream is open: the standard's `open` event (R-023).
    Open,
    /// The connection is lost and comes back after a wait: the standard's `error` event with `readyState`
    /// CONNECTING (R-033).
    Reestablishing {
        /// What happened.
        cause: Loss,
        /// How long the wait is.
        delay: Duration,
        /// Which attempt will follow, counted from 1 since the stream was last open.
        attempt: u32,
    },
    /// The server set the reconnection time. Only if asked for.
    Retry(Retry),
    /// An event was left out because it passed a limit that is set to skip.
    Skipped(DecodeError),
    /// There is nothing to do until something happens, or until this moment.
    Wait {
        /// When to poll again at the latest; `None` if only the connection can bring news.
        until: Option<Timestamp>,
    },
}

/// How a connection was lost that is going to be reestablished.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// The body broke off (D-04).
    Broken {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// The body ended in order (R-030).
    End {
        /// Whether an unfinished event was dropped.
        in_mid_event: bool,
    },
    /// There was no answer (R-031).
    Unreachable,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, in_mid_event) = match self {
            Self::Broken { in_mid_event } => ("the stream broke off", *in_mid_event),
            Self::End { in_mid_event } => ("the stream ended", *in_mid_event),
            Self::Unreachable => ("no answer", false),
        };
        f.write_str(what)?;
        f.write_str(if in_mid_event { " in the middle of an event" } else { "" })
    }
}

/// What went wrong below.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NetworkError {
    /// The attempt was given up on our own side: it fails for good (R-024).
    Aborted,
    /// The request cannot be made, now or ever (the scheme is not known, say): it fails for good (R-031).
    Futile,
    /// Anything that may be better next time: no route, a reset, a broken body.
    Passing,
}

/// The standard's `readyState`, with its numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReadyState {
    /// The connection has not been established yet, or it was lost and is being reestablished.
    Connecting = 0,
    /// The connection is open.
    Open = 1,
    /// The source was closed, or failed; it stays so.
    Closed = 2,
}

#[derive(Debug)]
enum State {
    /// To connect at once.
    Due {
        id_reported: bool,
    },
    /// A request is under way.
    Requested,
    /// An answer was accepted; nobody knows yet.
    Accepted,
    Open,
    /// The connection is gone, and nothing of it is left to decode.
    Lost(Loss),
    Waiting {
        until: Timestamp,
    },
    Failed(FailReason),
    Closed,
}

/// What the last output lends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Current {
    Nothing,
    Comment,
    Event,
}

impl EventSource {
    /// A source that connects as soon as it is polled (R-003).
    pub fn new(config: Config) -> Self {
        let mut decoder = Decoder::new().with_limits(config.limits).with_report(config.report);
        if let Some(id) = &config.last_event_id {
            decoder = decoder.with_last_event_id(id);
        }
        Self {
            decoder,
            jitter: Jitter::new(config.jitter_seed.unwrap_or_default()),
            state: State::Due { id_reported: false },
            url: config.url.clone(),
            target: config.url.clone(),
            redirects: 0,
            permanent: true,
            failures: 0,
            chunk: Bytes::new(),
            used: 0,
            lost: None,
            current: Current::Nothing,
            config,
        }
    }

    /// Tells that the request was answered, and how. Ignored if no request is under way.
    pub fn handle_response(&mut self, head: &ResponseHead) {
        if !matches!(self.state, State::Requested) {
            return;
        }
        self.state = match head.verdict(&self.target) {
            Verdict::Accept => State::Accepted,
            Verdict::Fail(reason) => State::Failed(reason),
            Verdict::Redirect { .. } if self.redirects == self.config.redirects => {
                State::Failed(FailReason::TooManyRedirects { limit: self.config.redirects })
            }
            Verdict::Redirect { url, permanent } => {
                self.redirects += 1;
                self.permanent &= permanent;
                if self.permanent {
                    self.url = url.clone();
                }
                self.target = url;
                State::Due { id_reported: true }
            }
        };
    }

    /// Hands over the next bytes of the body. Ignored if there is no open stream.
    pub fn handle_data(&mut self, data: Bytes) {
        if !matches!(self.state, State::Accepted | State::Open) || self.lost.is_some() {
            return;
        }
        self.chunk.advance(mem::take(&mut self.used));
        if self.chunk.is_empty() {
            self.chunk = data;
        } else {
            // Not drained before the call: nothing that was received is lost, but it has to be joined.
            self.chunk = [&*self.chunk, &*data].concat().into();
        }
        self.current = Current::Nothing;
    }

    /// Tells that the body ended in order (R-030). Ignored if there is no open stream.
    pub fn handle_end(&mut self) {
        self.lose(Loss::End { in_mid_event: false });
    }

    /// Tells that the request got no answer, or that the body broke off. Ignored if there is neither.
    pub fn handle_error(&mut self, error: NetworkError) {
        match (&self.state, error) {
            (State::Requested | State::Accepted | State::Open, NetworkError::Aborted) => {
                self.state = State::Failed(FailReason::Aborted);
            }
            (State::Requested, NetworkError::Futile) => self.state = State::Failed(FailReason::Futile),
            (State::Requested, NetworkError::Passing) => {
                self.state = State::Lost(Loss::Unreachable);
            }
            _ => self.lose(Loss::Broken { in_mid_event: false }),
        }
    }

    /// Closes the source: from now on there is nothing but [`Output::Closed`] (R-040, R-041, R-098).
    pub fn close(&mut self) {
        self.state = State::Closed;
        self.current = Current::Nothing;
        self.chunk = Bytes::new();
        self.used = 0;
    }

    /// Says what to do next. Call it until it says [`Output::Wait`].
    pub fn poll_output(&mut self, now: Timestamp) -> Output {
        self.current = Current::Nothing;
        match &self.state {
            State::Due { id_reported } => {
                let id_reported = *id_reported;
                self.connect(id_reported)
            }
            State::Requested => Output::Wait { until: None },
            State::Accepted => {
                self.state = State::Open;
                self.failures = 0;
                Output::Open
            }
            State::Open => self.decode(now),
            State::Lost(loss) => {
                let loss = *loss;
                self.reestablish(loss, now)
            }
            State::Waiting { until } if now < *until => Output::Wait { until: Some(*until) },
            State::Waiting { .. } => {
                self.target = self.url.clone();
                self.redirects = 0;
                self.permanent = true;
                self.connect(false)
            }
            State::Failed(_) => {
                let failed = mem::replace(&mut self.state, State::Closed);
                self.close();
                match failed {
                    State::Failed(reason) => Output::Failed(reason),
                    _ => Output::Closed,
                }
            }
            State::Closed => Output::Closed,
        }
    }

    /// Lends the event that the last output announced.
    pub fn event(&mut self) -> Option<EventRef<'_>> {
        (self.current == Current::Event).then(|| self.decoder.event(&self.chunk))
    }

    /// Gives the event that the last output announced, once. Its parts are slices of what
    /// [`handle_data`](Self::handle_data) got, where they lay there in one piece.
    pub fn take_event(&mut self) -> Option<Event> {
        let event = (self.current == Current::Event).then(|| self.decoder.take_event(&self.chunk));
        self.current = Current::Nothing;
        event
    }

    /// Lends the comment that the last output announced.
    pub fn comment(&mut self) -> Option<&str> {
        (self.current == Current::Comment).then(|| self.decoder.comment(&self.chunk))
    }

    /// The state of the connection, as the last output left it (R-001, R-003).
    pub fn ready_state(&self) -> ReadyState {
        match &self.state {
            State::Open => ReadyState::Open,
            State::Closed => ReadyState::Closed,
            _ => ReadyState::Connecting,
        }
    }

    /// The ID that a reconnection would resume after; empty if there is none.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// The reconnection time: what the server set last, or what is configured.
    pub fn reconnection_time(&self) -> Duration {
        self.decoder.retry().map_or(self.config.reconnection_time, Retry::as_duration)
    }

    /// The URL as it was given (R-005).
    pub fn url(&self) -> &str {
        &self.config.url
    }

    /// Scheme, host and port of where the last request went: the origin of the events (R-095).
    pub fn origin(&self) -> String {
        Url::parse(&self.target).map(|url| url.origin()).unwrap_or_default()
    }

    fn connect(&mut self, id_reported: bool) -> Output {
        let id = self.decoder.last_event_id();
        let id = (!id.is_empty()).then(|| EventId::received(Text::from(id)));
        match id {
            Some(id) if !id.fits_header() && !id_reported => {
                self.state = State::Due { id_reported: true };
                Output::LastEventIdNotSent(id)
            }
            id => {
                self.state = State::Requested;
                let id = id.filter(EventId::fits_header);
                Output::Connect(Request::new(&self.target, &self.config.url, &self.config.headers, id.as_ref()))
            }
        }
    }

    fn decode(&mut self, now: Timestamp) -> Output {
        self.chunk.advance(mem::take(&mut self.used));
        let (used, step) = self.decoder.advance(&self.chunk);
        self.used = used;
        match step {
            Step::Comment => {
                self.current = Current::Comment;
                Output::Comment
            }
            Step::Event => {
                self.current = Current::Event;
                Output::Event
            }
            Step::Failed(error) => {
                self.close();
                Output::Failed(FailReason::Decode(error))
            }
            Step::Finding(finding) => Output::Finding(finding),
            Step::LastEventId => Output::LastEventId,
            Step::Retry(retry) => Output::Retry(retry),
            Step::Skipped(excess) => Output::Skipped(excess),
            Step::More => {
                self.chunk = Bytes::new();
                self.used = 0;
                match self.lost.take() {
                    None => Output::Wait { until: None },
                    Some(loss) => self.reestablish(loss, now),
                }
            }
        }
    }

    fn lose(&mut self, loss: Loss) {
        match self.state {
            State::Requested => self.state = State::Lost(Loss::Unreachable),
            State::Accepted | State::Open => {
                self.lost.get_or_insert(loss);
            }
            _ => {}
        }
    }

    /// Reestablish the connection (R-030 to R-035): the wait begins now.
    fn reestablish(&mut self, loss: Loss, now: Timestamp) -> Output {
        let dropped = self.decoder.finish() == StreamEnd::InMidEvent;
        let cause = match loss {
            Loss::Broken { .. } => Loss::Broken { in_mid_event: dropped },
            Loss::End { .. } => Loss::End { in_mid_event: dropped },
            Loss::Unreachable => loss,
        };
        if cause == Loss::Unreachable {
            self.failures = self.failures.saturating_add(1);
        }
        let delay = self.config.backoff.delay(self.reconnection_time(), self.failures, &mut self.jitter);
        self.state = State::Waiting { until: now + delay };
        Output::Reestablishing { cause, delay, attempt: self.failures.saturating_add(1) }
    }
}
