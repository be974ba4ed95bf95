//! Where a session gets its events from.

mod messages;
mod reading;
#[cfg(feature = "stream")]
mod stream;

use alloc::{boxed::Box, string::ToString, vec};
use core::{
    error::Error,
    mem,
    task::{Context, Poll, Waker},
};
use std::io;

use bytes::Bytes;
use sse_proto::{
    Message, Text, Timestamp,
    server::{CloseReason, Observer, Output, Resumed, Session, SessionInfo, SessionTotals},
};

#[cfg(feature = "stream")]
pub(super) use self::stream::Streaming;
pub(super) use self::{messages::Messages, reading::Reading};
use super::member::{Groups, Membership, Recipient};
use crate::{
    event_log::{SessionHandle, Sessions},
    lock::lock,
    trace::SessionTrace,
    transport::Runtime,
    unwind,
};

/// Why a response was broken off, for the HTTP engine and its log.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// The source of a session's messages, the groups that the session has joined, and who gets its reports.
pub(super) struct Feed<K: Runtime> {
    source: Source<K>,
    trace: SessionTrace,
    // Boxed, because there may be tens of thousands of sessions, and most are in no group.
    groups: Option<Box<Groups<K>>>,
    has_ended: bool,
    breaking: Breaking,
}

/// How far a response that breaks off has come.
enum Breaking {
    Not,
    /// The HTTP engine has its turn, to write what it was given.
    Pausing,
    Broken,
}

#[expect(
    clippy::large_enum_variant,
    reason = "sessions of a log are the many, and each is in an allocation of its own"
)]
pub(super) enum Source<K: Runtime> {
    Log(Reading<K>),
    Messages(Messages),
    #[cfg(feature = "stream")]
    Stream(Box<Streaming>),
}

impl<K: Runtime> Feed<K> {
    /// A feed of a source that is no log.
    pub(super) fn new(source: Source<K>) -> Self {
        let feed = Self::with_recipient(source, None);
        feed.report(|observer, session| observer.opened(session));
        feed
    }

    /// A feed of a log, whose observer is the recipient.
    pub(super) fn log(reading: Reading<K>, recipient: Option<Recipient>, resumed: Resumed) -> Self {
        let feed = Self::with_recipient(Source::Log(reading), recipient);
        feed.report(|observer, session| {
            observer.opened(session);
            observer.resumed(session, resumed);
        });
        feed
    }

    fn with_recipient(source: Source<K>, recipient: Option<Recipient>) -> Self {
        let groups = recipient.map(|recipient| Box::new(Groups { recipients: vec![recipient], ..Groups::default() }));
        Self { source, trace: SessionTrace::new(), groups, has_ended: false, breaking: Breaking::Not }
    }

    /// Joins a group, unless it is in there already.
    pub(super) fn join(&mut self, sessions: &Sessions<K>, key: Option<Text>) {
        let reads = matches!(&self.source, Source::Log(reading) if reading.is_in(sessions));
        let mut joined = self.groups.iter().flat_map(|groups| &groups.joined);
        if reads || self.has_ended || joined.any(|group| group.is_in(sessions)) {
            return;
        }
        let groups = self.groups.get_or_insert_default();
        let (membership, recipient) = Membership::new(sessions, key);
        groups.joined.push(membership);
        if let Some(recipient) = recipient {
            recipient.report(self.source.topics(), |observer, session| observer.opened(session));
            groups.recipients.push(recipient);
        }
    }

