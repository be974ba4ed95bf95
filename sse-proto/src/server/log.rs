//! Events that were published, kept for those who come back.

use alloc::{
    collections::{BTreeMap, VecDeque},
    format,
    vec::Vec,
};
use core::{error::Error, fmt};

use bytes::Bytes;

use crate::{EventId, Message, Text};

/// A bounded log of encoded events.
///
/// Each message is encoded once, when it is published, and its bytes are shared by all who read it. What passes the
/// bounds goes at the old end. Readers hold a [`Cursor`]; publishing never waits for them.
///
/// ```
/// use sse_proto::server::{Log, LogConfig, LogRead, Resumed, StartAt};
///
/// let mut log = Log::new(LogConfig::default());
/// let first = log.publish("one")?.unwrap();
/// log.publish("two")?;
///
/// let (mut cursor, resumed) = log.subscribe(StartAt::After(&first));
/// assert_eq!(resumed, Resumed::Exact);
/// assert_eq!(log.read(&mut cursor, 1024), LogRead::Events("id: 2\ndata: two\n\n".into()));
/// assert_eq!(log.read(&mut cursor, 1024), LogRead::UpToDate);
/// # Ok::<(), sse_proto::server::PublishError>(())
/// ```
#[derive(Debug, Default)]
pub struct Log {
    config: LogConfig,
    entries: VecDeque<Entry>,
    /// The position of the oldest entry; positions count from 0 and are never used again.
    oldest: u64,
    bytes: usize,
    /// Where the IDs are that callers gave.
    positions: BTreeMap<EventId, u64>,
    /// Whose IDs have the form of those that the log makes.
    numbering: Numbering,
    closed: bool,
}

/// IDs of the form that the log makes come from the log or from the callers: from both, two events could get the same.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Numbering {
    Callers,
    Log,
    #[default]
    Nobody,
}

/// The bounds of a [`Log`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogConfig {
    /// How many messages are kept: 1024.
    pub events: usize,
    /// How many bytes are kept, what the log itself needs for each message counted: 1 MiB.
    pub bytes: usize,
    /// A number that goes before the IDs the log makes, so that IDs of an earlier log, before a restart, are not taken
    /// for its own: the time of the start, say. With `None`, the default, an adapter's log chooses one; the log of this
    /// crate alone makes plain numbers then.
    pub epoch: Option<u64>,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { events: 1024, bytes: 1024 * 1024, epoch: None }
    }
}

/// A place in a [`Log`]: the next message to read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor(u64);

/// Where a reader starts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StartAt<'a> {
    /// Behind the event with this ID; at the oldest kept one if the log does not have it any more or never had.
    After(&'a EventId),
    /// With what is published from now on.
    Live,
    /// With the oldest message that is kept.
    Oldest,
}

/// What became of the wish to start somewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Resumed {
    /// As asked, and nothing is missing.
    Exact,
    /// The event asked for is known, but so many messages after it are gone.
    Gap {
        /// How many.
        missed: u64,
    },
    /// The log knows nothing of the ID: some events may be missing, and some may come again.
    Unknown,
}

/// What a read gave.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LogRead {
    /// The log was closed, and everything has been read.
    Closed,
    /// One or more whole encoded messages.
    Events(Bytes),
    /// The reader was so slow that messages are gone that it had not read. The cursor is at the oldest kept one now.
    Lagged {
        /// How many messages are gone.
        missed: u64,
    },
    /// Everything has been read.
    UpToDate,
}

#[derive(Debug)]
struct Entry {
    encoded: Bytes,
    /// The ID, where the caller gave it.
    id: Option<EventId>,
}

/// What an entry costs beside its encoded bytes.
const ENTRY_OVERHEAD: usize = size_of::<Entry>() + size_of::<(EventId, u64)>();

