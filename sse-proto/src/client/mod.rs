//! The client: an `EventSource` as a state machine (sections 9.2.2 and 9.2.3 of the HTML Standard).
//!
//! [`EventSource`] does no I/O. It decides when to connect and what to request, receives what came back, decodes the
//! events, and decides what a lost connection or an unexpected response means. Its driver owns the socket and the clock.

mod change;
mod config;
mod failure;
mod headers;
mod judge;
mod loss;
mod method;
mod output;
mod policy;
mod recent;
mod reestablish;
mod refusal;
mod request;
mod request_error;
mod response;
mod retry;
mod retry_after;
mod settings;
mod state;
mod stream;
mod url;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::{fmt, mem, time::Duration};

use bytes::Bytes;

pub use self::{
    change::Change,
    config::ClientConfig,
    failure::{FailReason, Failure},
    headers::Headers,
    loss::{Loss, NetworkError, ReadyState},
    output::Output,
    policy::{Policy, Resilient, Ruling, Standard},
    refusal::Refusal,
    request::Request,
    request_error::{RequestError, UrlFault},
    response::ResponseHead,
    retry::Backoff,
    settings::{RememberRedirects, Timeouts},
};
use self::{
    recent::Recent,
    reestablish::Reconnects,
    state::{Moved, Phase, State},
    url::{ShownUrl, Url},
};
use crate::{Chunk, Decoder, Event, EventRef, Retry, Text, Timestamp, hidden::Hidden, random::Random};

/// A client that keeps a stream of events open, and resumes it after the last event ID when the connection is lost.
///
/// # Driving it
///
/// The methods are of four kinds:
///
/// - **Getters** look: [`ready_state`](Self::ready_state), [`last_event_id`](Self::last_event_id),
///   [`reconnection_time`](Self::reconnection_time), [`url`](Self::url), [`origin`](Self::origin),
///   [`response`](Self::response), [`refusal`](Self::refusal), [`recent_input`](Self::recent_input).
/// - **`handle_*`** reports what happened: [`handle_response`](Self::handle_response),
///   [`handle_data`](Self::handle_data), [`handle_end`](Self::handle_end), [`handle_error`](Self::handle_error); and, if
///   the transport knows, [`handle_connecting`](Self::handle_connecting) and
///   [`handle_connected`](Self::handle_connected).
/// - **Commands** come from the application: [`close`](Self::close), [`restart`](Self::restart).
/// - **[`poll_output`](Self::poll_output)** returns what to do next.
///
/// **After every `handle_*` and every command, call `poll_output` until it returns [`Output::Wait`].** Then wait for
/// something to happen on the connection, or for the deadline that came with it, whichever is first, and report it or
/// poll again. Events are decoded one by one as they are polled, so a slow consumer slows the socket and nothing piles
/// up.
///
/// There is at most one connection. [`Output::Connect`], [`Change::Reestablishing`], [`Change::Failed`] and
/// [`Change::Closed`] mean: drop the current connection. Later `handle_*` calls about it are ignored.
///
/// ```
/// use sse_proto::{Timestamp, client::{Change, ClientConfig, EventSource, Output, ResponseHead}};
///
/// let mut source = EventSource::new(ClientConfig::get("http://example.com/events")?);
/// let now = Timestamp::default();
/// let Output::Connect(request) = source.poll_output(now) else { panic!() };
/// assert_eq!(request.headers.value("accept"), Some(&b"text/event-stream"[..]));
///
/// let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
/// source.handle_response(&ResponseHead { status: 200, headers });
/// source.handle_data("id: 1\ndata: hello\n\n".into());
/// assert!(matches!(source.poll_output(now), Output::Change(Change::Open(_))));
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
    /// The current request, or the last one.
    request: Request,
    /// The method of the first request of the attempt, before redirects: the one that would be sent again.
    asked_method: Text,
    /// All redirects of the attempt so far are to be remembered for reconnections.
    lasting: bool,
    phase: Phase,
    /// When the time that the state is limited to began; `None` if it begins with the next poll.
    since: Option<Timestamp>,
    reconnects: Reconnects,
    /// The last response that opened a stream.
    response: Option<ResponseHead>,
    /// The response to the last request, if it opened no stream.
    refusal: Option<Refusal>,
    recent: Recent,
    /// The received bytes that are being decoded.
    chunk: Chunk<Bytes>,
    /// Data was received since the idle timeout began.
    heard: bool,
    /// The connection is lost, but the chunk is still being decoded.
    lost: Option<Loss>,
    /// The last output was an event, which was not taken yet.
    has_event: bool,
}

