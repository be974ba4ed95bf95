//! The loop that drives a client.

#[cfg(feature = "std")]
mod handle;
#[cfg(feature = "http")]
mod http;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::{
    convert::Infallible,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use sse_proto::{
    Event, EventRef, StreamEnd, Timestamp,
    client::{self, Change, ClientConfig, Failure, NetworkError, Output, ReadyState, Request, ResponseHead},
};

#[cfg(feature = "std")]
pub use self::handle::Handle;
#[cfg(feature = "std")]
use self::handle::Orders;
use crate::{
    Alarm,
    trace::{self, ClientSpan},
    transport::{Connect, Read, Timer},
    turn::Turn,
};

/// A client that keeps a stream of events open over some transport, and resumes it after the last event ID when the
/// connection is lost.
///
/// It connects when it is first asked for an event, and does everything in the caller's own task. All its methods are
/// **cancel safe**: a future that is dropped before it is ready has taken nothing from the stream.
pub struct EventSource<C: Connect, T> {
    machine: client::EventSource,
    connector: C,
    alarm: Alarm<T>,
    /// The time of the last report to the machine. The clock is not read for every event of a block, and a task that is
    /// polled again looks at the connection before it looks at the clock.
    now: Option<Timestamp>,
    /// When a deadline that has passed takes effect, unless data arrives until then: see [`GRACE`].
    grace: Option<Timestamp>,
    link: Link<C>,
    turn: Turn,
    /// Counts the requests.
    requests: u32,
    prepare: Option<Prepare>,
    /// The last error of the transport.
    error: Option<C::Error>,
    #[cfg(feature = "std")]
    orders: Option<Orders>,
    /// [`Change::Closed`] or [`Change::Failed`] was reported.
    ended: bool,
    /// The caller has closed the source.
    closed: bool,
    span: ClientSpan,
}

enum Link<C: Connect> {
    Down,
    /// The caller's hook prepares the request.
    Preparing(Prepared),
    Requested {
        response: Pin<Box<C::Future>>,
        /// What the transport reports of its connection: see [`Connect::is_connected`].
        connected: Option<bool>,
    },
    Up(C::Body),
}

/// What the loop returns. The machine holds the event, so that nothing is moved for one.
enum Next {
    Change(Change<Infallible, Infallible>),
    Event,
}

/// After this number of requests the task yields once, even if none of them had to wait.
const REQUESTS: u32 = 16;

/// How long a deadline that passed while the task was not polled is extended. A runtime that has to wait for a timer
/// looks at its sockets first, so that data which arrived in time is received before the deadline takes effect.
const GRACE: Duration = Duration::from_millis(1);

type Prepare = Box<dyn FnMut(Request) -> Prepared + Send>;
type Prepared = Pin<Box<dyn Future<Output = Result<Request, NetworkError>> + Send>>;

impl<C: Connect, T: Timer> EventSource<C, T> {
    /// Creates a source over this transport.
    pub fn new(config: ClientConfig, connector: C) -> Self
    where
        T: Default,
    {
        Self::with_timer(config, connector, T::default())
    }

    /// Creates a source over this transport, with this timer.
    pub fn with_timer(config: ClientConfig, connector: C, timer: T) -> Self {
        let machine = client::EventSource::new(config.or_jitter_seed(timer.seed()));
        Self {
            span: ClientSpan::new(&machine),
            machine,
            connector,
            alarm: Alarm::new(timer),
            now: None,
            grace: None,
            link: Link::Down,
            turn: Turn::default(),
            requests: 0,
            prepare: None,
            error: None,
            #[cfg(feature = "std")]
            orders: None,
            ended: false,
            closed: false,
        }
    }

    /// Calls the hook with each request before it is sent, once for each attempt, for example to add a fresh token. The
    /// request has the number of the attempt and the cause of the last loss. An error has the same effect as an error of
    /// the transport.
    ///
    /// The transport over HTTP leaves out what the hook adds of `Connection`, `Content-Length`, `Keep-Alive`, `TE`,
    /// `Transfer-Encoding` and `Upgrade`: it sets them itself.
    ///
    /// A redirect continues from the request that the hook returned; credentials in it do not go to another origin
    /// (D-10).
    ///
    /// ```
    /// # use sse_proto::client::{NetworkError, Request};
    /// # use sse_driver::{EventSource, transport::{Connect, Timer}};
    /// # async fn token() -> Result<String, NetworkError> { Ok(String::new()) }
    /// # fn with_token<C: Connect, T: Timer>(source: EventSource<C, T>) -> EventSource<C, T> {
    /// source.prepare(|mut request: Request| async move {
    ///     let token = token().await?;
    ///     request.headers.set("Authorization", format!("Bearer {token}"))?;
    ///     Ok(request)
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn prepare<F, Fut>(mut self, mut hook: F) -> Self
    where
        F: FnMut(Request) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Request, NetworkError>> + Send + 'static,
    {
        self.prepare = Some(Box::new(move |request| Box::pin(hook(request))));
        self
    }

