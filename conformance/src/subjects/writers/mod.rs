//! The ways in which this project writes events.

mod proto;
#[cfg(feature = "runtimes")]
pub(crate) mod session;

use sse_proto::{EventId, EventType, Message, Retry, server::check_id};

pub use self::proto::writer as proto;
use crate::{
    encoder::{Fields, Refused, WritePath, Writer, Written},
    runtimes,
};

/// Everything here that writes events.
pub fn all() -> Vec<Writer> {
    let writers = runtimes::all().into_iter().map(|runtime| (runtime.writer)());
    [proto()].into_iter().chain(writers).collect()
}

/// A way that is a function, and the messages that it takes.
struct Path {
    name: String,
    takes: fn(&Fields) -> bool,
    write: Write,
}

type Write = fn(&Fields) -> Result<Written, Refused>;

impl Path {
    /// A way that takes every message.
    fn any(name: impl Into<String>, write: Write) -> Box<dyn WritePath> {
        Self::only(name, |_| true, write)
    }

    /// A way that takes messages with data.
    fn with_data(name: impl Into<String>, write: Write) -> Box<dyn WritePath> {
        Self::only(name, |fields| fields.data.is_some(), write)
    }

    /// A way through a log, which takes only IDs that clients can ask for.
    fn logged(name: impl Into<String>, write: Write) -> Box<dyn WritePath> {
        fn takes(fields: &Fields) -> bool {
            fields.id.as_ref().is_none_or(|id| EventId::new(id).map_or(true, |id| check_id(&id).is_ok()))
        }
        Self::only(name, takes, write)
    }

    fn only(name: impl Into<String>, takes: fn(&Fields) -> bool, write: Write) -> Box<dyn WritePath> {
        Box::new(Self { name: name.into(), takes, write })
    }
}

impl WritePath for Path {
    fn name(&self) -> &str {
        &self.name
    }

    fn takes(&self, fields: &Fields) -> bool {
        (self.takes)(fields)
    }

    fn write(&self, fields: &Fields) -> Result<Written, Refused> {
        (self.write)(fields)
    }
}

/// The message with these values, which are checked one by one.
pub(super) fn message(fields: &Fields) -> Result<Message, Refused> {
    let mut message = head(fields)?;
    if let Some(data) = &fields.data {
        message = message.data(data.as_str());
    }
    Ok(message)
}

/// The message with these values but the data.
fn head(fields: &Fields) -> Result<Message, Refused> {
    let mut message = Message::new();
    if let Some(comment) = &fields.comment {
        message = message.comment(comment.as_str());
    }
    if let Some(event_type) = &fields.event {
        message = message.event(EventType::new(event_type).map_err(|error| Refused::new("event", error))?);
    }
    if let Some(id) = &fields.id {
        message = message.id(EventId::new(id).map_err(|error| Refused::new("id", error))?);
    }
    if let Some(retry) = fields.retry {
        message = message.retry(Retry::try_from(retry).map_err(|error| Refused::new("retry", error))?);
    }
    Ok(message)
}
