//! One response.

mod coalesce;
mod config;
mod first;
mod send;
mod snapshot;

use alloc::boxed::Box;
use core::{fmt, mem, time::Duration};

use bytes::{Bytes, BytesMut};

use self::{coalesce::Coalescing, first::LagNotice};
pub use self::{
    config::{OnLag, SessionConfig},
    send::SendError,
};
use super::{CloseReason, Cursor, Heartbeat, LogRead, PassedOver, Resumed, Store, Transmitted};
use crate::{Message, Text, Timestamp, hidden::Hidden, random::Random};

/// One response with events, as a state machine.
///
/// # Driving it
///
/// The methods are of four kinds:
///
/// - **Getters** look: [`missed`](Self::missed), [`is_closed`](Self::is_closed), [`has_ended`](Self::has_ended),
///   [`close_reason`](Self::close_reason).
/// - **`handle_*`** reports what happened: [`handle_log`](Self::handle_log), [`handle_progress`](Self::handle_progress),
///   [`handle_write_pending`](Self::handle_write_pending), [`handle_disconnect`](Self::handle_disconnect).
/// - **Commands** come from the application: [`send`](Self::send), [`finish`](Self::finish), [`close`](Self::close),
///   [`abort`](Self::abort).
/// - **[`poll_output`](Self::poll_output)** returns what to do next.
///
/// **After every `handle_*` and every command, call `poll_output` until it returns [`Output::Wait`].** Before each
/// `poll_output`, give a session that reads from a log the log ([`handle_log`](Self::handle_log)): it takes the next events
/// only when those before are transmitted, so that a slow peer costs a cursor and no queue.
///
/// ```
/// use sse_proto::{Message, Timestamp, server::{Output, Session, SessionConfig}};
///
/// let now = Timestamp::default();
/// let mut session = Session::new(SessionConfig::new());
/// assert_eq!(session.poll_output(now), Output::Transmit(":\n".into())); // the first byte, at once
/// session.send(&Message::from("hello"))?;
/// assert_eq!(session.poll_output(now), Output::Transmit("data: hello\n\n".into()));
/// let Output::Wait { until: Some(heartbeat) } = session.poll_output(now) else { panic!() };
/// assert_eq!(session.poll_output(heartbeat), Output::Transmit(":\n".into()));
/// # Ok::<(), sse_proto::server::SendError>(())
/// ```
pub struct Session {
    // There may be tens of thousands of sessions: what is needed once is not kept, and what few need is boxed.
    heartbeat: Option<Heartbeat>,
    room: usize,
    burst: usize,
    lag_notice: LagNotice,
    write_timeout: Option<Duration>,
    on_lag: OnLag,
    coalescing: Option<Box<Coalescing>>,
    cursor: Option<Cursor>,
    state: State,
    reason: CloseReason,
    /// Whether the queue has a heartbeat.
    beat_queued: bool,
    /// Whether what was transmitted last has a heartbeat.
    beat: Beat,
    /// Whether the session was polled, so that its clocks run.
    begun: bool,
    /// The last message of a session that reads from a log, sent when it has read everything.
    farewell: Option<Box<Message>>,
    /// Messages that were sent and not transmitted yet.
    queue: BytesMut,
    /// Bytes that were taken from the log and not transmitted yet; at first, those that go before everything.
    events: Option<Bytes>,
    /// The number of missed messages that `poll_output` has not reported yet.
    lagged: u64,
    missed: u64,
    /// When bytes were last transmitted.
    quiet_since: Timestamp,
    /// The start of the fixed period that the next heartbeat ends.
    last_heartbeat: Timestamp,
    /// When it reaches its greatest age, if that is not [`NEVER`]; before the first poll, that age as the time since zero.
    ends_at: Timestamp,
}

/// The greatest possible moment, in 584 years.
const NEVER: Timestamp = Timestamp::new(Duration::MAX);

/// What the driver must do next.
///
/// The enum is exhaustive on purpose: a driver has to deal with all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// End the response as a broken one, so that the client knows that it was cut off: no last chunk on HTTP/1.1, and a reset
    /// of the stream on HTTP/2. No other output follows.
    Aborted,
    /// End the response; no other output follows.
    Closed,
    /// A heartbeat is due that the caller makes ([`Heartbeat::made`](super::Heartbeat::made)): give it to
    /// [`Session::send_heartbeat`], or send nothing.
    Heartbeat,
    /// The log has overtaken the session: this client never gets some messages.
    Lagged {
        /// The number of these messages.
        missed: u64,
    },
    /// Write these bytes.
    Transmit(Bytes),
    /// Nothing is due until something happens, or until a moment.
    Wait {
        /// When to poll again at the latest; `None` to wait for messages or the log only.
        until: Option<Timestamp>,
    },
}

