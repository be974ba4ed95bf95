//! The IDs of a log's messages, and the positions of their events.

use alloc::{
    collections::{BTreeMap, VecDeque},
    format,
    string::String,
};
use core::fmt::Write;

use super::topics::TopicIndex;
use crate::{
    EventId, Text,
    text::{decimal, decimal_len},
};

/// Makes IDs, and finds the positions of those that the log made or the callers gave.
#[derive(Debug, Default)]
pub(super) struct Ids {
    epoch: Option<u64>,
    /// Whether each topic has numbers of its own.
    by_topic: bool,
    /// The events with given IDs, by ID.
    positions: BTreeMap<EventId, Given>,
    /// The given IDs with their positions, in order.
    given: VecDeque<(u64, EventId)>,
    /// Who gave the IDs that have the form of those that the log makes.
    numbering: Numbering,
}

/// A kept event with an ID that the caller gave.
#[derive(Clone, Copy, Debug)]
struct Given {
    /// The position of the last event with this ID.
    position: u64,
    /// Whether an earlier event had the same ID, so that it is not known which of them a client has.
    ambiguous: bool,
}

/// Who gives the IDs that have the form of those that the log makes. If both did, two events could get the same ID.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Numbering {
    Callers,
    Log,
    #[default]
    Nobody,
}

/// What the log knows about an ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// The event is or was at this position.
    At(u64),
    /// The event is gone, and where it was is not known.
    Gone {
        /// The number of later messages of its topic that are gone as well.
        missed: u64,
    },
    /// An earlier log made the ID.
    EarlierLog,
    Unknown,
}

/// The log and the callers could give the same ID.
#[derive(Debug)]
pub(super) struct Ambiguous;

impl Ids {
    /// The number of bytes that a given ID needs beside its text, in its two places (lists have room for up to as many
    /// again).
    pub(super) const COST: usize = size_of::<(EventId, Given)>() + 2 * size_of::<(u64, EventId)>();

    pub(super) fn new(epoch: Option<u64>, by_topic: bool) -> Self {
        Self { epoch, by_topic, ..Self::default() }
    }

    /// Makes the ID for an event with this number, which counts from 1 in the log, or in its topic.
    pub(super) fn make(&self, number: u64, topics: &[Text]) -> EventId {
        let topic = if self.by_topic { Some(topics.first().map_or("", |topic| topic)) } else { None };
        let prefix_len = self.epoch.map_or(0, |epoch| epoch.checked_ilog2().map_or(1, |log| log as usize / 4 + 1) + 1);
        let len = prefix_len + decimal_len(number) + topic.map_or(0, |topic| topic.len() + 1);
        // With no byte of room left, the text is shared as it is.
        let mut text = String::with_capacity(len);
        // A string grows as needed: there is no error.
        let _ = self.epoch.map_or(Ok(()), |epoch| write!(text, "{epoch:x}-"));
        text.push_str(decimal(number, &mut [0; 20]));
        if let Some(topic) = topic {
            text.push('-');
            text.push_str(topic);
        }
        EventId::received(Text::from(text))
    }

    /// Checks that a message may have the given ID; or, if it is an event without one, that the log may make one.
    pub(super) fn check(&mut self, given: Option<&EventId>, is_event: bool) -> Result<(), Ambiguous> {
        let numbering = match given {
            None if is_event => Numbering::Log,
            Some(id) if self.made(id).is_some() => Numbering::Callers,
            _ => return Ok(()),
        };
        if self.numbering != Numbering::Nobody && self.numbering != numbering {
            return Err(Ambiguous);
        }
        self.numbering = numbering;
        Ok(())
    }

    /// Remembers the position of the event with a given ID.
    pub(super) fn note(&mut self, given: &EventId, position: u64) {
        // An empty ID resets the client's: nobody can ask for it. Others are copied, because a slice of a received
        // block would keep the block.
        if given.is_empty() {
            return;
        }
        let id = EventId::received(Text::from(given.as_str()));
        // The key is replaced as well: it may be the last to use an older copy of the text.
        let ambiguous = self.positions.remove(&id).is_some();
        self.positions.insert(id.clone(), Given { position, ambiguous });
        self.given.push_back((position, id));
    }

