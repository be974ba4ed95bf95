//! What has to be seen of a client, and what was seen.

use core::time::Duration;
use std::collections::BTreeMap;

use super::{
    Entry, Pattern,
    entry::{Progress, progress},
};
use crate::peer::{Names, SeenRequest};

/// What has to be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// What the client has to say; `None`: anything.
    pub log: Option<Vec<Pattern>>,
    /// How many requests it has to send; `None`: any number.
    pub requests: Option<usize>,
    /// Header fields, or `:method`, `:path` and `:body`, of the request with that index. `None` means that it must be
    /// absent.
    pub headers: BTreeMap<usize, WantedFields>,
    /// The least time between the end of the connection with that index and the next request.
    pub gaps: Vec<Option<Duration>>,
}

/// Names with the values that they must have; `None` means that the field must be absent.
pub type WantedFields = Vec<(String, Option<Vec<u8>>)>;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// What the client said.
    pub log: Vec<Entry>,
    /// What it asked for.
    pub requests: Vec<SeenRequest>,
    /// The time between the end of the connection with that index and the next request.
    pub gaps: Vec<Option<Duration>>,
}

impl Expectation {
    /// The same with the addresses of a server in it.
    pub(super) fn named(&self, names: Names<'_>) -> Self {
        let mut named = self.clone();
        for value in named.headers.values_mut().flatten().filter_map(|(_, value)| value.as_mut()) {
            *value = names.fill(value);
        }
        named
    }

    /// How far what was seen agrees: complete as soon as nothing has to follow any more.
    pub(super) fn progress(&self, log: &[Entry], requests: usize) -> Progress {
        let log = self.log.as_ref().map_or(Progress::Complete, |patterns| progress(patterns, log));
        match self.requests {
            Some(expected) if requests > expected => Progress::Mismatch,
            Some(expected) if requests < expected && log == Progress::Complete => Progress::Partial,
            _ => log,
        }
    }

    /// All that is wrong, in words.
    pub(super) fn problems(&self, seen: &Observed) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(patterns) = &self.log
            && progress(patterns, &seen.log) != Progress::Complete
        {
            let written = |texts: Vec<String>| format!("{texts:?}");
            let expected = written(patterns.iter().map(ToString::to_string).collect());
            let got = written(seen.log.iter().map(ToString::to_string).collect());
            problems.push(format!("the log\n  expected: {expected}\n  got:      {got}"));
        }
        if let Some(expected) = self.requests
            && expected != seen.requests.len()
        {
            problems.push(format!("{} requests instead of {expected}", seen.requests.len()));
        }
        for (index, wanted) in &self.headers {
            let Some(request) = seen.requests.get(*index) else {
                problems.push(format!("there was no request {index}"));
                continue;
            };
            problems.extend(wanted.iter().filter_map(|(name, wanted)| {
                let got = request.value(name);
                (got != *wanted).then(|| {
                    format!(
                        "request {index}: {name} is {} instead of {}",
                        shown(got.as_deref()),
                        shown(wanted.as_deref())
                    )
                })
            }));
        }
        for (index, least) in self.gaps.iter().enumerate() {
            let Some(least) = least else { continue };
            match seen.gaps.get(index).copied().flatten() {
                Some(gap) if gap >= *least => {}
                Some(gap) => problems.push(format!("{gap:?} after connection {index} instead of {least:?} or more")),
                None => problems.push(format!("no request came after connection {index}")),
            }
        }
        problems
    }
}

fn shown(value: Option<&[u8]>) -> String {
    value.map_or(String::from("absent"), |value| format!("\"{}\"", value.escape_ascii()))
}
