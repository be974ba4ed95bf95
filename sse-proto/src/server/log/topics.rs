//! The index of a log's topics.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use super::ids::Found;
use crate::Text;

/// The positions of the messages of each topic, so that a reader of a rare topic does not walk over all the others.
#[derive(Debug, Default)]
pub(super) struct TopicIndex {
    topics: BTreeMap<Text, Positions>,
    /// Messages to no topic.
    for_all: Positions,
    /// The number of topics without a kept message, and the bytes of their names.
    empty: usize,
    empty_bytes: usize,
    /// The greatest [`gone`](Positions::gone) of the topics that were forgotten.
    forgotten: u64,
    /// The greatest number of messages of a topic that was forgotten.
    forgotten_numbers: u64,
}

#[derive(Debug, Default)]
struct Positions {
    kept: VecDeque<u64>,
    /// The position after the last message that was dropped.
    gone: u64,
    /// The number of the last message that was dropped.
    dropped: u64,
    /// The number before the first one, which is not 0 where the topic may have been forgotten before.
    base: u64,
}

impl Positions {
    fn first_from(&self, position: u64) -> Option<u64> {
        // Most readers are near the end.
        match self.kept.back() {
            Some(last) if *last >= position => {}
            _ => return None,
        }
        self.kept.get(self.kept.partition_point(|kept| *kept < position)).copied()
    }

    fn last_before(&self, position: u64) -> Option<u64> {
        let after = self.kept.partition_point(|kept| *kept < position);
        self.kept.get(after.checked_sub(1)?).copied()
    }

    fn drop_first(&mut self, position: u64) {
        if self.kept.front() == Some(&position) {
            self.kept.pop_front();
            self.gone = position + 1;
            self.dropped += 1;
        }
    }

    fn last_number(&self) -> u64 {
        self.dropped + self.kept.len() as u64
    }

    /// Finds the message with this number.
    fn find(&self, number: u64) -> Option<Found> {
        if number <= self.base {
            return forgotten(number);
        }
        match number.checked_sub(self.dropped) {
            // A reader that has the last one that was dropped misses none of them.
            Some(0) => Some(Found::At(self.gone - 1)),
            Some(nth) => Some(Found::At(*self.kept.get(usize::try_from(nth.checked_sub(1)?).ok()?)?)),
            None => Some(Found::Gone { missed: self.dropped - number }),
        }
    }
}

/// A message of a topic of which nothing is known from that time, so that it counts as one of an earlier log.
fn forgotten(number: u64) -> Option<Found> {
    (number > 0).then_some(Found::EarlierLog)
}

impl TopicIndex {
    pub(super) fn add(&mut self, topics: &[Text], position: u64) {
        if topics.is_empty() {
            self.for_all.kept.push_back(position);
        }
        for topic in topics {
            if let Some(positions) = self.topics.get_mut(topic) {
                if positions.kept.is_empty() {
                    self.empty -= 1;
                    self.empty_bytes -= topic.len();
                }
                positions.kept.push_back(position);
            } else {
                // Whether the topic had messages before it was forgotten is not known. No number is given twice.
                let (gone, base) = (self.forgotten, self.forgotten_numbers);
                let positions = Positions { kept: VecDeque::from([position]), gone, dropped: base, base };
                self.topics.insert(topic.clone(), positions);
            }
        }
    }

    /// Removes the oldest message of the log.
    pub(super) fn drop_oldest(&mut self, topics: &[Text], position: u64) {
        if topics.is_empty() {
            self.for_all.drop_first(position);
        }
        for topic in topics {
            let Some(positions) = self.topics.get_mut(topic) else { continue };
            positions.drop_first(position);
            if positions.kept.is_empty() {
                self.empty += 1;
                self.empty_bytes += topic.len();
            }
        }
    }

    /// Forgets topics without messages while there are more than `most`, or while their names have more than `bytes` bytes:
    /// the half whose last messages went first, because most clients come back soon.
    pub(super) fn forget_empty(&mut self, most: usize, bytes: usize) {
        while self.empty > most || self.empty_bytes > bytes {
            let empty = self.topics.values().filter(|positions| positions.kept.is_empty());
            let mut ends: Vec<u64> = empty.map(|positions| positions.gone).collect();
            let middle = ends.len().saturating_sub(1) / 2;
            if ends.is_empty() {
                return;
            }
            let (_, until, _) = ends.select_nth_unstable(middle);
            self.forget_until(*until);
        }
    }

    /// Forgets the topics without messages whose last one went before this position.
    fn forget_until(&mut self, until: u64) {
        let Self { topics, forgotten, forgotten_numbers, empty, empty_bytes, .. } = self;
        *forgotten = (*forgotten).max(until);
        topics.retain(|topic, positions| {
            if !positions.kept.is_empty() || positions.gone > until {
                return true;
            }
            // The numbers of other topics are nobody's business: only their magnitude shows.
            let numbers = positions.dropped.saturating_add(1).checked_next_power_of_two().unwrap_or(u64::MAX / 2);
            *forgotten_numbers = (*forgotten_numbers).max(numbers);
            *empty -= 1;
            *empty_bytes -= topic.len();
            false
        });
    }

    /// Returns the position of the first message from `position` on to any of these topics or to none.
    pub(super) fn first_from(&self, topics: &[Text], position: u64) -> Option<u64> {
        let wanted = topics.iter().filter_map(|topic| self.topics.get(topic)?.first_from(position));
        wanted.chain(self.for_all.first_from(position)).min()
    }

    /// Returns the position of the last kept message before `position` to any of these topics or to none.
    pub(super) fn last_before(&self, topics: &[Text], position: u64) -> Option<u64> {
        let wanted = topics.iter().filter_map(|topic| self.topics.get(topic)?.last_before(position));
        wanted.chain(self.for_all.last_before(position)).max()
    }

    /// Returns the number that the next message to this topic, or to none, will have.
    pub(super) fn next_number(&self, topics: &[Text]) -> u64 {
        let last = match topics.first() {
            None => self.for_all.last_number(),
            Some(topic) => self.topics.get(topic).map_or(self.forgotten_numbers, Positions::last_number),
        };
        last + 1
    }

    /// Returns the number of the kept message at this position, which has this topic or none.
    pub(super) fn number_of(&self, topics: &[Text], position: u64) -> Option<u64> {
        let positions = topics.first().map_or(Some(&self.for_all), |topic| self.topics.get(topic))?;
        positions.kept.binary_search(&position).ok().map(|index| positions.dropped + index as u64 + 1)
    }

    /// Finds the message with this number in a topic; in none if it is empty.
    pub(super) fn find(&self, topic: &str, number: u64) -> Option<Found> {
        if topic.is_empty() {
            return self.for_all.find(number);
        }
        match self.topics.get(topic) {
            Some(positions) => positions.find(number),
            None if number <= self.forgotten_numbers => forgotten(number),
            None => None,
        }
    }

    /// Returns whether a message from `position` on to any of these topics or to none is gone, as far as is known.
    pub(super) fn misses(&self, topics: &[Text], position: u64) -> bool {
        let gone = |topic: &Text| self.topics.get(topic).map_or(self.forgotten, |positions| positions.gone);
        self.for_all.gone > position || topics.iter().any(|topic| gone(topic) > position)
    }
}
