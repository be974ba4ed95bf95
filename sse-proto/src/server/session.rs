//! One response.

use core::{error::Error, fmt, mem, time::Duration};

use bytes::{Bytes, BytesMut};

use super::{Cursor, Log, LogRead};
use crate::{Message, Retry, Timestamp};

/// One response with events, as a state machine.
///
/// # Driving it
///
/// The methods are of four kinds:
///
/// - **Getters** look: [`missed`](Self::missed), [`is_closed`](Self::is_closed),
///   [`has_ended`](Self::has_ended).
/// - **`handle_*`** tells what happened: [`handle_log`](Self::handle_log),
///   [`handle_disconnect`](Self::handle_disconnect).
/// - **Commands** come from the application: [`send`](Self::send), [`close`](Self::close).
/// - **[`poll_output`](Self::poll_output)** says what to do next.
///
/// **After every `handle_*` and every command, call `poll_output` until it says [`Output::Wait`].** A session that
/// reads from a log is shown the log before each `poll_output`, so that it takes the next events only when those before
/// are on their way: a slow peer costs a cursor and no queue.
///
/// ```
/// use sse_proto::{Message, Timestamp, server::{Output, Session, SessionConfig}};
///
/// let now = Timestamp::default();
/// let mut session = Session::new(SessionConfig::default());
/// assert_eq!(session.poll_output(now), Output::Transmit(":\n\n".into())); // the first byte, at once
/// session.send(&Message::from("hello"))?;
/// assert_eq!(session.poll_output(now), Output::Transmit("data: hello\n\n".into()));
/// let Output::Wait { until: Some(heartbeat) } = session.poll_output(now) else { panic!() };
/// assert_eq!(session.poll_output(heartbeat), Output::Transmit(":\n\n".into()));
/// # Ok::<(), sse_proto::server::SendError>(())
/// ```
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    cursor: Option<Cursor>,
    state: State,
    /// The first bytes have been transmitted.
    greeted: bool,
    /// Messages that were sent and not transmitted yet.
    queue: BytesMut,
    /// What was taken from the log and not transmitted yet.
    events: Option<Bytes>,
    lagged: Option<u64>,
    missed: u64,
    /// When something was last transmitted.
    quiet_since: Timestamp,
}

/// The settings of a [`Session`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionConfig {
    /// After how long a silence a comment is sent, so that nobody on the way takes the connection for dead: 15 s
    /// (R-055). `None`, or zero, sends none.
    pub heartbeat: Option<Duration>,
    /// The reconnection time to tell the client at the start. `None` leaves it to the client.
    pub retry: Option<Retry>,
    /// How many bytes of messages may wait to be transmitted: 64 KiB. A larger message passes when none is waiting.
    pub queue: usize,
    /// How many bytes are taken from a log at once, if there are more than one message: 64 KiB.
    pub burst: usize,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { heartbeat: Some(Duration::from_secs(15)), retry: None, queue: 64 * 1024, burst: 64 * 1024 }
    }
}

/// What the driver is to do.
///
/// The enum is exhaustive on purpose: a driver has to deal with all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// The response is at its end; there will be no other output any more.
    Closed,
    /// The log has overtaken the session: so many messages will never be sent to this client.
    Lagged {
        /// How many.
        missed: u64,
    },
    /// Write these bytes.
    Transmit(Bytes),
    /// There is nothing to do until something happens, or until this moment.
    Wait {
        /// When to poll again at the latest; `None` if only messages or the log can bring news.
        until: Option<Timestamp>,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Open,
    /// What is waiting is still transmitted.
    Closing,
    Closed,
}

/// A comment, empty: no event for anybody, and the shortest thing that keeps a connection alive.
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

impl Session {
    /// A session that is fed with [`send`](Self::send).
    pub fn new(config: SessionConfig) -> Self {
        Self {
            config,
            cursor: None,
            state: State::Open,
            greeted: false,
            queue: BytesMut::new(),
            events: None,
            lagged: None,
            missed: 0,
            quiet_since: Timestamp::default(),
        }
    }

    /// A session that reads from a log, from `cursor` on.
    pub fn reading(config: SessionConfig, cursor: Cursor) -> Self {
        Self { cursor: Some(cursor), ..Self::new(config) }
    }

