//! What the log knows about the IDs of its messages.

use super::EventLog;
use crate::{
    EventId, Text,
    server::{Interest, log::ids::Found},
};

impl EventLog {
    /// Returns the topics of the kept message with this ID, in order, and none if it is for all; `None` if the log does not
    /// have the message, or if several messages had the ID.
    ///
    /// A client's ID proves nothing, but the topics of its message name the stream that it asks for. A server whose
    /// clients send nothing but an ID checks here that the stream is theirs.
    ///
    /// ```
    /// use sse_proto::{EventId, Timestamp, server::{EventLog, LogConfig, Publication}};
    ///
    /// let mut log = EventLog::new(LogConfig::new());
    /// let id = log.publish(Publication::new("a goal").to(["football"]), Timestamp::default())?.unwrap();
    /// assert_eq!(log.topics_of(&id), Some(&["football".into()][..]));
    /// assert_eq!(log.topics_of(&EventId::from(7)), None);
    /// # Ok::<(), sse_proto::server::PublishError>(())
    /// ```
    pub fn topics_of(&self, id: &EventId) -> Option<&[Text]> {
        let Found::At(position) = self.ids.find(id, self.end(), &self.topics, |_| true) else { return None };
        let index = usize::try_from(position.checked_sub(self.oldest)?).ok()?;
        Some(self.entries.get(index)?.topics())
    }

    /// Returns the ID of the newest kept message that a reader with this interest wants: the ID to resume with for a client
    /// that has everything. `None` if there is no such message, or if its ID would not find it.
    pub fn last_id(&self, interest: &Interest) -> Option<EventId> {
        let mut before = self.end();
        loop {
            before = match &interest.topics {
                None => before.checked_sub(1).filter(|position| *position >= self.oldest)?,
                Some(topics) => self.topics.last_before(topics, before)?,
            };
            if interest.wants(&self.entry(self.index(before)))
                && let Some(id) = self.ids.at(before, self.entries[self.index(before)].topics(), &self.topics)
            {
                return Some(id);
            }
        }
    }
}
