//! Published events, kept for clients that reconnect.

mod config;
mod ids;
mod lookup;
mod segments;
mod topics;
mod views;

use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};
use core::{fmt, iter, mem, num::NonZeroU64};

use bytes::Bytes;

pub use self::config::{LogConfig, LogRead, Resumed, StartAt};
use self::{
    ids::{Found, Ids},
    segments::Segments,
    topics::TopicIndex,
    views::{View, Views},
};
use super::{Cursor, Entry, Interest, Publication, PublishError, check_id, publication::Tags};
use crate::{EventId, Message, Text, Timestamp};

/// A bounded log of encoded events.
///
/// Each message is encoded once, when it is published, into segments whose bytes all readers share: a reader holds a
/// [`Cursor`], gets what it has not read in as few pieces as possible, and costs no copy and no allocation. When the log
/// exceeds its bounds, the oldest messages go. Publishing never waits for readers.
///
/// There is one sequence of messages and so one sequence of IDs, whatever topics they have: a client that reads several
/// topics resumes all of them with the one ID that it has. A reader of a rare topic does not walk over the other
/// messages: the log knows where those of each topic are.
///
/// ```
/// use sse_proto::{Timestamp, server::{EventLog, LogConfig, LogRead, Resumed, StartAt}};
///
/// let now = Timestamp::default();
/// let mut log = EventLog::new(LogConfig::new());
/// let first = log.publish("one", now)?.unwrap();
/// log.publish("two", now)?;
///
/// let (mut cursor, resumed) = log.subscribe(StartAt::After(&first), now);
/// assert_eq!(resumed, Resumed::Exact);
/// assert_eq!(log.read(&mut cursor, 1024), LogRead::Events("data: two\nid: 2\n\n".into()));
/// assert_eq!(log.read(&mut cursor, 1024), LogRead::UpToDate);
/// # Ok::<(), sse_proto::server::PublishError>(())
/// ```
#[derive(Default)]
pub struct EventLog {
    config: LogConfig,
    entries: VecDeque<Kept>,
    /// The position of the oldest entry; positions count from 0 and are never used again.
    oldest: u64,
    bytes: usize,
    segments: Segments,
    ids: Ids,
    topics: TopicIndex,
    views: Views,
    /// The newest message with each key.
    keys: BTreeMap<Text, u64>,
    gathering: Gathering,
    closed: bool,
}

#[derive(Debug)]
struct Kept {
    /// Where its bytes begin.
    start: u64,
    since: Timestamp,
    tags: Option<Box<Tags>>,
    /// The length of the ID, if the caller gave it.
    id_len: usize,
    /// The position of the next message with the same key. It is kept as long as this one is: the oldest go first.
    next_with_key: Option<NonZeroU64>,
}

/// Room to gather messages for a reader, used again for the next one.
#[derive(Debug, Default)]
struct Gathering {
    /// The ranges of bytes to copy together, as places in the log.
    parts: Vec<(u64, u64)>,
    /// The position of each message, and where it begins in the gathered bytes.
    starts: Vec<(u64, usize)>,
}

impl Kept {
    fn topics(&self) -> &[Text] {
        self.tags.as_ref().map_or(&[], |tags| &tags.topics)
    }

    fn cost(&self, encoded: usize) -> usize {
        cost(encoded, self.tags.as_deref(), self.id_len)
    }
}

/// Returns how many bytes a message costs: its encoded bytes, its entry and its place in the index (lists have room for up
/// to as many again), and a given ID with its two places.
fn cost(encoded: usize, tags: Option<&Tags>, id_len: usize) -> usize {
    let id = if id_len == 0 { 0 } else { id_len + Ids::COST };
    encoded + 2 * (size_of::<Kept>() + size_of::<u64>()) + id + tags.map_or(0, Tags::cost)
}

impl EventLog {
    /// Returns an empty log.
    pub fn new(config: LogConfig) -> Self {
        // A segment is freed as a whole, and so should be a small part of the log.
        let segment = (config.bytes / 16).clamp(1, 64 * 1024);
        Self {
            config,
            ids: Ids::new(config.epoch, config.by_topic),
            segments: Segments::new(segment),
            ..Self::default()
        }
    }