    /// Waits for the next event: `None` after the source was closed or has failed.
    ///
    /// # Errors
    ///
    /// The connection failed permanently. It is returned once.
    pub async fn next(&mut self) -> Option<Result<Event, Failure<C::Error>>> {
        poll_fn(|cx| self.poll_next_event(cx)).await
    }

    /// Waits for the next event, as [`next`](Self::next) does, and borrows it: nothing is allocated for it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_ref(&mut self) -> Option<Result<EventRef<'_>, Failure<C::Error>>> {
        match poll_fn(|cx| self.poll_event(cx)).await? {
            Err(failure) => Some(Err(failure)),
            Ok(()) => self.machine.event().map(Ok),
        }
    }

    /// Waits for the next change of any kind: `None` after [`Change::Closed`] or [`Change::Failed`].
    pub async fn next_change(&mut self) -> Option<Change<C::Error>> {
        poll_fn(|cx| self.poll_next_change(cx)).await
    }

    /// Polls for the next event, as [`next`](Self::next) does.
    pub fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, Failure<C::Error>>>> {
        Poll::Ready(match ready!(self.poll_event(cx)) {
            None => None,
            Some(Err(failure)) => Some(Err(failure)),
            Some(Ok(())) => self.machine.take_event().map(Ok),
        })
    }

    /// Polls for the next change, as [`next_change`](Self::next_change) does.
    pub fn poll_next_change(&mut self, cx: &mut Context<'_>) -> Poll<Option<Change<C::Error>>> {
        Poll::Ready(ready!(self.poll_next(cx)).map(|next| match next {
            Next::Change(change) => change.with_error(&mut self.error),
            Next::Event => Change::Event(self.machine.take_event().unwrap_or_default()),
        }))
    }

    /// Closes the source and drops its connection: no further event is returned, not even one that was received already.
    pub fn close(&mut self) {
        if !self.ended && !self.closed {
            // It is traced here, because a closed source need not be polled again.
            let _entered = self.span.enter();
            trace::output(&mut self.machine, &Output::Change(Change::Closed), None);
        }
        self.machine.close();
        self.link = Link::Down;
        self.closed = true;
    }

    /// Drops the connection, if there is one, and connects at once, without waiting for the reconnection time. Events that
    /// were received and not returned yet are dropped; a server that resumes after the last event ID sends them again.
    pub fn restart(&mut self) {
        self.machine.restart();
        self.link = Link::Down;
        self.now = None;
        self.grace = None;
    }

    /// A handle that closes or restarts this source from elsewhere, another task say.
    #[cfg(feature = "std")]
    pub fn handle(&mut self) -> Handle {
        self.orders.get_or_insert_default().handle()
    }

    /// The state of the connection.
    pub fn ready_state(&self) -> ReadyState {
        self.machine.ready_state()
    }

    /// The ID that a reconnection would resume after; empty if there is none.
    pub fn last_event_id(&self) -> &str {
        self.machine.last_event_id()
    }

    /// The reconnection time: what the server set last, or what is configured.
    pub fn reconnection_time(&self) -> Duration {
        self.machine.reconnection_time()
    }

    /// The URL of the configuration, unchanged.
    pub fn url(&self) -> &str {
        self.machine.url()
    }

    /// Scheme, host and port of where the last request went: the origin of the events.
    pub fn origin(&self) -> String {
        self.machine.origin()
    }

    /// Status and header fields of the last response that opened a stream.
    pub fn response(&self) -> Option<&ResponseHead> {
        self.machine.response()
    }

    /// The last bytes of the last stream, as received: at most [`ClientConfig::recent_input`], and available after a
    /// failure as well.
    pub fn recent_input(&self) -> Vec<u8> {
        self.machine.recent_input()
    }

    /// How the stream ended, if its end closed the source.
    pub(super) fn end(&self) -> Option<StreamEnd> {
        (self.ended && !self.closed).then_some(StreamEnd::Complete)
    }