    /// Shows the log to a session that reads from it. Nothing is taken while something is waiting to be transmitted.
    pub fn handle_log(&mut self, log: &Log) {
        let Some(cursor) = &mut self.cursor else { return };
        let idle = self.events.is_none() && self.lagged.is_none();
        if !idle || self.state != State::Open {
            return;
        }
        match log.read(cursor, self.config.burst) {
            LogRead::Closed => self.close(None),
            LogRead::Events(events) => self.events = Some(events),
            LogRead::Lagged { missed } => {
                self.missed += missed;
                self.lagged = Some(missed);
            }
            LogRead::UpToDate => {}
        }
    }

    /// Tells that the peer is gone.
    pub fn handle_disconnect(&mut self) {
        self.state = State::Closed;
        self.queue = BytesMut::new();
        self.events = None;
        self.lagged = None;
    }

    /// Queues a message. Several of them are transmitted in one piece.
    ///
    /// # Errors
    ///
    /// The session is closed, or too much is waiting already; the message was not taken then.
    pub fn send(&mut self, message: &Message) -> Result<(), SendError> {
        if self.state != State::Open {
            return Err(SendError::Closed);
        }
        let needed = message.encoded_len();
        let waiting = self.queue.len();
        if waiting > 0 && waiting + needed > self.config.queue {
            return Err(SendError::Full { needed, waiting, bound: self.config.queue });
        }
        self.queue_message(message);
        Ok(())
    }

    /// Ends the response once all that was sent is transmitted, with a last message if there is one. No more messages
    /// are taken.
    pub fn close(&mut self, farewell: Option<&Message>) {
        if self.state != State::Open {
            return;
        }
        if let Some(farewell) = farewell {
            self.queue_message(farewell);
        }
        self.state = State::Closing;
    }

    /// Says what to do next. Call it until it says [`Output::Wait`].
    pub fn poll_output(&mut self, now: Timestamp) -> Output {
        if self.state == State::Closed {
            return Output::Closed;
        }
        if !mem::replace(&mut self.greeted, true) {
            self.quiet_since = now;
            return Output::Transmit(self.first_bytes());
        }
        if let Some(missed) = self.lagged.take() {
            return Output::Lagged { missed };
        }
        if let Some(events) = self.events.take() {
            self.quiet_since = now;
            return Output::Transmit(events);
        }
        if !self.queue.is_empty() {
            self.quiet_since = now;
            return Output::Transmit(self.queue.split().freeze());
        }
        if self.state == State::Closing {
            self.state = State::Closed;
            return Output::Closed;
        }
        let Some(quiet) = self.config.heartbeat.filter(|quiet| !quiet.is_zero()) else {
            return Output::Wait { until: None };
        };
        let due = self.quiet_since + quiet;
        if now < due {
            return Output::Wait { until: Some(due) };
        }
        self.quiet_since = now;
        Output::Transmit(HEARTBEAT)
    }

    /// How many messages of the log this session did not get because it was too slow.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Whether everything has been transmitted, or the peer is gone.
    pub fn has_ended(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether the session takes no more messages.
    pub fn is_closed(&self) -> bool {
        self.state != State::Open
    }

    /// What goes out at once, so that the head of the response does too and the client's `open` is not late.
    fn first_bytes(&self) -> Bytes {
        self.config.retry.map_or(HEARTBEAT, |retry| Message::new().retry(retry).to_bytes())
    }

    fn queue_message(&mut self, message: &Message) {
        // The queue grows as needed: there is no error.
        let _ = message.encode(&mut self.queue);
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SendError {
    /// The session is closed, or its peer is gone.
    Closed,
    /// Too many bytes wait to be transmitted; try again when they are.
    Full {
        /// How many bytes the message needs.
        needed: usize,
        /// How many are waiting.
        waiting: usize,
        /// How many may wait.
        bound: usize,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the session is closed"),
            Self::Full { needed, waiting, bound } => {
                write!(f, "{waiting} bytes are waiting for the peer, {needed} more would pass the bound of {bound}")
            }
        }
    }
}

impl Error for SendError {}