    /// Encodes a message and keeps it. An event without an ID gets one; returns the ID, given or made. Messages that are no
    /// events and have no ID (for example comments) are kept without an ID; an empty message is not kept.
    ///
    /// The empty ID clears the client's ID. A client that then reconnects counts as new, and what it missed is not
    /// reported. Give each ID only once for as long as clients may reconnect with it. The log notices a repetition only
    /// of IDs that it still keeps: resuming after such an ID is [`Resumed::Unknown`], while the last of them is kept.
    ///
    /// # Errors
    ///
    /// The log is closed, or the message alone is larger than the log may be, or IDs of the callers and of the log could
    /// be the same, or no client could ask for what follows its ID ([`check_id`]), or it has several topics in a log that
    /// numbers [by topic](LogConfig::number_by_topic).
    pub fn publish(
        &mut self,
        publication: impl Into<Publication>,
        now: Timestamp,
    ) -> Result<Option<EventId>, PublishError> {
        let Publication { mut message, topics, key } = publication.into();
        if self.closed {
            return Err(PublishError::Closed);
        }
        self.expire(now);
        if message == Message::new() {
            return Ok(None);
        }
        let position = self.end();
        let given = message.event_id().cloned();
        let is_numbered = given.is_none() && message.is_event();
        if is_numbered && self.config.by_topic {
            match &*topics {
                [_, _, ..] => return Err(PublishError::SeveralTopics),
                [topic] if topic.is_empty() => return Err(PublishError::EmptyTopic),
                _ => {}
            }
        }
        let made = is_numbered.then(|| self.ids.make(self.ids.next_number(position, &topics, &self.topics), &topics));
        // Those that the log makes may have the name of a topic in them.
        let checked = given.as_ref().or(made.as_ref().filter(|_| self.config.by_topic));
        checked.map_or(Ok(()), check_id).map_err(PublishError::UnusableId)?;
        if let Some(made) = &made {
            message = message.id(made.clone());
        }
        let tags = Tags::of(&topics, key.as_ref());
        let needed = message.encoded_len();
        let id_len = given.as_deref().map_or(0, str::len);
        let size = cost(needed, tags.as_deref(), id_len);
        if size > self.config.bytes {
            return Err(PublishError::TooLarge { size, bound: self.config.bytes });
        }
        self.ids.check(given.as_ref(), message.is_event()).map_err(|_| PublishError::AmbiguousId)?;
        if let Some(given) = &given {
            self.ids.note(given, position);
        }
        self.segments.append(&message, needed);
        let start = self.segments.end() - needed as u64;
        self.link(tags.as_deref(), position);
        let kept = Kept { start, since: now, tags, id_len, next_with_key: None };
        self.topics.add(kept.topics(), position);
        if self.entries.len() == self.entries.capacity() {
            // Growing by a quarter: growing to twice the size would hold three times as much meanwhile, more than is
            // counted.
            self.entries.reserve_exact(self.entries.len() / 4 + 16);
        }
        self.entries.push_back(kept);
        self.views.clear();
        self.bytes += size;
        while self.entries.len() > self.config.events.max(1) || self.bytes > self.config.bytes {
            self.drop_oldest();
        }
        self.release();
        Ok(given.or(made))
    }

    /// Closes the log: it accepts no more messages. Readers get the kept ones, and then the end.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Drops the messages that have reached the greatest [age](LogConfig::age). Publishing and subscribing do it, too.
    pub fn expire(&mut self, now: Timestamp) {
        let Some(age) = self.config.age else { return };
        while self.entries.front().is_some_and(|kept| now.since(kept.since) >= age) {
            self.drop_oldest();
        }
        self.release();
    }

    /// Returns a cursor for a new reader of everything, and whether it can start where it wished to.
    pub fn subscribe(&mut self, start: StartAt<'_>, now: Timestamp) -> (Cursor, Resumed) {
        self.subscribe_to(Interest::all(), start, now)
    }

    /// Returns a cursor for a new reader of some messages, and whether it can start where it wished to.
    pub fn subscribe_to(&mut self, interest: Interest, start: StartAt<'_>, now: Timestamp) -> (Cursor, Resumed) {
        self.expire(now);
        let (next, resumed) = match start {
            StartAt::Live => (self.end(), Resumed::Exact),
            StartAt::Oldest => (self.oldest, Resumed::Exact),
            StartAt::After(id) => match self.ids.find(id, self.end(), &self.topics, |topics| interest.reads(topics)) {
                Found::Gone { missed } => (self.oldest, Resumed::Gap { missed }),
                // An ID that was given does not show its topic.
                Found::At(position) if self.config.by_topic && !self.reads(&interest, position) => {
                    (self.oldest, Resumed::Unknown)
                }
                Found::At(position) if position + 1 >= self.oldest => (position + 1, Resumed::Exact),
                Found::At(position) => match self.missed(position + 1, &interest) {
                    0 => (self.oldest, Resumed::Exact),
                    missed => (self.oldest, Resumed::Gap { missed }),
                },
                Found::EarlierLog => (self.oldest, Resumed::Stale),
                Found::Unknown => (self.oldest, Resumed::Unknown),
            },
        };
        (Cursor::new(next, interest), resumed)
    }

