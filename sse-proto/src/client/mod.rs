//! The client: an `EventSource` as a state machine (sections 9.2.2 and 9.2.3 of the HTML Standard).
//!
//! [`EventSource`] does no I/O. It says when to connect and what to ask for, is told what came back, decodes the
//! events, and decides what a lost connection or an odd answer means. Its driver owns the socket and the clock.

mod config;
mod failure;
mod headers;
mod judge;
mod method;
mod output;
mod policy;
mod recent;
mod reestablish;
mod request;
mod response;
mod retry;
mod retry_after;
mod settings;
mod state;
mod stream;
mod url;

use alloc::{string::String, vec::Vec};
use core::{fmt, mem, time::Duration};

use bytes::{Buf, Bytes};

pub use self::{
    config::ClientConfig,
    failure::{FailReason, Refusal},
    headers::{HeaderError, Headers},
    method::InvalidMethod,
    output::{Loss, NetworkError, Output, ReadyState},
    policy::{Policy, Resilient, Ruling, Standard},
    request::Request,
    response::ResponseHead,
    retry::Backoff,
    settings::{RememberRedirects, Timeouts},
    url::{InvalidUrl, UrlFault},
};
use self::{
    recent::Recent,
    reestablish::Trouble,
    state::{Current, Moved, Phase, State},
    url::{ShownUrl, Url},
};
use crate::{Decoder, Event, EventRef, Retry, Text, Timestamp, hidden::Hidden, random::Random};

/// A client that keeps a stream of events open, and resumes it where it was when the connection is lost.
///
/// # Driving it
///
/// The methods are of four kinds:
///
/// - **Getters** look: [`ready_state`](Self::ready_state), [`last_event_id`](Self::last_event_id),
///   [`reconnection_time`](Self::reconnection_time), [`url`](Self::url), [`origin`](Self::origin),
///   [`response`](Self::response), [`refusal`](Self::refusal), [`recent_input`](Self::recent_input).
/// - **`handle_*`** tells what happened: [`handle_response`](Self::handle_response),
///   [`handle_data`](Self::handle_data), [`handle_end`](Self::handle_end), [`handle_error`](Self::handle_error); and, if
///   the transport knows, [`handle_connecting`](Self::handle_connecting) and
///   [`handle_connected`](Self::handle_connected).
/// - **Commands** come from the application: [`close`](Self::close), [`restart`](Self::restart).
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
/// use sse_proto::{Timestamp, client::{ClientConfig, EventSource, Headers, Output, ResponseHead}};
///
/// let mut source = EventSource::new(ClientConfig::new("http://example.com/events")?);
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
pub struct EventSource {
    config: ClientConfig,
    decoder: Decoder,
    random: Random,
    state: State,
    /// Where remembered redirects have led (D-05).
    moved: Option<Moved>,
    /// The request that is under way, or was last.
    request: Request,
    /// The method of the first request of the attempt: what would be sent again.
    asked_method: Text,
    /// All redirects of the attempt are to be remembered.
    lasting: bool,
    phase: Phase,
    /// When the time that the state is limited to began; `None` if it begins with the next poll.
    since: Option<Timestamp>,
    trouble: Trouble,
    /// The answer that opened the stream last.
    response: Option<ResponseHead>,
    /// The answer that opened no stream last.
    refusal: Option<Refusal>,
    recent: Recent,
    /// What is being decoded, and how much of its front has been.
    chunk: Bytes,
    used: usize,
    /// Bytes have come since the silence was last counted.
    heard: bool,
    /// The connection is gone; what it brought is still being decoded.
    lost: Option<Loss>,
    current: Current,
}

impl EventSource {
    /// A source that connects as soon as it is polled (R-003).
    pub fn new(config: ClientConfig) -> Self {
        let mut decoder = Decoder::new().with_limits(config.limits).with_report(config.report);
        if let Some(id) = &config.last_event_id {
            decoder = decoder.with_last_event_id(id);
        }
        Self {
            decoder,
            random: Random::new(config.jitter_seed.unwrap_or_default()),
            state: State::Due { id_reported: false },
            moved: None,
            request: Request::new(&config, &config.url, None),
            asked_method: config.method.clone(),
            lasting: true,
            phase: Phase::Unknown,
            since: None,
            trouble: Trouble::default(),
            response: None,
            refusal: None,
            recent: Recent::new(config.recent_input),
            chunk: Bytes::new(),
            used: 0,
            heard: false,
            lost: None,
            current: Current::Nothing,
            config,
        }
    }

    /// Tells that the caller has changed the request before it is sent (it has got a fresh token, say), and gives the
    /// request as it may be sent: credentials, and a `Host`, that the caller added do not go to an origin where only a
    /// redirect has led (D-10).
    /// Redirects go on from this request. Time that was spent on it does not count as time of the transport.
    pub fn handle_request(&mut self, mut request: Request) -> Request {
        let led_away = !request::same_origin(&self.request.url, &self.config.url);
        if led_away && !request::are_apart(&request.url, &self.request.url) {
            request::drop_bound(&mut request.headers);
        }
        if !matches!(self.state, State::Requested) {
            return request;
        }
        if self.request.redirects == 0 {
            self.asked_method = request.method.clone();
        }
        self.request = request.clone();
        self.phase = Phase::Unknown;
        self.since = None;
        request
    }