    /// Polls for the next event and leaves it in the machine.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(), Failure<C::Error>>>> {
        loop {
            match ready!(self.poll_next(cx)) {
                None | Some(Next::Change(Change::Closed)) => return Poll::Ready(None),
                Some(Next::Event) => return Poll::Ready(Some(Ok(()))),
                Some(Next::Change(Change::Failed(failure))) => {
                    return Poll::Ready(Some(Err(failure.with_error(self.error.take()))));
                }
                Some(Next::Change(_)) => {}
            }
        }
    }

    /// Polls for the next event or change, and follows the orders of handles: `None` when there will be none.
    #[cfg(feature = "std")]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        loop {
            if let Some(order) = self.orders.as_ref().and_then(Orders::take) {
                if order.restart {
                    self.restart();
                }
                if order.close {
                    self.close();
                }
            }
            if let Poll::Ready(output) = self.poll_machine(cx) {
                return Poll::Ready(output);
            }
            if !self.orders.as_ref().is_some_and(|orders| orders.listen(cx.waker())) {
                return Poll::Pending;
            }
        }
    }

    #[cfg(not(feature = "std"))]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        self.poll_machine(cx)
    }

    /// Drives the machine to the next event or change: `None` when there will be none.
    #[inline]
    fn poll_machine(&mut self, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let span = self.span.clone();
        let _entered = span.enter();
        loop {
            let now = *self.now.get_or_insert_with(|| self.alarm.now());
            let output = self.machine.poll_output(now);
            if !(self.closed && matches!(output, Output::Change(Change::Closed))) {
                let error = self.error.as_ref().and_then(|error| self.connector.display_error(error));
                trace::output(&mut self.machine, &output, error);
            }
            match output {
                Output::Event => return Poll::Ready(Some(Next::Event)),
                Output::Change(change) => {
                    match change {
                        Change::Closed | Change::Failed(_) => {
                            self.link = Link::Down;
                            self.ended = true;
                        }
                        Change::Reestablishing { .. } => self.link = Link::Down,
                        _ => {}
                    }
                    return Poll::Ready(Some(Next::Change(change)));
                }
                Output::Connect(request) => {
                    // The time of the request begins now, however long the application took before it polled again.
                    self.now = None;
                    self.connect(*request);
                    self.requests = self.requests.wrapping_add(1);
                    if self.requests.is_multiple_of(REQUESTS) {
                        cx.waker().wake_by_ref();
                        return self.turn.end();
                    }
                }
                Output::Wait { until } => {
                    ready!(self.turn.poll(cx));
                    if self.poll_link(cx).is_pending() {
                        let passed = until.is_some_and(|deadline| self.poll_deadline(cx, deadline).is_ready());
                        if !passed {
                            return self.turn.end();
                        }
                    }
                    self.now = None;
                    self.grace = None;
                }
            }
        }
    }

    /// Waits for a deadline. If it has passed while the task was not polled, the runtime may not have looked at the
    /// connection since, and gets the time to do so: data that waits in the socket counts.
    fn poll_deadline(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        if self.grace.is_none() && !matches!(self.link, Link::Down) {
            let now = self.alarm.now();
            self.grace = (now > deadline).then(|| now + GRACE);
        }
        self.alarm.poll(cx, self.grace.unwrap_or(deadline))
    }

    /// Polls the connection: ready when something was reported to the machine.
    fn poll_link(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.link {
            Link::Down => return Poll::Pending,
            Link::Preparing(prepared) => match ready!(prepared.as_mut().poll(cx)) {
                Ok(request) => {
                    let request = self.machine.handle_request(request);
                    self.send(request);
                }
                Err(error) => {
                    self.machine.handle_error(error);
                    self.link = Link::Down;
                }
            },
            Link::Requested { response, connected } => {
                let polled = response.as_mut().poll(cx);
                let now_connected = self.connector.is_connected(response);
                let progress = now_connected != *connected;
                *connected = now_connected;
                if progress {
                    report_progress(&mut self.machine, now_connected);
                }
                match polled {
                    Poll::Pending if progress => {}
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(response)) => {
                        self.machine.handle_response(&response.head);
                        self.link = Link::Up(response.body);
                    }
                    Poll::Ready(Err(error)) => self.break_off(error),
                }
            }
            Link::Up(body) => match ready!(body.poll_read(cx)) {
                Ok(Some(data)) => {
                    self.turn.count(data.len());
                    self.machine.handle_data(data);
                }
                Ok(None) => {
                    self.machine.handle_end();
                    self.link = Link::Down;
                }
                Err(error) => self.break_off(error),
            },
        }
        Poll::Ready(())
    }

    fn connect(&mut self, request: Request) {
        self.error = None;
        self.link = Link::Down;
        match &mut self.prepare {
            // A redirect continues from the prepared request.
            Some(prepare) if request.redirects == 0 => {
                self.machine.handle_connecting();
                self.link = Link::Preparing(prepare(request));
            }
            _ => self.send(request),
        }
    }

    fn send(&mut self, request: Request) {
        let response = Box::pin(self.connector.connect(request));
        let connected = self.connector.is_connected(&response);
        report_progress(&mut self.machine, connected);
        self.link = Link::Requested { response, connected };
    }

    fn break_off(&mut self, error: C::Error) {
        self.machine.handle_error(self.connector.classify(&error));
        self.error = Some(error);
        self.link = Link::Down;
    }
}

fn report_progress(machine: &mut client::EventSource, connected: Option<bool>) {
    if let Some(connected) = connected {
        machine.handle_connecting();
        if connected {
            machine.handle_connected();
        }
    }
}

/// No field is pinned in place: futures are boxed, and everything else may move.
impl<C: Connect, T> Unpin for EventSource<C, T> {}

impl<C: Connect, T> fmt::Debug for EventSource<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource").field("machine", &self.machine).finish_non_exhaustive()
    }
}
