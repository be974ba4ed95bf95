//! What a session reads from.

use super::{Cursor, EventLog, Interest, LogRead, Publication, PublishError, Resumed, StartAt};
use crate::{EventId, Text, Timestamp};

/// Where published messages are kept: [`EventLog`] in memory, or a custom store.
///
/// A store numbers its messages from 0, in the order of their publication; a [`Cursor`] holds the number of the next
/// one to read. No method may wait: a store over a disk or a network keeps in memory what it needs, and
/// fetches and writes in the background. A store may have messages that were not published through it, from another
/// node for example; wake the readers then ([`Subscribers::wake`](super::Subscribers::wake), or `notify` of the
/// driver's log).
pub trait Store {
    /// Adds a message, and returns its ID: the given one, or one that the store made for the event.
    ///
    /// # Errors
    ///
    /// The message was not accepted, for example because no client could ask for its ID
    /// ([`check_id`](super::check_id)).
    fn publish(&mut self, publication: Publication, now: Timestamp) -> Result<Option<EventId>, PublishError>;

    /// Closes the store: it accepts no more messages.
    fn close(&mut self);

    /// Returns a cursor for a new reader, and whether it can start where it wished to.
    fn subscribe(&mut self, interest: Interest, start: StartAt<'_>, now: Timestamp) -> (Cursor, Resumed);

    /// Reads from the cursor, and moves it: at least one wanted message if there is one, and at most `most` bytes if there
    /// are several.
    fn read(&mut self, cursor: &mut Cursor, most: usize) -> LogRead;

    /// Returns the position that the next message will have.
    fn end(&self) -> u64;

    /// Returns the ID to resume with for a client that has every message of this interest: that of the newest one, if the
    /// store can find it by its ID. A snapshot gets this ID ([`Session::with_snapshot`](super::Session::with_snapshot)).
    /// Without one, which is the default, a client that is cut off before the next event gets another snapshot.
    fn last_id(&self, interest: &Interest) -> Option<EventId> {
        let _ = interest;
        None
    }

    /// Returns the topics of the message with this ID, in order; `None`, which is the default, if the store does not have it
    /// or cannot tell.
    fn topics_of(&self, id: &EventId) -> Option<&[Text]> {
        let _ = id;
        None
    }

    /// Returns whether every message comes through [`publish`](Self::publish) of this value, so that a reader which waits
    /// and is not woken has missed nothing: `false` by default. A driver then reports that to the session
    /// ([`Session::handle_nothing_before`](super::Session::handle_nothing_before)).
    fn is_only_source(&self) -> bool {
        false
    }

    /// Returns whether the store is closed.
    fn is_closed(&self) -> bool;
}

impl Store for EventLog {
    fn publish(&mut self, publication: Publication, now: Timestamp) -> Result<Option<EventId>, PublishError> {
        Self::publish(self, publication, now)
    }

    fn close(&mut self) {
        Self::close(self);
    }

    fn subscribe(&mut self, interest: Interest, start: StartAt<'_>, now: Timestamp) -> (Cursor, Resumed) {
        self.subscribe_to(interest, start, now)
    }

    fn read(&mut self, cursor: &mut Cursor, most: usize) -> LogRead {
        Self::read(self, cursor, most)
    }

    fn end(&self) -> u64 {
        Self::end(self)
    }

    fn last_id(&self, interest: &Interest) -> Option<EventId> {
        Self::last_id(self, interest)
    }

    fn topics_of(&self, id: &EventId) -> Option<&[Text]> {
        Self::topics_of(self, id)
    }

    fn is_only_source(&self) -> bool {
        true
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }
}