    pub(super) fn handle(&self) -> Option<SessionHandle<K>> {
        match &self.source {
            Source::Log(reading) => reading.handle(),
            _ => Some(self.groups.as_ref()?.joined.first()?.handle()),
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Output {
        for group in self.groups.iter_mut().flat_map(|groups| &mut groups.joined) {
            if let Some(order) = group.order(cx.waker()) {
                self.source.with_machine(|machine| order.apply(machine));
            }
        }
        let output = match &mut self.source {
            Source::Log(reading) => reading.poll(cx.waker(), now),
            Source::Messages(messages) => messages.poll(cx, now),
            #[cfg(feature = "stream")]
            Source::Stream(streaming) => streaming.poll(cx, now),
        };
        match &output {
            Output::Aborted | Output::Closed => self.end(),
            Output::Lagged { missed } => self.report(|observer, session| observer.lagged(session, *missed)),
            Output::Transmit(bytes) => self.report_transmitted(bytes),
            _ => {}
        }
        output
    }

    /// Asks what to do while the peer takes nothing.
    pub(super) fn handle_write_pending(&mut self, waker: &Waker, now: Timestamp) -> Output {
        for group in self.groups.iter().flat_map(|groups| &groups.joined) {
            if let Some(order) = group.order_at_once(waker) {
                self.source.with_machine(|machine| order.apply(machine));
            }
        }
        match &mut self.source {
            Source::Log(reading) => reading.handle_write_pending(waker, now),
            Source::Messages(messages) => messages.handle_write_pending(waker, now),
            // Nothing breaks it off while its stream is not polled.
            #[cfg(feature = "stream")]
            Source::Stream(streaming) => streaming.machine.handle_write_pending(now),
        }
    }

    /// Changes the machine, and wakes the senders if it has ended.
    pub(super) fn with_machine<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> T {
        self.source.with_machine(act)
    }

    /// Sends a heartbeat. A session that has no room has something better to send.
    pub(super) fn send_heartbeat(&mut self, heartbeat: &Message) {
        let _ = self.with_machine(|machine| machine.send_heartbeat(heartbeat));
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Session) -> T) -> T {
        self.source.look(look)
    }

    /// Returns the error of a response that breaks off, after a pause; `None` if it has been returned.
    pub(super) fn poll_failure(&mut self, cx: &Context<'_>) -> Poll<Option<io::Error>> {
        match self.breaking {
            Breaking::Not => {
                self.breaking = Breaking::Pausing;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Breaking::Pausing => {
                self.breaking = Breaking::Broken;
                let failure = match &mut self.source {
                    Source::Log(_) => None,
                    Source::Messages(messages) => lock(&messages.shared).parts().0.failure.take(),
                    #[cfg(feature = "stream")]
                    Source::Stream(streaming) => streaming.failure.take(),
                };
                let reason = || self.look(Session::close_reason).unwrap_or(CloseReason::Aborted).to_string();
                Poll::Ready(Some(io::Error::other(failure.unwrap_or_else(|| reason().into()))))
            }
            Breaking::Broken => Poll::Ready(None),
        }
    }

    /// Leaves the log and the groups, and reports that afterwards, so that an observer that panics leaves nothing behind.
    fn end(&mut self) {
        if mem::replace(&mut self.has_ended, true) {
            return;
        }
        if let Source::Log(reading) = &mut self.source {
            reading.leave();
        }
        if let Some(groups) = &mut self.groups {
            groups.joined.clear();
        }
        let look = |machine: &Session| {
            let reason = machine.close_reason().unwrap_or(CloseReason::Disconnected);
            let transmitted = self.groups.as_ref().map(|groups| groups.transmitted).unwrap_or_default();
            (reason, SessionTotals::new(transmitted, machine.missed(), machine.passed_over()))
        };
        let (reason, totals) = self.look(look);
        self.report(|observer, session| observer.closed(session, reason, totals));
    }

    /// Counts what is transmitted, if anybody wants to know.
    fn report_transmitted(&mut self, bytes: &Bytes) {
        let groups = self.groups.as_mut().filter(|groups| !groups.recipients.is_empty());
        if groups.is_none() && !SessionTrace::wants_transmitted() {
            return;
        }
        let transmitted = self.source.look(|machine| machine.transmitted(bytes));
        if let Some(groups) = groups {
            groups.transmitted += transmitted;
        }
        self.report(|observer, session| observer.transmitted(session, transmitted));
    }

    fn report(&self, report: impl Fn(&dyn Observer, &SessionInfo<'_>)) {
        let topics = self.source.topics();
        self.trace.report(|observer| report(observer, &SessionInfo::new(None, topics)));
        for recipient in self.groups.iter().flat_map(|groups| &groups.recipients) {
            recipient.report(topics, &report);
        }
    }
}

impl<K: Runtime> Drop for Feed<K> {
    fn drop(&mut self) {
        unwind::contain(|| {
            self.with_machine(Session::handle_disconnect);
            self.end();
        });
    }
}

impl<K: Runtime> Source<K> {
    fn with_machine<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> T {
        match self {
            Self::Log(reading) => act(&mut reading.machine),
            Self::Messages(messages) => messages.with_machine(act),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => act(&mut streaming.machine),
        }
    }

    fn look<T>(&self, look: impl FnOnce(&Session) -> T) -> T {
        match self {
            Self::Log(reading) => look(&reading.machine),
            Self::Messages(messages) => look(&lock(&messages.shared).machine),
            #[cfg(feature = "stream")]
            Self::Stream(streaming) => look(&streaming.machine),
        }
    }

    /// Returns the topics that it reads: none where it is no log.
    fn topics(&self) -> Option<&[Text]> {
        match self {
            Self::Log(reading) => reading.machine.topics(),
            _ => Some(&[]),
        }
    }
}
