//! A session of a log that begins with a snapshot.

use alloc::vec::Vec;
use core::mem;

use super::{OnLag, Session, SessionConfig, first};
use crate::{
    Message, Timestamp,
    server::{Interest, Resumed, StartAt, Store},
};

impl Session {
    /// Opens a session that begins with a snapshot, made at one position of the log, and continues with every message from
    /// that position on. Nothing is lost between the two, and nothing repeated.
    ///
    /// `snapshot` gets the position, which is the number of messages published before, and returns the messages. It is not
    /// called for a client that can resume: one whose ID the log knows, if nothing that it wants is gone. That client gets
    /// what it missed. Every other one gets the snapshot, whatever `start` says.
    ///
    /// The last message of the snapshot gets the ID of the newest message that the client would have received
    /// ([`Store::last_id`]), unless it has another ID, so that a client that has the whole snapshot resumes by replay.
    /// Leave IDs out of the messages before it: a client that is cut off in the middle must not count as one that has
    /// everything.
    ///
    /// The session ends when the log has overtaken it ([`OnLag::Disconnect`], whatever the settings say): its client
    /// reconnects with an ID whose successors are gone, and gets a new snapshot. No [`resync`](SessionConfig::resync)
    /// event is sent, because a snapshot takes its place.
    ///
    /// ```
    /// use sse_proto::{Timestamp, server::{EventLog, Interest, LogConfig, Output, Session, SessionConfig, StartAt}};
    ///
    /// let now = Timestamp::default();
    /// let mut log = EventLog::new(LogConfig::new());
    /// log.publish("dark=on", now)?;
    /// let (interest, config) = (Interest::all(), SessionConfig::new());
    /// let snapshot = |_| ["all: dark=on"];
    /// let (mut session, _) = Session::with_snapshot(config, &mut log, interest, StartAt::Live, now, snapshot);
    /// assert_eq!(session.poll_output(now), Output::Transmit("data: all: dark=on\nid: 1\n\n".into()));
    /// # Ok::<(), sse_proto::server::PublishError>(())
    /// ```
    pub fn with_snapshot<M: Into<Message>, I: IntoIterator<Item = M>>(
        config: SessionConfig,
        log: &mut (impl Store + ?Sized),
        interest: Interest,
        start: StartAt<'_>,
        now: Timestamp,
        snapshot: impl FnOnce(u64) -> I,
    ) -> (Self, Resumed) {
        let config = config.on_lag(OnLag::Disconnect).resync(None);
        let (mut cursor, resumed) = log.subscribe(interest, start, now);
        if matches!(start, StartAt::After(_)) && resumed == Resumed::Exact {
            return (Self::resuming(config, cursor, resumed), resumed);
        }
        let position = log.end();
        cursor.move_to(position);
        let mut messages: Vec<Message> = snapshot(position).into_iter().map(Into::into).collect();
        if let Some(last) = messages.last_mut()
            && last.event_id().is_none()
            && let Some(id) = log.last_id(cursor.interest())
        {
            *last = mem::take(last).id(id);
        }
        let first = first::bytes(&config, resumed, &messages);
        (Self::begin(config, Some(cursor), first), resumed)
    }
}
