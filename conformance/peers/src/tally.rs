//! What a decoder has found, cheap enough to be counted while it is timed.

use std::{fmt, hint::black_box};

/// Takes the events that a contender gives.
pub(crate) trait Visit {
    /// One event; no ID where the contender has no notion of a last event ID.
    fn event(&mut self, event_type: &str, data: &str, last_event_id: Option<&str>);
}

/// The number of events and the sum of the lengths of their data.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) data_bytes: u64,
}

impl Tally {
    #[inline]
    pub(crate) fn add(&mut self, data_len: usize) {
        self.events += 1;
        self.data_bytes += data_len as u64;
    }
}

impl Visit for Tally {
    #[inline]
    fn event(&mut self, event_type: &str, data: &str, last_event_id: Option<&str>) {
        black_box((event_type, data, last_event_id));
        self.add(data.len());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events, {} bytes of data", self.events, self.data_bytes)
    }
}

/// An event as a test case wants it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Seen {
    pub(crate) event_type: String,
    pub(crate) data: String,
    pub(crate) last_event_id: Option<String>,
}

impl Visit for Vec<Seen> {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: Option<&str>) {
        self.push(Seen {
            event_type: event_type.to_owned(),
            data: data.to_owned(),
            last_event_id: last_event_id.map(str::to_owned),
        });
    }
}