    /// Reads from the cursor, and moves it: at least one message if there is one, and at most `most` bytes if there are
    /// several.
    pub fn read(&mut self, cursor: &mut Cursor, most: usize) -> LogRead {
        if cursor.next < self.oldest {
            let missed = self.missed(cursor.next, &cursor.interest);
            cursor.next = self.oldest;
            if missed > 0 {
                return LogRead::Lagged { missed };
            }
        }
        let read = match &cursor.interest {
            Interest { topics: None, choice: None } => self.read_all(cursor, most),
            Interest { topics: Some(topics), choice: None } => match self.views.read(topics, cursor.next, most) {
                Some((bytes, next)) => {
                    cursor.next = next;
                    Some(bytes)
                }
                None => self.read_some(cursor, most),
            },
            _ => self.read_some(cursor, most),
        };
        match read {
            Some(bytes) => LogRead::Events(bytes),
            None if self.closed => LogRead::Closed,
            None => LogRead::UpToDate,
        }
    }

    /// Returns whether the log is closed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns the number of kept messages.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether no message is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the number of kept bytes, counted as for [`LogConfig::bytes`].
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the position that the next message will have.
    pub fn end(&self) -> u64 {
        self.oldest + self.entries.len() as u64
    }

    /// Reads all messages from the cursor on, as one slice.
    fn read_all(&mut self, cursor: &mut Cursor, most: usize) -> Option<Bytes> {
        let index = self.index(cursor.next);
        let from = self.entries.get(index)?.start;
        let bound = from.saturating_add(most as u64).min(self.segments.end_of_segment(from));
        let after = if bound == self.segments.end() {
            self.entries.len()
        } else {
            self.last_within(index, bound).max(index + 1)
        };
        let to = self.place(after);
        cursor.next = self.oldest + after as u64;
        Some(self.segments.slice(from, to))
    }