impl EventSource {
    /// Creates a source that connects as soon as it is polled (R-003).
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
            reconnects: Reconnects::default(),
            response: None,
            refusal: None,
            recent: Recent::new(config.recent_input),
            chunk: Chunk::default(),
            heard: false,
            lost: None,
            has_event: false,
            config,
        }
    }

    /// Reports that the caller has changed the request before it is sent, for example to add a fresh token. Returns the
    /// request to send: credentials, and a `Host`, that the caller added do not go to an origin that only a redirect has
    /// led to (D-10). Redirects continue from this request. The time spent on the change does not count as time of the
    /// transport.
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

    /// Reports that the transport has begun to connect, and will report when it is connected: until then
    /// [`Timeouts::connect`] holds, and the request counts as not sent. A transport that cannot report this omits the
    /// call; then [`Timeouts::head`] holds for everything before the response.
    pub fn handle_connecting(&mut self) {
        if matches!(self.state, State::Requested) && self.phase == Phase::Unknown {
            self.phase = Phase::Connecting;
        }
    }

    /// Reports that the transport is connected: from now on [`Timeouts::head`] holds.
    pub fn handle_connected(&mut self) {
        if matches!(self.state, State::Requested) && self.phase != Phase::Connected {
            self.phase = Phase::Connected;
            self.since = None;
        }
    }

    /// Reports the head of the response. Ignored if no request is in progress.
    pub fn handle_response(&mut self, head: &ResponseHead) {
        if matches!(self.state, State::Requested) {
            self.state = self.judge(head);
            self.since = None;
        }
    }

    /// Passes on the next bytes of the body. Ignored if there is no open stream.
    pub fn handle_data(&mut self, data: Bytes) {
        if matches!(self.state, State::Refused { .. }) {
            return self.collect(&data);
        }
        if !matches!(self.state, State::Accepted | State::Open) || self.lost.is_some() || data.is_empty() {
            return;
        }
        self.heard = true;
        self.recent.push(&data);
        if self.chunk.rest().is_empty() {
            self.chunk = Chunk::new(data);
        } else {
            // The caller has not drained the machine: the bytes have to be joined so that none are lost.
            self.chunk = Chunk::new([self.chunk.rest(), &*data].concat().into());
        }
        self.has_event = false;
    }

    /// Reports that the body ended in order (R-030). Ignored if there is no open stream.
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

    /// Reports that the request got no response, or that the body broke off. Ignored if there is neither.
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

    /// Closes the source: from now on every output is [`Change::Closed`] (R-040, R-041, R-098).
    pub fn close(&mut self) {
        self.state = State::Closed;
        self.decoder.reset();
        self.forget();
    }

    /// Drops the connection, if there is one, and connects at once, without waiting for the reconnection time. Data that
    /// was received and not delivered is dropped; a server that resumes after the last event ID sends it again. Without
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

    /// Returns what to do next. Call it until it returns [`Output::Wait`].
    pub fn poll_output(&mut self, now: Timestamp) -> Output {
        self.has_event = false;
        match &self.state {
            State::Due { id_reported } => {
                let id_reported = *id_reported;
                self.connect(id_reported, now)
            }
            State::Requested => self.await_response(now),
            State::Redirected => self.send(),
            State::Refused { .. } => self.await_refused_body(now),
            State::Accepted => {
                self.state = State::Open;
                self.since = Some(now);
                self.reconnects.opened(now);
                Change::Open(self.response.clone().unwrap_or_default()).into()
            }
            State::Open => self.decode(now),
            State::Lost(loss) => {
                let loss = *loss;
                self.handle_loss(loss, now)
            }
            State::Reestablishing { cause, delay, until } => {
                let (cause, delay, until) = (*cause, *delay, *until);
                self.state = State::Waiting { until };
                Change::Reestablishing { cause, error: None, delay, attempt: self.reconnects.attempt() }.into()
            }
            State::Waiting { until } if now < *until => Output::Wait { until: Some(*until) },
            State::Waiting { .. } => self.connect(false, now),
            State::Failed(_) => {
                let failed = mem::replace(&mut self.state, State::Closed);
                self.close();
                match failed {
                    State::Failed(reason) => {
                        let refusal = self.refusal.clone().map(Box::new);
                        Change::Failed(Failure { reason, error: None, refusal }).into()
                    }
                    _ => Change::Closed.into(),
                }
            }
            State::Closed => Change::Closed.into(),
        }
    }

    /// Borrows the event, if the last output was [`Output::Event`].
    pub fn event(&mut self) -> Option<EventRef<'_>> {
        self.has_event.then(|| self.decoder.event(&self.chunk))
    }

    /// Returns the event as owned, once, if the last output was [`Output::Event`]. Its parts are slices of the bytes that
    /// [`handle_data`](Self::handle_data) received, where they lay there in one piece.
    pub fn take_event(&mut self) -> Option<Event> {
        let event = self.has_event.then(|| self.decoder.take_event(&self.chunk));
        self.has_event = false;
        event
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

    /// The URL of the configuration, unchanged (R-005).
    pub fn url(&self) -> &str {
        &self.config.url
    }

    /// Scheme, host and port of where the last request went: the origin of the events (R-095).
    pub fn origin(&self) -> String {
        Url::parse(&self.request.url).map(|url| url.origin()).unwrap_or_default()
    }

    /// The [origin](Self::origin) that a redirect has led to; `None` if it is the origin of the configured URL.
    pub fn redirected_origin(&self) -> Option<String> {
        let given = Url::parse(&self.config.url).map(|url| url.origin());
        Some(self.origin()).filter(|origin| Some(origin) != given.as_ref())
    }

    /// Status and header fields of the last response that opened a stream.
    pub fn response(&self) -> Option<&ResponseHead> {
        self.response.as_ref()
    }

    /// The response to the last request, if it opened no stream.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The last bytes of the last stream, as received: at most [`ClientConfig::recent_input`], and available after a
    /// failure as well.
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