impl Log {
    /// An empty log.
    pub fn new(config: LogConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// Encodes a message and keeps it. An event without an ID gets one; the ID, given or made, is returned. Messages
    /// that are no events and have no ID (comments, say) are kept without; one with nothing in it is not kept.
    ///
    /// # Errors
    ///
    /// The log is closed, or the message alone is larger than the log may be, or IDs of the callers and of the log could
    /// be the same.
    pub fn publish(&mut self, message: impl Into<Message>) -> Result<Option<EventId>, PublishError> {
        let mut message = message.into();
        if self.closed {
            return Err(PublishError::Closed);
        }
        let position = self.end();
        let given = message.event_id().cloned();
        let numbering = match &given {
            None if message.is_event() => {
                message = message.id(self.make_id(position));
                Numbering::Log
            }
            Some(id) if self.number(id).is_some() => Numbering::Callers,
            _ => self.numbering,
        };
        if self.numbering != Numbering::Nobody && self.numbering != numbering {
            return Err(PublishError::AmbiguousId);
        }
        let size = message.encoded_len() + ENTRY_OVERHEAD;
        if size > self.config.bytes {
            return Err(PublishError::TooLarge { size, bound: self.config.bytes });
        }
        let id = message.event_id().cloned();
        if message == Message::new() {
            return Ok(None);
        }
        // An empty ID resets the client's: nobody can ask for it. Others are copied, because a slice of a received
        // block would keep the block.
        let given = given.filter(|id| !id.is_empty()).map(|id| EventId::received(Text::from(id.as_str())));
        if let Some(id) = &given {
            self.positions.remove(id);
            self.positions.insert(id.clone(), position);
        }
        self.numbering = numbering;
        self.entries.push_back(Entry { encoded: message.to_bytes(), id: given });
        self.bytes += size;
        while self.entries.len() > self.config.events.max(1) || self.bytes > self.config.bytes {
            self.drop_oldest();
        }
        Ok(id)
    }

    /// Takes no more messages. Readers get what there is, and then the end.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// A cursor for a new reader, and whether it can start where it wished to.
    pub fn subscribe(&self, start: StartAt<'_>) -> (Cursor, Resumed) {
        match start {
            StartAt::Live => (Cursor(self.end()), Resumed::Exact),
            StartAt::Oldest => (Cursor(self.oldest), Resumed::Exact),
            StartAt::After(id) => match self.position(id) {
                None => (Cursor(self.oldest), Resumed::Unknown),
                Some(position) if position + 1 >= self.oldest => (Cursor(position + 1), Resumed::Exact),
                Some(position) => (Cursor(self.oldest), Resumed::Gap { missed: self.oldest - position - 1 }),
            },
        }
    }

    /// Reads on from the cursor: at least one message, and as many as fit into `most` bytes.
    pub fn read(&self, cursor: &mut Cursor, most: usize) -> LogRead {
        if cursor.0 < self.oldest {
            let missed = self.oldest - cursor.0;
            cursor.0 = self.oldest;
            return LogRead::Lagged { missed };
        }
        let start = usize::try_from(cursor.0 - self.oldest).unwrap_or(usize::MAX).min(self.entries.len());
        let mut waiting = self.entries.range(start..).map(|entry| &entry.encoded);
        let Some(first) = waiting.next() else {
            return if self.closed { LogRead::Closed } else { LogRead::UpToDate };
        };
        let mut len = first.len();
        let more = waiting.take_while(|encoded| {
            len = len.saturating_add(encoded.len());
            len <= most
        });
        let count = 1 + more.count();
        cursor.0 += count as u64;
        if count == 1 {
            return LogRead::Events(first.clone());
        }
        let events = self.entries.range(start..start + count);
        let joined: Vec<&[u8]> = events.map(|entry| &*entry.encoded).collect();
        LogRead::Events(joined.concat().into())
    }

    /// Whether the log takes no more messages.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// How many messages are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no message is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes are kept, counted as for [`LogConfig::bytes`].
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn drop_oldest(&mut self) {
        let Some(Entry { encoded, id }) = self.entries.pop_front() else { return };
        self.bytes -= encoded.len() + ENTRY_OVERHEAD;
        if let Some(id) = id {
            // The same ID may have been given again since.
            if self.positions.get(&id) == Some(&self.oldest) {
                self.positions.remove(&id);
            }
        }
        self.oldest += 1;
    }

    /// The position that the next message will have.
    fn end(&self) -> u64 {
        self.oldest + self.entries.len() as u64
    }

    fn make_id(&self, position: u64) -> EventId {
        let number = position + 1;
        let text = match self.config.epoch {
            None => format!("{number}"),
            Some(epoch) => format!("{epoch:x}-{number}"),
        };
        EventId::received(Text::from(text))
    }

    /// Where the event with this ID is, or was.
    fn position(&self, id: &EventId) -> Option<u64> {
        if self.numbering != Numbering::Log {
            return self.positions.get(id).copied();
        }
        self.positions.get(id).copied().or_else(|| self.number(id)?.checked_sub(1).filter(|at| *at < self.end()))
    }

    /// The number in an ID of the form that the log makes.
    fn number(&self, id: &EventId) -> Option<u64> {
        let digits = match (self.config.epoch, id.split_once('-')) {
            (None, None) => id.as_str(),
            (Some(epoch), Some((prefix, digits))) if prefix == format!("{epoch:x}") => digits,
            _ => return None,
        };
        let number = digits.parse::<u64>().ok()?;
        // `+7` and `07` are numbers, but not as the log writes them.
        (digits == format!("{number}")).then_some(number)
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PublishError {
    /// The log makes IDs, and this one could be one of them; or the other way round. Give all events an ID, or none, or
    /// choose an epoch.
    AmbiguousId,
    /// The log is closed.
    Closed,
    /// The message alone is larger than the log may be.
    TooLarge {
        /// How many bytes it needs, counted as for [`LogConfig::bytes`].
        size: usize,
        /// How many the log may have.
        bound: usize,
    },
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AmbiguousId => {
                f.write_str("IDs given and IDs made by the log could be the same: give all events an ID, or none")
            }
            Self::Closed => f.write_str("the log is closed"),
            Self::TooLarge { size, bound } => {
                write!(f, "the message needs {size} bytes in the log, which may have {bound} in all")
            }
        }
    }
}

impl Error for PublishError {}
