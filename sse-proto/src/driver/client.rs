//! The client's loop.

use alloc::{boxed::Box, string::String};
use core::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{Alarm, Connect, Read, Timer, turn::Turn};
use crate::{
    DecodeError, Event, EventId, EventRef, Finding, Retry, Text, Timestamp,
    client::{self, Config, FailReason, Loss, Output, ReadyState},
};

/// A client that keeps a stream of events open over some transport, and resumes it where it was when it is lost.
///
/// It connects when it is first asked for an event, and does everything in the caller's own task. All its methods are
/// **cancel safe**: a future that is dropped before it is ready has taken nothing from the stream.
pub struct EventSource<C: Connect, T> {
    machine: client::EventSource,
    connector: C,
    alarm: Alarm<T>,
    /// The moment of what the machine was told last. The clock is not read for every event of a block.
    now: Option<Timestamp>,
    link: Link<C>,
    /// What the transport said last.
    error: Option<C::Error>,
    /// The last thing has been said.
    ended: bool,
}

enum Link<C: Connect> {
    Down,
    Requested(Pin<Box<C::Future>>),
    Up(C::Body),
}

/// Everything that a caller may want to know of a source, as values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change<E> {
    /// The source was closed; there is nothing after this.
    Closed,
    /// A comment, if the configuration asks for comments.
    Comment(Text),
    /// An event.
    Event(Event),
    /// The connection failed for good; there is nothing after this.
    Failed {
        /// Why.
        reason: FailReason,
        /// What the transport said, where it was at fault.
        error: Option<E>,
    },
    /// A malformed line, if the configuration asks for findings.
    Finding(Finding),
    /// The new last event ID, if the configuration asks for such changes.
    LastEventId(EventId),
    /// The next request goes out without `Last-Event-ID`, because the ID cannot be the value of a header.
    LastEventIdNotSent(EventId),
    /// The stream is open.
    Open,
    /// The connection is lost and comes back after a wait.
    Reestablishing {
        /// What happened.
        cause: Loss,
        /// What the transport said, where it was at fault.
        error: Option<E>,
        /// How long the wait is.
        delay: Duration,
        /// Which attempt will follow, counted from 1 since the stream was last open.
        attempt: u32,
    },
    /// The server set the reconnection time, if the configuration asks for such lines.
    Retry(Retry),
    /// An event was left out because it passed a limit that is set to skip.
    Skipped(DecodeError),
}

impl<C: Connect, T: Timer> EventSource<C, T> {
    /// A source over this transport.
    pub fn new(config: Config, connector: C) -> Self
    where
        T: Default,
    {
        Self::with_timer(config, connector, T::default())
    }

    /// A source over this transport, with this timer.
    pub fn with_timer(config: Config, connector: C, timer: T) -> Self {
        Self {
            machine: client::EventSource::new(config.seeded(timer.seed())),
            connector,
            alarm: Alarm::new(timer),
            now: None,
            link: Link::Down,
            error: None,
            ended: false,
        }
    }

    /// Waits for the next event: `None` after the source was closed or has failed.
    ///
    /// # Errors
    ///
    /// The connection failed for good. It is said once.
    pub async fn next(&mut self) -> Option<Result<Event, FailReason>> {
        poll_fn(|cx| self.poll_next_event(cx)).await
    }

