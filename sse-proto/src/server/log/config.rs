//! What a log is asked, and what it answers.

use core::{fmt, time::Duration};

use bytes::Bytes;

use crate::{EventId, hidden::Hidden};

/// The bounds of an [`EventLog`](super::EventLog).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogConfig {
    /// How many messages are kept: 1024.
    pub events: usize,
    /// How many bytes are kept, what the log itself needs for each message counted: 1 MiB. Up to a quarter of it comes on
    /// top for a moment, because bytes are shared and freed in segments.
    pub bytes: usize,
    /// How long a message is kept; `None`, the default, sets no bound.
    pub age: Option<Duration>,
    /// A number that goes before the IDs the log makes, so that IDs of an earlier log, before a restart, are not taken
    /// for its own: the time of the start, say. With `None`, the default, an adapter's log chooses one; the log of this
    /// crate alone makes plain numbers then.
    pub epoch: Option<u64>,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { events: 1024, bytes: 1024 * 1024, age: None, epoch: None }
    }
}

/// Where a reader starts. `Debug` shows the length of an ID in place of the ID.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum StartAt<'a> {
    /// Behind the event with this ID; at the oldest kept one if the log does not have it any more or never had.
    After(&'a EventId),
    /// With what is published from now on.
    Live,
    /// With the oldest message that is kept.
    Oldest,
}

impl fmt::Debug for StartAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(id) => f.debug_tuple("After").field(&Hidden(id.len())).finish(),
            Self::Live => f.write_str("Live"),
            Self::Oldest => f.write_str("Oldest"),
        }
    }
}

/// What became of the wish to start somewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Resumed {
    /// As asked, and nothing is missing.
    Exact,
    /// The event asked for is known, but messages after it are gone.
    Gap {
        /// How many. For a reader of some topics, how many of all topics: at least one of its own is among them, as far
        /// as the log can tell.
        missed: u64,
    },
    /// The ID was made by an earlier log, before a restart say: what came after it there is not known.
    Stale,
    /// The log knows nothing of the ID, or several events had it: some events may be missing, and some may come again.
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
        /// How many messages are gone; for a reader of some topics, counted as in [`Resumed::Gap`].
        missed: u64,
    },
    /// Everything has been read.
    UpToDate,
}
