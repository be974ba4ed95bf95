//! Readers that want no more than the latest message of each key: the log against a model that looks at everything.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use proptest::{collection::vec, prelude::*};
use sse_proto::{
    Message, Timestamp,
    server::{Cursor, Entry, EventLog, Interest, LogConfig, LogRead, PassedOver, Publication, StartAt},
};

const NOW: Timestamp = Timestamp::from_millis(0);
const TOPICS: [&str; 3] = ["a", "b", "c"];

fn names(bits: u8) -> impl Iterator<Item = &'static str> {
    (0..3).filter(move |bit| bits >> bit & 1 == 1).map(|bit| TOPICS[bit])
}

/// The numbers that the messages hold.
fn numbers(encoded: &[u8]) -> Vec<u64> {
    let text = core::str::from_utf8(encoded).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| data.trim_end().parse().unwrap()).collect()
}

fn latest(log: &mut EventLog, interest: Interest) -> Cursor {
    log.subscribe_to(interest.latest(), StartAt::Live, NOW).0
}

fn read(log: &mut EventLog, cursor: &mut Cursor) -> Vec<u64> {
    match log.read(cursor, usize::MAX) {
        LogRead::Events(bytes) => numbers(&bytes),
        LogRead::UpToDate => Vec::new(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_to_another_topic_supersedes_nothing() {
    let mut log = EventLog::new(LogConfig::new());
    let mut a = latest(&mut log, Interest::all().topics(["a"]));
    let mut all = latest(&mut log, Interest::all());
    for (number, topic) in [(1, "a"), (2, "a"), (3, "b")] {
        log.publish(Publication::new(format!("{number}")).to([topic]).key("k"), NOW).unwrap();
    }
    assert_eq!(read(&mut log, &mut a), [2]);
    assert_eq!(a.passed_over().superseded, 1);
    assert_eq!(read(&mut log, &mut all), [3]);
}

#[test]
fn a_message_that_the_filter_refuses_supersedes_nothing() {
    let mut log = EventLog::new(LogConfig::new());
    let odd = |entry: &Entry<'_>| numbers(entry.encoded())[0] % 2 == 1;
    let mut cursor = latest(&mut log, Interest::all().filter(odd));
    for number in 1..=4 {
        log.publish(Publication::new(format!("{number}")).key("k"), NOW).unwrap();
    }
    assert_eq!(read(&mut log, &mut cursor), [3]);
    let passed_over = cursor.passed_over();
    assert_eq!((passed_over.superseded, passed_over.withheld), (1, 2));
}

#[test]
fn to_look_for_later_messages_takes_time_in_proportion_to_their_number() {
    const COUNT: usize = 10_000;
    let mut log = EventLog::new(LogConfig::new().events(COUNT).bytes(usize::MAX));
    // Whatever share of them the filter lets through, and however little is read at once.
    for (modulus, most) in [(1, 0), (2, 0), (100, 0), (COUNT, 0), (2, 1000), (COUNT, usize::MAX)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let some = move |entry: &Entry<'_>| {
            counter.fetch_add(1, Ordering::Relaxed);
            numbers(entry.encoded())[0].is_multiple_of(modulus as u64)
        };
        let mut cursor = latest(&mut log, Interest::all().filter(some));
        for number in 0..COUNT {
            log.publish(Publication::new(format!("{number}")).key(format!("{}", number % 3)), NOW).unwrap();
        }
        while let LogRead::Events(_) = log.read(&mut cursor, most) {}
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked <= 4 * COUNT, "{modulus}, {most}: asked {asked} times");
    }
}

#[derive(Debug)]
struct Published {
    topics: u8,
    key: Option<u8>,
    len: usize,
}

/// A reader, and what it should get.
struct Reader {
    cursor: Cursor,
    topics: Option<u8>,
    modulus: u64,
    next: usize,
    passed_over: (u64, u64),
}

impl Reader {
    fn new(log: &mut EventLog, what: u8, start: u8) -> Self {
        let topics = (what & 1 == 1).then_some(what >> 1 & 7);
        let modulus = u64::from(what >> 4 & 3) + 1;
        let mut interest = Interest::all().filter(move |entry| numbers(entry.encoded())[0].is_multiple_of(modulus));
        if let Some(topics) = topics {
            interest = interest.topics(names(topics));
        }
        let start = if start & 1 == 1 { StartAt::Live } else { StartAt::Oldest };
        let cursor = log.subscribe_to(interest.latest(), start, NOW).0;
        let next = cursor.position() as usize;
        Self { cursor, topics, modulus, next, passed_over: (0, 0) }
    }

    fn wants_topics(&self, topics: u8) -> bool {
        self.topics.is_none_or(|wanted| topics == 0 || wanted & topics != 0)
    }

    fn passes(&self, position: usize) -> bool {
        (position as u64).is_multiple_of(self.modulus)
    }

    /// What one read gives: messages, or how many were missed.
    fn expect(&mut self, history: &[Published], oldest: usize, most: usize) -> Result<Vec<u64>, u64> {
        if self.next < oldest {
            let gone = self.next..oldest;
            self.next = oldest;
            if history[gone.clone()].iter().any(|message| self.wants_topics(message.topics)) {
                return Err(gone.len() as u64);
            }
        }
        let wants = |at: usize| self.wants_topics(history[at].topics) && self.passes(at);
        let (mut got, mut total) = (Vec::new(), 0);
        let (mut superseded, mut withheld) = self.passed_over;
        let mut next = self.next;
        while next < history.len() {
            let Published { topics, key, len } = &history[next];
            let later = |later: usize| history[later].key == *key && wants(later);
            if !self.wants_topics(*topics) {
            } else if !self.passes(next) {
                withheld += 1;
            } else if key.is_some() && (next + 1..history.len()).any(later) {
                superseded += 1;
            } else if total > 0 && total + len > most {
                break;
            } else {
                got.push(next as u64);
                total += len;
            }
            next += 1;
        }
        (self.next, self.passed_over) = (next, (superseded, withheld));
        Ok(got)
    }

    fn check(&mut self, log: &mut EventLog, history: &[Published], most: usize) {
        let expected = self.expect(history, history.len() - log.len(), most);
        let got = match log.read(&mut self.cursor, most) {
            LogRead::Events(bytes) => Ok(numbers(&bytes)),
            LogRead::UpToDate => Ok(Vec::new()),
            LogRead::Lagged { missed } => Err(missed),
            LogRead::Closed => panic!("nobody closed it"),
        };
        assert_eq!(got, expected);
        let PassedOver { superseded, withheld, .. } = self.cursor.passed_over();
        assert_eq!((superseded, withheld), self.passed_over);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_reader_gets_the_latest_of_what_it_wants(
        events in 1_usize..40,
        bytes in 1_000_usize..10_000,
        acts in vec((any::<u8>(), any::<u8>(), any::<u8>()), 1..300),
    ) {
        let mut log = EventLog::new(LogConfig::new().events(events).bytes(bytes));
        let mut history: Vec<Published> = Vec::new();
        let mut readers: Vec<Reader> = Vec::new();
        for (act, what, how) in acts {
            match act % 8 {
                0 if readers.len() < 5 => readers.push(Reader::new(&mut log, what, how)),
                0..6 => {
                    let position = history.len();
                    let data = format!("{position}{}", " ".repeat(usize::from(how & 31)));
                    let (topics, key) = (what & 7, (what & 8 == 8).then_some(what >> 4 & 3));
                    let mut publication = Publication::new(data.clone()).to(names(topics));
                    if let Some(key) = key {
                        publication = publication.key(format!("{key}"));
                    }
                    let id = log.publish(publication, NOW).unwrap().unwrap();
                    history.push(Published { topics, key, len: Message::from(data).id(id).encoded_len() });
                }
                _ => {
                    if let Some(index) = usize::from(what).checked_rem(readers.len()) {
                        readers[index].check(&mut log, &history, 8 * usize::from(how));
                    }
                }
            }
        }
        for reader in &mut readers {
            reader.check(&mut log, &history, 100);
            reader.check(&mut log, &history, usize::MAX);
        }
    }
}