/// Whether there is a heartbeat in what was transmitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Beat {
    Alone,
    Among,
    Not,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Open,
    /// The kept messages of the log are still transmitted, then the farewell.
    Finishing,
    /// The waiting bytes are still transmitted.
    Closing,
    /// Everything was given to the driver. Its last bytes may wait for the peer.
    Closed,
    /// It ended before everything was transmitted.
    GivenUp,
}

impl Session {
    /// Returns a session that is fed with [`send`](Self::send).
    pub fn new(config: SessionConfig) -> Self {
        let first = first::bytes(&config, Resumed::Exact, &[]);
        Self::begin(config, None, first)
    }

    /// Returns a session that reads from a log, from `cursor` on.
    pub fn reading(config: SessionConfig, cursor: Cursor) -> Self {
        Self::resuming(config, cursor, Resumed::Exact)
    }

    /// Returns a session that reads from a log, from `cursor` on, and first reports to the client if it may miss something
    /// ([`SessionConfig::resync`]).
    pub fn resuming(config: SessionConfig, cursor: Cursor, resumed: Resumed) -> Self {
        let first = first::bytes(&config, resumed, &[]);
        Self::begin(config, Some(cursor), first)
    }

    fn begin(config: SessionConfig, cursor: Option<Cursor>, first: Bytes) -> Self {
        Self {
            events: Some(first),
            heartbeat: config.heartbeat,
            room: config.queue,
            burst: config.burst,
            lag_notice: LagNotice::new(config.resync),
            write_timeout: config.write_timeout,
            on_lag: config.on_lag,
            coalescing: Coalescing::new(config.coalesce),
            cursor,
            state: State::Open,
            reason: CloseReason::Finished,
            beat_queued: false,
            beat: Beat::Not,
            begun: false,
            farewell: None,
            queue: BytesMut::new(),
            lagged: 0,
            missed: 0,
            quiet_since: Timestamp::default(),
            last_heartbeat: Timestamp::default(),
            ends_at: config.max_age.map_or(NEVER, Timestamp::new),
        }
    }