    /// Forgets the oldest message, which is at `position`.
    pub(super) fn drop_oldest(&mut self, position: u64) {
        if self.given.front().is_none_or(|(at, _)| *at != position) {
            return;
        }
        if let Some((_, id)) = self.given.pop_front() {
            // The same ID may have been given again since.
            if self.positions.get(&id).is_some_and(|given| given.position == position) {
                self.positions.remove(&id);
            }
        }
    }

    /// Finds the event with this ID in a log that ends at `end`, for a reader that wants some topics.
    pub(super) fn find(
        &self,
        id: &EventId,
        end: u64,
        index: &TopicIndex,
        reads: impl FnOnce(&[Text]) -> bool,
    ) -> Found {
        if let Some(given) = self.positions.get(id) {
            return if given.ambiguous { Found::Unknown } else { Found::At(given.position) };
        }
        if self.numbering == Numbering::Callers {
            return Found::Unknown;
        }
        let found = self.made(id).and_then(|(number, topic)| match self.by_topic {
            true => {
                let topics = (!topic.is_empty()).then(|| Text::from(topic));
                reads(topics.as_slice()).then(|| index.find(topic, number))?
            }
            false => number.checked_sub(1).filter(|position| *position < end).map(Found::At),
        });
        match found {
            Some(found) if self.numbering == Numbering::Log => found,
            _ if self.is_of_another_epoch(id) => Found::EarlierLog,
            _ => Found::Unknown,
        }
    }

    /// Returns the number of the next event of the log, which will be at this position, or of these topics.
    pub(super) fn next_number(&self, position: u64, topics: &[Text], index: &TopicIndex) -> u64 {
        if self.by_topic { index.next_number(topics) } else { position + 1 }
    }

    /// Returns the ID of the kept event at this position, or the one that the log would have made for it; `None` if the log
    /// makes none, or if other events had the same ID.
    pub(super) fn at(&self, position: u64, topics: &[Text], index: &TopicIndex) -> Option<EventId> {
        match self.given.binary_search_by_key(&position, |(at, _)| *at) {
            Ok(index) => {
                let (_, id) = self.given.get(index)?;
                self.positions.get(id).is_some_and(|given| !given.ambiguous).then(|| id.clone())
            }
            Err(_) if self.numbering != Numbering::Log => None,
            Err(_) if self.by_topic => Some(self.make(index.number_of(topics, position)?, topics)),
            Err(_) => Some(self.make(position + 1, topics)),
        }
    }

    /// Returns the number and the topic in an ID that has the form of those that the log makes; an empty topic where there
    /// is none.
    fn made<'a>(&self, id: &'a EventId) -> Option<(u64, &'a str)> {
        match self.epoch {
            None => self.numbered(id),
            Some(epoch) => {
                let (prefix, rest) = id.split_once('-')?;
                self.numbered(rest).filter(|_| prefix == format!("{epoch:x}"))
            }
        }
    }

    /// Returns the number and the topic in what follows the epoch.
    fn numbered<'a>(&self, text: &'a str) -> Option<(u64, &'a str)> {
        let (digits, topic) = if self.by_topic { text.split_once('-')? } else { (text, "") };
        Some((written_number(digits)?, topic))
    }

    fn is_of_another_epoch(&self, id: &EventId) -> bool {
        let (Some(own), Some((prefix, rest))) = (self.epoch, id.split_once('-')) else { return false };
        let epoch = u64::from_str_radix(prefix, 16).ok().filter(|epoch| prefix == format!("{epoch:x}"));
        epoch.is_some_and(|epoch| epoch != own) && self.numbered(rest).is_some_and(|(number, _)| number > 0)
    }
}

/// Parses a number as the log writes it, so neither `+7` nor `07`.
fn written_number(digits: &str) -> Option<u64> {
    digits.parse::<u64>().ok().filter(|number| digits == format!("{number}"))
}