    /// Tells that the transport has begun to connect, and will say when it is connected: until then
    /// [`Timeouts::connect`] holds, and the request counts as not sent. A transport that cannot tell leaves this out, and
    /// has [`Timeouts::head`] for all that comes before the answer.
    pub fn handle_connecting(&mut self) {
        if matches!(self.state, State::Requested) && self.phase == Phase::Unknown {
            self.phase = Phase::Connecting;
        }
    }

    /// Tells that the transport is connected: from now on [`Timeouts::head`] holds.
    pub fn handle_connected(&mut self) {
        if matches!(self.state, State::Requested) && self.phase != Phase::Connected {
            self.phase = Phase::Connected;
            self.since = None;
        }
    }

    /// Tells that the request was answered, and how. Ignored if no request is under way.
    pub fn handle_response(&mut self, head: &ResponseHead) {
        if matches!(self.state, State::Requested) {
            self.state = self.judge(head);
            self.since = None;
        }
    }

    /// Hands over the next bytes of the body. Ignored if there is no open stream.
    pub fn handle_data(&mut self, data: Bytes) {
        if matches!(self.state, State::Refused { .. }) {
            return self.collect(&data);
        }
        if !matches!(self.state, State::Accepted | State::Open) || self.lost.is_some() || data.is_empty() {
            return;
        }
        self.heard = true;
        self.recent.push(&data);
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
        match self.state {
            State::Refused { .. } => self.refused(true),
            State::Requested => self.state = State::Lost(Loss::Unreachable),
            State::Accepted | State::Open => {
                self.lost.get_or_insert(Loss::End { in_mid_event: false });
            }
            _ => {}
        }
    }

    /// Tells that the request got no answer, or that the body broke off. Ignored if there is neither.
    pub fn handle_error(&mut self, error: NetworkError) {
        match (&self.state, self.config.policy.network(error)) {
            (State::Requested | State::Accepted | State::Open, NetworkError::Aborted) => {
                self.state = State::Failed(FailReason::Aborted);
            }
            (State::Requested, NetworkError::Permanent) => self.state = State::Failed(FailReason::Permanent),
            (State::Requested, NetworkError::Transient) => self.state = State::Lost(Loss::Unreachable),
            (State::Accepted | State::Open, _) => {
                self.lost.get_or_insert(Loss::Broken { in_mid_event: false });
            }
            (State::Refused { .. }, _) => self.refused(false),
            _ => {}
        }
    }

    /// Closes the source: from now on there is nothing but [`Output::Closed`] (R-040, R-041, R-098).
    pub fn close(&mut self) {
        self.state = State::Closed;
        self.decoder.reset();
        self.forget();
    }

    /// Drops the connection there may be, and connects at once, without waiting out a reconnection time. What was received
    /// and has not been delivered is dropped; the server sends it again if it goes on from the last event ID. Without
    /// effect once the source is closed or has failed.
    ///
    /// The request is sent again even if its method is not safe: the caller has asked for it.
    pub fn restart(&mut self) {
        match self.state {
            State::Closed | State::Failed(_) | State::Due { .. } => {}
            State::Waiting { ref mut until } => *until = Timestamp::default(),
            _ => {
                self.state = State::Lost(Loss::Restarted);
                self.forget();
            }
        }
    }

    /// Says what to do next. Call it until it says [`Output::Wait`].
    pub fn poll_output(&mut self, now: Timestamp) -> Output {
        self.current = Current::Nothing;
        match &self.state {
            State::Due { id_reported } => {
                let id_reported = *id_reported;
                self.connect(id_reported, now)
            }
            State::Requested => self.await_answer(now),
            State::Redirected => self.send(),
            State::Refused { .. } => self.await_refused_body(now),
            State::Accepted => {
                self.state = State::Open;
                self.since = Some(now);
                self.trouble.opened(now);
                Output::Open
            }
            State::Open => self.decode(now),
            State::Lost(loss) => {
                let loss = *loss;
                self.weigh(loss, now)
            }
            State::Reestablishing { cause, delay, until } => {
                let (cause, delay, until) = (*cause, *delay, *until);
                self.state = State::Waiting { until };
                Output::Reestablishing { cause, delay, attempt: self.trouble.attempt() }
            }
            State::Waiting { until } if now < *until => Output::Wait { until: Some(*until) },
            State::Waiting { .. } => self.connect(false, now),
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
        Url::parse(&self.request.url).map(|url| url.origin()).unwrap_or_default()
    }

    /// The [origin](Self::origin) that a redirect has led to; `None` if it is that of the URL as it was given.
    pub fn redirected_origin(&self) -> Option<String> {
        let given = Url::parse(&self.config.url).map(|url| url.origin());
        Some(self.origin()).filter(|origin| Some(origin) != given.as_ref())
    }

    /// Status and header fields of the answer that opened the stream last.
    pub fn response(&self) -> Option<&ResponseHead> {
        self.response.as_ref()
    }

    /// The answer to the last request, if it opened no stream: of a source that has failed for its server's answer, that
    /// answer.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The last bytes that the last stream brought, as they came: as many as [`ClientConfig::recent_input`] says, and readable
    /// after a failure as well.
    pub fn recent_input(&self) -> Vec<u8> {
        self.recent.to_vec()
    }
}

impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EventSource");
        shown.field("url", &ShownUrl(&self.config.url)).field("ready_state", &self.ready_state());
        shown.field("last_event_id", &Hidden(self.last_event_id().len())).finish_non_exhaustive()
    }
}
