//! What was published, what a client saw of it, and whether that is right.

use std::{collections::BTreeMap, ops::RangeInclusive};

/// The topic and the key of each message, by its position. Messages with the same key go to different topics.
#[derive(Debug, Default)]
pub(crate) struct History {
    messages: BTreeMap<u64, (Option<&'static str>, Option<u64>)>,
}

/// What a client reads of the log.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// All of them if there are none.
    pub(crate) topics: Vec<&'static str>,
    /// Only the latest with the same key.
    pub(crate) latest: bool,
}

/// What happened to a client, in order.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    /// A session was opened that has to start with a position in this range.
    Opened { start: RangeInclusive<u64> },
    /// The event at this position was received.
    Event { position: u64 },
    /// The session reported that messages may be missing.
    Resync { reason: String, missed: u64 },
}

/// What happened in all.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) published: u64,
    pub(crate) events: u64,
    pub(crate) sessions: u64,
    pub(crate) lagged: u64,
    pub(crate) gaps: u64,
    pub(crate) stale: u64,
    pub(crate) missed: u64,
}

/// The epoch and the position in an ID of the log.
pub(crate) fn position(id: &str) -> Option<(u64, u64)> {
    let (epoch, number) = id.split_once('-')?;
    Some((u64::from_str_radix(epoch, 16).ok()?, number.parse::<u64>().ok()?.checked_sub(1)?))
}

impl History {
    pub(crate) fn insert(&mut self, position: u64, topic: Option<&'static str>, key: Option<u64>) {
        assert!(self.messages.insert(position, (topic, key)).is_none(), "two messages at {position}");
    }

    pub(crate) fn len(&self) -> u64 {
        self.messages.len() as u64
    }

    /// The position after the last message that is wanted.
    pub(crate) fn end_for(&self, wanted: &Wanted) -> u64 {
        (0..self.len()).rev().find(|position| self.is_wanted(wanted, *position)).map_or(0, |position| position + 1)
    }

    /// Judges the records of a client that has read to the end.
    ///
    /// # Errors
    ///
    /// The fault, in words.
    pub(crate) fn judge(&self, wanted: &Wanted, records: &[Record]) -> Result<(), String> {
        // The next message is in this range, and `missed` messages after it are known to be missing.
        let (mut next, mut missed) = (0..=0, 0);
        for record in records {
            match *record {
                Record::Opened { ref start } => (next, missed) = (start.clone(), 0),
                Record::Event { position } => {
                    if !self.is_wanted(wanted, position) {
                        return Err(format!("{position} is not wanted"));
                    }
                    self.judge_step(wanted, next, missed, position)?;
                    (next, missed) = (position + 1..=position + 1, 0);
                }
                Record::Resync { missed: more, .. } => missed += more,
            }
        }
        self.judge_step(wanted, next, missed, self.len())
    }

    /// Judges what lies between two events, or between the last one and the end.
    fn judge_step(&self, wanted: &Wanted, next: RangeInclusive<u64>, missed: u64, to: u64) -> Result<(), String> {
        let fault = |what: &str| Err(format!("{what}: from {next:?} to {to} with {missed} reported as missing"));
        if to < *next.start() {
            return fault("repeated, or out of order");
        }
        if wanted.topics.is_empty() && !wanted.latest {
            return match to.checked_sub(missed) {
                Some(start) if next.contains(&start) => Ok(()),
                _ => fault("a gap other than the one that was reported"),
            };
        }
        let skipped = (*next.end()..to).filter(|at| self.is_wanted(wanted, *at) && !self.is_superseded(wanted, *at));
        // What is missing is counted over all topics.
        if skipped.count() as u64 > missed { fault("a gap that was not reported") } else { Ok(()) }
    }

    fn is_wanted(&self, wanted: &Wanted, position: u64) -> bool {
        let Some((topic, _)) = self.messages.get(&position) else { return false };
        wanted.topics.is_empty() || topic.is_none_or(|topic| wanted.topics.contains(&topic))
    }

    /// Whether a later message that is wanted took the place of this one. That one is judged where it is read or skipped.
    fn is_superseded(&self, wanted: &Wanted, position: u64) -> bool {
        let Some((_, key @ Some(_))) = self.messages.get(&position) else { return false };
        let mut later = self.messages.range(position + 1..);
        wanted.latest && later.any(|(later, (_, other))| other == key && self.is_wanted(wanted, *later))
    }
}

#[cfg(test)]
mod tests {
    use super::{History, Record, Wanted};

    fn judge(wanted: &Wanted, start: u64, events: &[(u64, u64)]) -> Result<(), String> {
        let mut history = History::default();
        for position in 0..6 {
            let topic = ["a", "b"].get(position as usize % 3).copied();
            history.insert(position, topic, topic.map(|_| 0));
        }
        let mut records = vec![Record::Opened { start: start..=start }];
        for (missed, position) in events {
            records.push(Record::Resync { reason: String::from("lagged"), missed: *missed });
            records.push(Record::Event { position: *position });
        }
        history.judge(wanted, &records)
    }

    #[test]
    fn faults_are_found() {
        let all = Wanted { topics: Vec::new(), latest: false };
        assert_eq!(judge(&all, 3, &[(0, 3), (0, 4), (0, 5)]), Ok(()));
        assert_eq!(judge(&all, 1, &[(2, 3), (1, 5)]), Ok(()));
        for wrong in
            [&[(0, 4), (0, 5)][..], &[(0, 3), (0, 4)], &[(0, 3), (0, 3), (0, 4), (0, 5)], &[(2, 4), (0, 5)], &[]]
        {
            assert!(judge(&all, 3, wrong).is_err(), "{wrong:?}");
        }
        let topic = Wanted { topics: vec!["a"], latest: false };
        assert_eq!(judge(&topic, 0, &[(0, 0), (0, 2), (0, 3), (0, 5)]), Ok(()));
        assert_eq!(judge(&topic, 0, &[(0, 0), (2, 3), (0, 5)]), Ok(()));
        for wrong in [&[(0, 0), (0, 3), (0, 5)][..], &[(0, 0), (0, 1), (0, 2), (0, 3), (0, 5)], &[(0, 0), (0, 2)]] {
            assert!(judge(&topic, 0, wrong).is_err(), "{wrong:?}");
        }
        let latest = Wanted { topics: Vec::new(), latest: true };
        assert_eq!(judge(&latest, 0, &[(0, 0), (0, 2), (0, 4), (0, 5)]), Ok(()));
        assert_eq!(judge(&latest, 0, &[(0, 2), (0, 4), (0, 5)]), Ok(()));
        assert!(judge(&latest, 0, &[(0, 2), (0, 3), (0, 5)]).is_err());
        // A message to another topic takes the place of none.
        let latest = Wanted { topics: vec!["a"], latest: true };
        assert_eq!(judge(&latest, 0, &[(0, 2), (0, 3), (0, 5)]), Ok(()));
        assert!(judge(&latest, 0, &[(0, 2), (0, 5)]).is_err());
    }
}