    /// Like [`next`](Self::next), but lends the event: nothing is allocated for it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_ref(&mut self) -> Option<Result<EventRef<'_>, FailReason>> {
        match poll_fn(|cx| self.poll_event(cx)).await? {
            Err(reason) => Some(Err(reason)),
            Ok(()) => self.machine.event().map(Ok),
        }
    }

    /// Waits for the next change of whatever kind: `None` after [`Change::Closed`] or [`Change::Failed`].
    pub async fn next_change(&mut self) -> Option<Change<C::Error>> {
        poll_fn(|cx| self.poll_next_change(cx)).await
    }

    /// [`next`](Self::next), to be polled.
    pub fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, FailReason>>> {
        Poll::Ready(match ready!(self.poll_event(cx)) {
            None => None,
            Some(Err(reason)) => Some(Err(reason)),
            Some(Ok(())) => self.machine.take_event().map(Ok),
        })
    }

    /// [`next_change`](Self::next_change), to be polled.
    pub fn poll_next_change(&mut self, cx: &mut Context<'_>) -> Poll<Option<Change<C::Error>>> {
        loop {
            return Poll::Ready(Some(match ready!(self.poll_output(cx)) {
                None => return Poll::Ready(None),
                Some(Output::Closed) => Change::Closed,
                Some(Output::Comment) => Change::Comment(self.machine.comment().map(Text::from).unwrap_or_default()),
                Some(Output::Event) => Change::Event(self.machine.take_event().unwrap_or_default()),
                Some(Output::Failed(reason)) => Change::Failed { reason, error: self.error.take() },
                Some(Output::Finding(finding)) => Change::Finding(finding),
                Some(Output::LastEventId) => Change::LastEventId(EventId::received(Text::from(self.last_event_id()))),
                Some(Output::LastEventIdNotSent(id)) => Change::LastEventIdNotSent(id),
                Some(Output::Open) => Change::Open,
                Some(Output::Reestablishing { cause, delay, attempt }) => {
                    Change::Reestablishing { cause, error: self.error.take(), delay, attempt }
                }
                Some(Output::Retry(retry)) => Change::Retry(retry),
                Some(Output::Skipped(excess)) => Change::Skipped(excess),
                Some(Output::Connect(_) | Output::Wait { .. }) => continue,
            }));
        }
    }

    /// Closes the source and drops its connection: no event comes any more, not even one that was received already.
    pub fn close(&mut self) {
        self.machine.close();
        self.link = Link::Down;
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

    /// The URL as it was given.
    pub fn url(&self) -> &str {
        self.machine.url()
    }

    /// Scheme, host and port of where the last request went: the origin of the events.
    pub fn origin(&self) -> String {
        self.machine.origin()
    }

    /// Goes on to the next event and leaves it in the machine.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(), FailReason>>> {
        loop {
            match ready!(self.poll_output(cx)) {
                None | Some(Output::Closed) => return Poll::Ready(None),
                Some(Output::Event) => return Poll::Ready(Some(Ok(()))),
                Some(Output::Failed(reason)) => return Poll::Ready(Some(Err(reason))),
                Some(_) => {}
            }
        }
    }

    /// Goes on to the next output that is not for the driver itself: `None` when there will be none.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Output>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let mut turn = Turn::default();
        loop {
            let now = *self.now.get_or_insert_with(|| self.alarm.now());
            match self.machine.poll_output(now) {
                Output::Connect(request) => {
                    self.error = None;
                    self.link = Link::Down;
                    self.link = Link::Requested(Box::pin(self.connector.connect(request)));
                }
                Output::Wait { until } => {
                    if turn.is_over() {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    if self.poll_link(cx, &mut turn).is_pending() {
                        let Some(deadline) = until else { return Poll::Pending };
                        ready!(self.alarm.poll(cx, deadline));
                    }
                    self.now = None;
                }
                output @ (Output::Closed | Output::Failed(_)) => {
                    self.link = Link::Down;
                    self.ended = true;
                    return Poll::Ready(Some(output));
                }
                output @ Output::Reestablishing { .. } => {
                    self.link = Link::Down;
                    return Poll::Ready(Some(output));
                }
                output => return Poll::Ready(Some(output)),
            }
        }
    }

    /// Is ready when the machine has been told something.
    fn poll_link(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        match &mut self.link {
            Link::Down => return Poll::Pending,
            Link::Requested(answer) => match ready!(answer.as_mut().poll(cx)) {
                Ok(response) => {
                    self.machine.handle_response(&response.head);
                    self.link = Link::Up(response.body);
                }
                Err(error) => self.break_off(error),
            },
            Link::Up(body) => match ready!(body.poll_read(cx)) {
                Ok(Some(data)) => {
                    turn.take(data.len());
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

    fn break_off(&mut self, error: C::Error) {
        self.machine.handle_error(self.connector.classify(&error));
        self.error = Some(error);
        self.link = Link::Down;
    }
}

/// The parts are polled where they lie in a box or are free to move, never pinned in place.
impl<C: Connect, T> Unpin for EventSource<C, T> {}

impl<C: Connect, T> fmt::Debug for EventSource<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource").field("machine", &self.machine).finish_non_exhaustive()
    }
}