    /// Returns the last index after `index` whose entry begins at `bound` or before. It is near, so that the search starts
    /// here and does not bisect a log of 100 000 messages.
    fn last_within(&self, index: usize, bound: u64) -> usize {
        let within = |at: usize| self.entries.get(at).is_some_and(|kept| kept.start <= bound);
        let mut step = 1;
        while within(index + step) {
            step *= 2;
        }
        let (mut low, mut high) = (index + step / 2, index + step);
        while low + 1 < high {
            let middle = low.midpoint(high);
            if within(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Reads the messages from the cursor on that the reader wants, and copies them together if they do not lie next to
    /// each other.
    fn read_some(&mut self, cursor: &mut Cursor, most: usize) -> Option<Bytes> {
        let begun = cursor.next;
        let mut gathering = mem::take(&mut self.gathering);
        gathering.parts.clear();
        gathering.starts.clear();
        let total = self.select(cursor, most, &mut gathering);
        let bytes = match *gathering.parts {
            [] => None,
            [(from, to)] if to <= self.segments.end_of_segment(from) => Some(self.segments.slice(from, to)),
            _ => Some(self.gather(&gathering.parts, total)),
        };
        if let (Some(bytes), Interest { topics: Some(topics), choice: None }) = (&bytes, &cursor.interest)
            && gathering.starts.len() > 1
        {
            let (topics, starts, bytes) = (topics.clone(), gathering.starts.clone(), bytes.clone());
            self.views.keep(View { topics, from: begun, next: cursor.next, starts, bytes });
        }
        self.gathering = gathering;
        bytes
    }

    /// Chooses the messages that the reader gets next, and returns their number of bytes.
    fn select(&self, cursor: &mut Cursor, most: usize, gathering: &mut Gathering) -> usize {
        let mut total = 0;
        while let Some(position) = self.next_wanted(cursor) {
            let index = self.index(position);
            let (from, to) = (self.entries[index].start, self.place(index + 1));
            let len = (to - from) as usize;
            if total > 0 && total + len > most {
                break;
            }
            gathering.starts.push((position, total));
            total += len;
            match gathering.parts.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => gathering.parts.push((from, to)),
            }
            cursor.next = position + 1;
        }
        total
    }

    /// Moves the cursor to the next wanted message and returns its position, or moves it to the end of the log.
    fn next_wanted(&self, cursor: &mut Cursor) -> Option<u64> {
        loop {
            let candidate = match &cursor.interest.topics {
                None => Some(cursor.next).filter(|next| *next < self.end()),
                Some(topics) => self.topics.first_from(topics, cursor.next),
            };
            let Some(position) = candidate else {
                cursor.next = self.end();
                return None;
            };
            cursor.next = position;
            let index = self.index(position);
            let Some(choice) = &cursor.interest.choice else { return Some(position) };
            let withheld = !choice.passes(&self.entry(index));
            let passed_over = withheld || (choice.latest && self.is_superseded(index, &cursor.interest));
            if !passed_over {
                return Some(position);
            }
            cursor.pass_over(withheld);
        }
    }

    /// Returns whether the reader wants a later message with the same key.
    ///
    /// The search stops at the first such message, and only messages that the reader wants begin one. The next of these
    /// with the same key begins its search where this one stops, so that a reader follows no link twice: the work is
    /// linear in the number of messages that it reads over. (One message of each read is looked at twice, because it did
    /// not fit.)
    fn is_superseded(&self, index: usize, interest: &Interest) -> bool {
        let mut links = iter::successors(self.next_with_key(index), |index| self.next_with_key(*index));
        links.any(|later| interest.wants(&self.entry(later)))
    }

    fn next_with_key(&self, index: usize) -> Option<usize> {
        self.entries[index].next_with_key.map(|position| self.index(position.get()))
    }

    fn entry(&self, index: usize) -> Entry<'_> {
        let kept = &self.entries[index];
        Entry::new(kept.topics(), self.segments.peek(kept.start, self.place(index + 1)))
    }

    /// Copies these ranges of the log together.
    fn gather(&self, parts: &[(u64, u64)], total: usize) -> Bytes {
        let mut gathered = Vec::with_capacity(total);
        for (from, to) in parts {
            let mut from = *from;
            while from < *to {
                let until = self.segments.end_of_segment(from).min(*to);
                gathered.extend_from_slice(self.segments.peek(from, until));
                from = until;
            }
        }
        gathered.into()
    }

    /// Links the last message with the same key to the one at this position.
    fn link(&mut self, tags: Option<&Tags>, position: u64) {
        let Some(key) = tags.and_then(|tags| tags.key.clone()) else { return };
        if let Some(earlier) = self.keys.insert(key, position) {
            let index = self.index(earlier);
            self.entries[index].next_with_key = NonZeroU64::new(position);
        }
    }

    fn drop_oldest(&mut self) {
        let after = self.place(1);
        let Some(kept) = self.entries.pop_front() else { return };
        self.bytes -= kept.cost((after - kept.start) as usize);
        self.ids.drop_oldest(self.oldest);
        self.topics.drop_oldest(kept.topics(), self.oldest);
        if let Some(key) = kept.tags.as_ref().and_then(|tags| tags.key.as_ref())
            && self.keys.get(key) == Some(&self.oldest)
        {
            self.keys.remove(key);
        }
        self.oldest += 1;
    }

    fn release(&mut self) {
        self.segments.release(self.place(0));
        self.topics.forget_empty(self.entries.len().max(64), self.config.bytes / 16);
        if self.entries.is_empty() {
            self.views.clear();
        }
    }

    /// Returns whether a message is wanted by its topics; also one that is not kept any more.
    fn reads(&self, interest: &Interest, position: u64) -> bool {
        let kept = position.checked_sub(self.oldest).and_then(|index| self.entries.get(usize::try_from(index).ok()?));
        kept.is_none_or(|kept| interest.reads(kept.topics()))
    }

    /// Returns how many messages from this position on are gone; 0 if none of them was wanted.
    fn missed(&self, position: u64, interest: &Interest) -> u64 {
        let gone = self.oldest.saturating_sub(position);
        match &interest.topics {
            Some(topics) if !self.topics.misses(topics, position) => 0,
            // How many there are in other topics is nobody's business.
            Some(_) if self.config.by_topic => gone.min(1),
            _ => gone,
        }
    }

    /// Returns the index of a position among the kept entries.
    fn index(&self, position: u64) -> usize {
        usize::try_from(position.saturating_sub(self.oldest)).unwrap_or(usize::MAX)
    }

    /// Returns where the bytes of an entry begin, or where the log ends.
    fn place(&self, index: usize) -> u64 {
        self.entries.get(index).map_or(self.segments.end(), |kept| kept.start)
    }
}

/// Counts in place of what is kept.
impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EventLog");
        shown.field("config", &self.config).field("events", &self.entries.len()).field("bytes", &self.bytes);
        shown.field("closed", &self.closed).finish_non_exhaustive()
    }
}