    /// Takes up to a tenth off the [`SessionConfig::max_age`], by this seed, which should differ for each session.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        if self.ends_at != NEVER {
            let age = self.ends_at.since_epoch();
            self.ends_at = Timestamp::new(age - Random::new(seed).up_to(age / 10));
        }
        self
    }

    /// Leaves each heartbeat to the caller from now on ([`Heartbeat::made`](super::Heartbeat::made)).
    pub fn make_heartbeats(&mut self) {
        self.heartbeat = self.heartbeat.take().map(Heartbeat::made);
    }

    /// Takes the next messages from the log, if this session reads from one. Nothing is taken while bytes wait to be
    /// transmitted, and while messages are [held back](SessionConfig::coalesce).
    pub fn handle_log(&mut self, log: &mut (impl Store + ?Sized), now: Timestamp) {
        let Some(cursor) = &mut self.cursor else { return };
        let idle = self.events.is_none() && self.lagged == 0 && self.queue.is_empty();
        if !idle || !matches!(self.state, State::Open | State::Finishing) {
            return;
        }
        let open = self.state == State::Open && !log.is_closed();
        let waits = cursor.position() < log.end();
        if self.coalescing.as_mut().is_some_and(|coalescing| open && waits && coalescing.holds(now)) {
            return;
        }
        let read = log.read(cursor, self.burst);
        let is_empty = read == LogRead::UpToDate || cursor.position() >= log.end();
        if let Some(coalescing) = self.coalescing.as_mut().filter(|_| is_empty) {
            coalescing.handle_empty();
        }
        match read {
            LogRead::Closed => self.end(CloseReason::Finished),
            LogRead::Events(events) => self.events = Some(events),
            LogRead::Lagged { missed } => self.lag(missed),
            LogRead::UpToDate if self.state == State::Finishing => self.end(self.reason),
            LogRead::UpToDate => {}
        }
    }

    /// Reports that the log has nothing for this session before this position: it waited and was not woken. Without it, a
    /// reader of a rare topic may be told that it missed messages of topics that it does not read.
    pub fn handle_nothing_before(&mut self, position: u64) {
        if let Some(cursor) = self.cursor.as_mut().filter(|cursor| cursor.position() < position) {
            cursor.move_to(position);
        }
    }

    /// Reports that the peer is gone.
    pub fn handle_disconnect(&mut self) {
        self.give_up(CloseReason::Disconnected);
    }

    /// Reports that the peer took some of the bytes of the last [`Output::Transmit`].
    pub fn handle_progress(&mut self, now: Timestamp) {
        self.quiet_since = now;
    }

    /// Reports that the peer has not taken all the bytes of the last [`Output::Transmit`] yet, also after the end of the
    /// response, and returns what to do: [`Output::Wait`] for the peer, until the
    /// [write timeout](SessionConfig::write_timeout), or [`Output::Aborted`] after it.
    ///
    /// A response that the application breaks off waits for a second at most: a peer that reads gets what was sent.
    pub fn handle_write_pending(&mut self, now: Timestamp) -> Output {
        const BREAKING_OFF: Duration = Duration::from_secs(1);
        if self.state == State::GivenUp {
            return Output::Aborted;
        }
        let (timeout, reason) = match self.reason {
            CloseReason::Aborted => {
                (Some(self.write_timeout.map_or(BREAKING_OFF, |it| it.min(BREAKING_OFF))), self.reason)
            }
            _ => (self.write_timeout, CloseReason::WriteTimeout),
        };
        let Some(timeout) = timeout else { return Output::Wait { until: None } };
        let deadline = self.quiet_since + timeout;
        if now < deadline {
            return Output::Wait { until: Some(deadline) };
        }
        self.give_up(reason);
        Output::Aborted
    }

    /// Ends the response when all sent messages are transmitted, with a last message if there is one: a farewell, a
    /// [`Retry`](crate::Retry) hint, or both. No more messages are accepted. A blank line follows a reconnection time even
    /// without an event, because some readers (undici, httpx-sse) heed it only there.
    pub fn close(&mut self, farewell: Option<&Message>) {
        if self.is_closed() {
            return;
        }
        if let Some(farewell) = farewell {
            self.queue_farewell(farewell);
        }
        self.end(CloseReason::Finished);
    }

    /// Breaks the response off when all sent messages are transmitted ([`Output::Aborted`]), so that the client knows that
    /// something failed. No more messages are accepted. A session that was closed before ends as it was to. A peer that
    /// takes nothing is not waited for ([`handle_write_pending`](Self::handle_write_pending)).
    pub fn abort(&mut self) {
        if !self.is_closed() {
            self.end(CloseReason::Aborted);
        }
    }

    /// Ends the response as [`close`](Self::close) does; a session that reads from a log first transmits the messages that
    /// are kept there.
    pub fn finish(&mut self, farewell: Option<&Message>, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        self.farewell = farewell.cloned().map(Box::new);
        self.reason = reason;
        if self.cursor.is_none() {
            return self.end(reason);
        }
        self.state = State::Finishing;
    }

    /// Breaks the response off at once ([`Output::Aborted`]). Waiting bytes are not transmitted, and so the client must not
    /// take it for a complete one.
    pub fn give_up(&mut self, reason: CloseReason) {
        if self.has_ended() {
            return;
        }
        self.state = State::GivenUp;
        self.reason = reason;
        self.queue = BytesMut::new();
        self.farewell = None;
        self.events = None;
        self.lagged = 0;
    }

    /// Returns what to do next. Call it until it returns [`Output::Wait`].
    pub fn poll_output(&mut self, now: Timestamp) -> Output {
        if self.has_ended() {
            return self.end_output();
        }
        if !mem::replace(&mut self.begun, true) {
            (self.quiet_since, self.last_heartbeat) = (now, now);
            self.ends_at = now + self.ends_at.since_epoch();
        }
        if self.ends_at != NEVER && now >= self.ends_at && matches!(self.state, State::Open | State::Finishing) {
            // Nothing more is taken from a log, however much there is in it.
            self.end(CloseReason::MaxAge);
        }
        self.beat = Beat::Not;
        if self.lagged > 0 {
            return Output::Lagged { missed: mem::take(&mut self.lagged) };
        }
        if let Some(events) = self.events.take() {
            self.quiet_since = now;
            return Output::Transmit(events);
        }
        if !self.queue.is_empty() && !self.holds_queue(now) {
            self.quiet_since = now;
            if mem::take(&mut self.beat_queued) {
                self.beat = Beat::Among;
            }
            return Output::Transmit(self.queue.split().freeze());
        }
        if self.state == State::Closing {
            self.state = State::Closed;
            return self.end_output();
        }
        self.wait_or_beat(now)
    }

    /// Returns the topics that a session of a log reads; `None` if it reads all messages.
    pub fn topics(&self) -> Option<&[Text]> {
        self.cursor.as_ref()?.interest().wanted_topics()
    }

    /// Returns how many messages of the log this session did not get because it was too slow.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Returns how many messages of the log this session did not get for other reasons.
    pub fn passed_over(&self) -> PassedOver {
        self.cursor.as_ref().map(Cursor::passed_over).unwrap_or_default()
    }

    /// Returns what the bytes of the last [`Output::Transmit`] are, for metrics. It looks at all of them.
    pub fn transmitted(&self, bytes: &[u8]) -> Transmitted {
        Transmitted::new(bytes, self.beat)
    }

    /// Returns the position in the log of a session that reads from one.
    pub fn position(&self) -> Option<u64> {
        self.cursor.as_ref().map(Cursor::position)
    }

    /// Returns whether everything has been transmitted, or the peer is gone.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Closed | State::GivenUp)
    }

    /// Returns whether the session accepts no more messages.
    pub fn is_closed(&self) -> bool {
        self.state != State::Open
    }

    /// Returns why the session has ended; `None` while it has not.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.has_ended().then_some(self.reason)
    }

    /// Returns whether messages wait that are held back ([`SessionConfig::coalesce`]): more of them change nothing before the
    /// moment that [`Output::Wait`] names.
    pub fn holds_back(&self) -> bool {
        self.held_until().is_some()
    }

    /// Has the messages that wait, if there are any, transmitted with the next output.
    pub fn stop_holding_back(&mut self) {
        if let Some(coalescing) = &mut self.coalescing {
            coalescing.release();
        }
    }

    fn held_until(&self) -> Option<Timestamp> {
        self.coalescing.as_ref().filter(|_| self.state == State::Open)?.until()
    }

    /// Returns whether what was sent is held back. What a session of a log sends of its own is not.
    fn holds_queue(&mut self, now: Timestamp) -> bool {
        let Some(coalescing) = self.coalescing.as_mut().filter(|_| self.cursor.is_none()) else { return false };
        // A heartbeat is there to be sent when it is due.
        let holds = self.state == State::Open && !self.beat_queued && coalescing.holds(now);
        if !holds {
            coalescing.handle_empty();
        }
        holds
    }

    fn wait_or_beat(&mut self, now: Timestamp) -> Output {
        let heartbeat = self.heartbeat.as_ref();
        let due = heartbeat.and_then(|heartbeat| heartbeat.due(self.quiet_since, self.last_heartbeat));
        let Some((heartbeat, due)) = heartbeat.zip(due).filter(|(_, due)| *due <= now) else {
            let ends_at = Some(self.ends_at).filter(|at| *at != NEVER);
            return Output::Wait { until: due.into_iter().chain(ends_at).chain(self.held_until()).min() };
        };
        self.last_heartbeat = heartbeat.after(due, now);
        self.quiet_since = now;
        self.beat = Beat::Alone;
        heartbeat.bytes().map_or(Output::Heartbeat, Output::Transmit)
    }

    fn end_output(&self) -> Output {
        let is_broken = self.state == State::GivenUp || self.reason == CloseReason::Aborted;
        if is_broken { Output::Aborted } else { Output::Closed }
    }

    fn lag(&mut self, missed: u64) {
        self.missed += missed;
        self.lagged = missed;
        if let Some(notice) = self.lag_notice.message(missed) {
            self.queue_message(&notice);
        }
        if self.on_lag == OnLag::Disconnect {
            self.end(CloseReason::Lagged);
        }
    }

    /// Closes the session: only the waiting bytes and the farewell are still transmitted.
    fn end(&mut self, reason: CloseReason) {
        if let Some(farewell) = self.farewell.take() {
            self.queue_farewell(&farewell);
        }
        self.reason = reason;
        self.state = State::Closing;
    }

    /// Queues the last message. A blank line follows a reconnection time, also without an event: no later message brings
    /// one.
    fn queue_farewell(&mut self, farewell: &Message) {
        self.queue_message(farewell);
        if farewell.retry.is_some() && !self.queue.ends_with(b"\n\n") {
            self.queue.extend_from_slice(b"\n");
        }
    }

    fn queue_message(&mut self, message: &Message) {
        // The queue grows as needed: there is no error.
        let _ = message.encode(&mut self.queue);
    }
}

/// Shows the lengths of waiting messages in place of the messages.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("state", &self.state).field("cursor", &self.cursor).field("queue", &Hidden(self.queue.len()));
        shown.field("events", &self.events.as_ref().map(|events| Hidden(events.len())));
        shown.field("missed", &self.missed).finish_non_exhaustive()
    }
}
