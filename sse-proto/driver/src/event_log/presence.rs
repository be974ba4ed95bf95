//! Who is there.

use alloc::{boxed::Box, vec::Vec};

use sse_proto::{
    Text,
    server::{Presence, Publication},
};

use super::EventLog;
use crate::transport::Runtime;

impl<K: Runtime> EventLog<K> {
    /// Publishes who comes and goes: what this function makes of the first session of a [key](crate::server::Subscribe::key)
    /// in a topic, and of the end of the last one. Further sessions of the same key change nothing.
    ///
    /// The messages take their place in the log among the others: a session that is there gets them in the order in which
    /// the keys came and went, and one that is new gets its own. A client that reconnects leaves and joins again. The
    /// function is called with the log locked, must be quick, and must not use the log. It replaces an earlier one, and
    /// does not hear of sessions that are open already until they end.
    ///
    /// ```
    /// use sse_driver::{EventLog, EventType, Message, Publication, transport::Runtime};
    ///
    /// fn announce<K: Runtime>(rooms: &EventLog<K>) {
    ///     rooms.announce(|presence| {
    ///         let event_type = EventType::from_static(if presence.joined { "joined" } else { "left" });
    ///         let message = Message::new().event(event_type).data(String::from(presence.key));
    ///         Some(Publication::new(message).to([String::from(presence.topic?)]))
    ///     });
    /// }
    /// ```
    pub fn announce(&self, make: impl FnMut(&Presence<'_>) -> Option<Publication> + Send + 'static) {
        let announcer = Box::new(make);
        // The old one is dropped when the lock is free, because its code is the application's.
        let _old = self.shared.lock().parts().0.announcer.replace(announcer);
    }

    /// Returns the keys of all sessions, in order, each once.
    pub fn keys(&self) -> Vec<Text> {
        self.group().keys()
    }

    /// Returns the keys of the sessions that asked for this topic, in order, each once. It looks at every session, with the
    /// log locked.
    pub fn keys_in(&self, topic: &str) -> Vec<Text> {
        self.shared.lock().subscribers.keys_in(topic)
    }
}
