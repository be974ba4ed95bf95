//! What a client says, and how a case writes what it has to say.

use core::fmt;

/// One thing that a client told its user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Entry {
    /// The connection was lost or has failed: the standard's `error` event.
    Error {
        /// The `readyState` at that moment: 0 is CONNECTING, 2 is CLOSED.
        ready_state: u8,
    },
    /// An event.
    Event {
        /// The type.
        event_type: String,
        /// The data.
        data: String,
        /// The last event ID string.
        last_event_id: String,
        /// The `readyState` at that moment.
        ready_state: u8,
    },
    /// The stream was opened: the standard's `open` event.
    Open,
}

/// As cases write it: `open`, `error:N`, `TYPE:DATA` or `TYPE:DATA#LASTID`.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error { ready_state } => write!(f, "error:{ready_state}"),
            Self::Event { event_type, data, last_event_id, .. } if last_event_id.is_empty() => {
                write!(f, "{event_type}:{data}")
            }
            Self::Event { event_type, data, last_event_id, .. } => write!(f, "{event_type}:{data}#{last_event_id}"),
            Self::Open => f.write_str("open"),
        }
    }
}

/// What an entry, or some, have to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pattern {
    /// `error:*`: an error in whatever state.
    AnyError,
    /// `error:N`: an error in this state.
    Error(u8),
    /// `error:N!`: an event of the type `error`, in this state.
    ErrorEvent(u8),
    /// `...`: any number of `error:0`.
    Errors,
    /// The text of an event.
    Event(String),
    /// `open`.
    Open,
    /// `error:0 or error:2`: one of these.
    OneOf(Vec<Self>),
}

impl Pattern {
    /// Reads the notation of the cases. Whatever is not another pattern is the text of an event.
    pub fn read(text: &str) -> Self {
        let alternatives: Vec<Self> = text.split(" or ").map(Self::read_one).collect();
        match &*alternatives {
            [] | [_] => Self::read_one(text),
            several if several.iter().any(|one| matches!(one, Self::Event(_))) => Self::Event(String::from(text)),
            _ => Self::OneOf(alternatives),
        }
    }

    fn read_one(text: &str) -> Self {
        match (text, text.strip_prefix("error:").map(str::as_bytes)) {
            ("...", _) => Self::Errors,
            ("open", _) => Self::Open,
            (_, Some(b"*")) => Self::AnyError,
            (_, Some([state @ b'0'..=b'2'])) => Self::Error(state - b'0'),
            (_, Some([state @ b'0'..=b'2', b'!'])) => Self::ErrorEvent(state - b'0'),
            _ => Self::Event(String::from(text)),
        }
    }

    pub(super) fn matches(&self, entry: &Entry) -> bool {
        match (self, entry) {
            (Self::AnyError, Entry::Error { .. }) | (Self::Open, Entry::Open) => true,
            (Self::Error(state), Entry::Error { ready_state }) => state == ready_state,
            (Self::ErrorEvent(state), Entry::Event { event_type, ready_state, .. }) => {
                event_type == "error" && state == ready_state
            }
            (Self::Errors, Entry::Error { ready_state }) => *ready_state == 0,
            (Self::Event(text), Entry::Event { .. }) => *text == entry.to_string(),
            (Self::OneOf(patterns), entry) => patterns.iter().any(|pattern| pattern.matches(entry)),
            _ => false,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyError => f.write_str("error:*"),
            Self::Error(state) => write!(f, "error:{state}"),
            Self::ErrorEvent(state) => write!(f, "error:{state}!"),
            Self::Errors => f.write_str("..."),
            Self::Event(text) => f.write_str(text),
            Self::Open => f.write_str("open"),
            Self::OneOf(patterns) => {
                let texts: Vec<_> = patterns.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join(" or "))
            }
        }
    }
}

/// How far a log agrees with what is expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// It is all there.
    Complete,
    /// It is wrong, whatever may follow.
    Mismatch,
    /// More has to follow.
    Partial,
}

/// Compares a log with patterns: every place among the patterns that the log may have reached is followed.
pub(super) fn progress(patterns: &[Pattern], log: &[Entry]) -> Progress {
    let mut places = reached(patterns, [0]);
    for entry in log {
        let next = places.iter().filter_map(|place| {
            let pattern = patterns.get(*place)?;
            let step = usize::from(*pattern != Pattern::Errors);
            pattern.matches(entry).then_some(place + step)
        });
        places = reached(patterns, next);
    }
    match places.last() {
        None => Progress::Mismatch,
        Some(last) if *last == patterns.len() => Progress::Complete,
        Some(_) => Progress::Partial,
    }
}

/// These places in order, with those behind a `...` that may stand for nothing.
fn reached(patterns: &[Pattern], places: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut all: Vec<usize> = Vec::new();
    for mut place in places {
        all.push(place);
        while patterns.get(place) == Some(&Pattern::Errors) {
            place += 1;
            all.push(place);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::{Entry, Pattern, Progress, progress};

    fn event(text: &str) -> Entry {
        let (event_type, data) = text.split_once(':').unwrap();
        let (event_type, data) = (event_type.into(), data.into());
        Entry::Event { event_type, data, last_event_id: String::new(), ready_state: 1 }
    }

    const LOST: Entry = Entry::Error { ready_state: 0 };
    const FAILED: Entry = Entry::Error { ready_state: 2 };

    #[test]
    fn logs_are_compared_with_their_notation() {
        use Progress::{Complete, Mismatch, Partial};
        for (patterns, log, expected) in [
            (&["open", "m:a"][..], vec![Entry::Open, event("m:a")], Complete),
            (&["open", "m:a"], vec![Entry::Open], Partial),
            (&["open", "m:a"], vec![event("m:a")], Mismatch),
            (&["open"], vec![Entry::Open, LOST], Mismatch),
            (&[], vec![], Complete),
            (&["...", "open"], vec![Entry::Open], Complete),
            (&["...", "open"], vec![LOST, LOST, Entry::Open], Complete),
            (&["...", "open"], vec![LOST, FAILED], Mismatch),
            (&["error:0", "...", "error:0"], vec![LOST, LOST, LOST], Complete),
            (&["error:0", "...", "error:0"], vec![LOST], Partial),
            (&["...", "..."], vec![LOST], Complete),
            (&["error:*"], vec![LOST], Complete),
            (&["error:*"], vec![FAILED], Complete),
            (&["error:0 or error:2"], vec![FAILED], Complete),
            (&["error:2"], vec![LOST], Mismatch),
            (&["error:1!"], vec![event("error:0")], Complete),
            (&["error:0"], vec![event("error:0")], Mismatch),
            (&["error:x"], vec![event("error:x")], Complete),
            (&["m:this or that"], vec![event("m:this or that")], Complete),
        ] {
            let read: Vec<Pattern> = patterns.iter().map(|text| Pattern::read(text)).collect();
            assert_eq!(progress(&read, &log), expected, "{patterns:?} {log:?}");
            assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), patterns);
        }
    }
}
