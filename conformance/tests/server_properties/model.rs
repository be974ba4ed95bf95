// A server in small, and clients that keep books: used by the property test and by the fuzz target.

use core::time::Duration;
use std::collections::BTreeSet;

use sse_proto::{
    Chunk, Decoder, EventId, EventType, Message, Timestamp,
    server::{
        CloseReason, DrainConfig, EventLog, Interest, LogConfig, OnLag, Output, Publication, Resumed, SendError,
        Session, SessionConfig, StartAt, SubscriberId, Subscribers, Subscription,
    },
};

/// Does what the bytes say, and panics when one of these does not hold:
///
/// - each client sees a gapless sequence of what it wants, without repetitions, or is told of the gap: one that resumes
///   sees what follows its ID first, whatever else happens, a drain included;
/// - a session that drains has sent everything that was in the log when it was opened and when the drain began;
/// - the log stays within its bounds;
/// - nothing is sent after the end, and nothing is taken then;
/// - nobody waits who has something to read and was not woken.
pub(crate) fn run(mut bytes: &[u8]) {
    let mut next = || bytes.split_off_first().copied();
    let Some((seed, size)) = next().zip(next()) else { return };
    let mut world = World::new(seed, size);
    while let (Some(act), Some(choice), Some(value)) = (next(), next(), next()) {
        world.act(act, choice, value);
    }
    world.settle();
}

const TOPICS: [&str; 3] = ["a", "b", "c"];

struct World {
    /// The most events and bytes that the log keeps.
    bounds: (usize, usize),
    log: EventLog,
    subscribers: Subscribers,
    /// What was published, by position: the topics, as bits, and the key.
    history: Vec<(u8, Option<u8>)>,
    clients: Vec<Client>,
    /// The last IDs of clients that went away: where they were, and what they wanted.
    left: Vec<(EventId, u64)>,
    now: Timestamp,
}

struct Client {
    session: Session,
    id: SubscriberId,
    /// Bits of topics; `None` wants everything.
    topics: Option<u8>,
    latest: bool,
    /// The position of the next message that may come.
    next: u64,
    /// The end of the log, when the client came or when the drain began.
    end: u64,
    /// Nothing is known of what comes next: the client started somewhere that it did not choose.
    anywhere: bool,
    told: u64,
    waits: bool,
    last_id: Option<(EventId, u64)>,
    decoder: Decoder,
}

fn bits(topics: u8) -> impl Iterator<Item = &'static str> {
    (0..3).filter(move |bit| topics >> bit & 1 == 1).map(|bit| TOPICS[bit])
}

impl World {
    fn new(seed: u8, size: u8) -> Self {
        let bounds = (usize::from(size >> 4) + 1, 700 + 100 * usize::from(size & 15));
        let config = LogConfig::new()
            .events(bounds.0)
            .bytes(bounds.1)
            .age((seed & 1 == 1).then(|| Duration::from_secs(20)))
            .epoch((seed & 2 == 2).then_some(7));
        Self {
            bounds,
            log: EventLog::new(config),
            subscribers: Subscribers::default(),
            history: Vec::new(),
            clients: Vec::new(),
            left: Vec::new(),
            now: Timestamp::default(),
        }
    }

    fn act(&mut self, act: u8, choice: u8, value: u8) {
        match act % 16 {
            0..6 => self.publish(choice, value),
            6 | 7 => self.subscribe(choice, value),
            8 => self.disconnect(choice),
            9 | 10 => self.poll(choice, 1 + usize::from(value & 3)),
            11 | 12 => self.poll(choice, usize::MAX),
            13 => self.now = self.now + Duration::from_millis(100 * u64::from(value)),
            14 => self.send(choice),
            _ if choice == 255 => {
                self.log.close();
                self.wake_all();
            }
            _ if choice >= 240 => {
                let config = DrainConfig::new().timeout(Duration::from_secs(u64::from(value)));
                if !self.subscribers.is_draining() {
                    let end = self.history.len() as u64;
                    self.clients.iter_mut().for_each(|client| client.end = end);
                }
                self.subscribers.drain(config, u64::from(value), self.now);
                self.wake_all();
            }
            _ => self.finish(choice, value),
        }
        assert!(self.log.bytes() <= self.bounds.1 && self.log.len() <= self.bounds.0);
        assert_eq!(self.subscribers.len(), self.clients.len());
    }

    fn publish(&mut self, choice: u8, value: u8) {
        let topics = choice & 7;
        let key = (choice & 8 == 8).then_some(choice >> 4 & 3);
        let position = self.history.len();
        let data = format!("{position}{}", " ".repeat(usize::from(value & 63)));
        let mut publication = Publication::new(data).to(bits(topics));
        if let Some(key) = key {
            publication = publication.key(format!("{key}"));
        }
        let named = publication.topics().to_vec();
        if self.log.publish(publication, self.now).is_err() {
            assert!(self.log.is_closed());
            return;
        }
        self.history.push((topics, key));
        let mut woken = Vec::new();
        self.subscribers.wake(&named, &mut woken);
        self.woken(&woken);
        // Whoever still waits has nothing to read.
        for client in &mut self.clients {
            if client.waits {
                client.session.handle_log(&mut self.log, self.now);
                let output = client.session.poll_output(self.now);
                assert!(matches!(output, Output::Wait { .. }), "{output:?} for one who was not woken");
            }
        }
    }

    fn subscribe(&mut self, choice: u8, value: u8) {
        let topics = (choice & 1 == 1).then_some(choice >> 1 & 7);
        let latest = choice & 16 == 16;
        let mut interest = Interest::all();
        if let Some(topics) = topics {
            interest = interest.topics(bits(topics));
        }
        if latest {
            interest = interest.latest();
        }
        let back = self.left.get(usize::from(value >> 2)).cloned();
        let unknown = EventId::new("unknown").expect("an ID");
        let start = match (value & 3, &back) {
            (0, _) => StartAt::Live,
            (1, _) => StartAt::Oldest,
            (2, _) | (_, None) => StartAt::After(&unknown),
            (_, Some((id, _))) => StartAt::After(id),
        };
        let (cursor, resumed) = self.log.subscribe_to(interest, start, self.now);
        let subscription = match topics {
            None => Subscription::to_all(),
            Some(topics) => Subscription::to(bits(topics)),
        };
        let (next, anywhere) = match (start, &back) {
            (StartAt::Live, _) => (self.history.len() as u64, false),
            (StartAt::After(_), Some((_, after))) if value & 3 == 3 => (*after, false),
            _ => (0, true),
        };
        let told = match resumed {
            Resumed::Gap { missed } => missed,
            _ => 0,
        };
        let anywhere = anywhere || matches!(resumed, Resumed::Stale | Resumed::Unknown);
        let config = SessionConfig::new()
            .heartbeat(None)
            .burst(16 * usize::from(choice >> 5))
            .on_lag(if value & 64 == 64 { OnLag::Disconnect } else { OnLag::Skip })
            .resync((value & 32 == 32).then(|| EventType::new("resync").expect("a type")));
        self.clients.push(Client {
            id: self.subscribers.join_unlimited(subscription.at(cursor.position())),
            session: Session::resuming(config, cursor, resumed),
            topics,
            latest,
            next,
            end: self.history.len() as u64,
            anywhere,
            told,
            waits: false,
            last_id: None,
            decoder: Decoder::new(),
        });
    }

    fn disconnect(&mut self, choice: u8) {
        let Some(index) = self.index(choice) else { return };
        self.clients[index].session.handle_disconnect();
        self.remove(index);
    }

    fn remove(&mut self, index: usize) {
        let mut client = self.clients.remove(index);
        let end = match client.session.close_reason() {
            Some(CloseReason::Cut | CloseReason::Disconnected) => Output::Aborted,
            _ => Output::Closed,
        };
        assert_eq!(client.session.poll_output(self.now), end);
        assert_eq!(client.session.send(&Message::from("late")), Err(SendError::Closed));
        client.session.handle_log(&mut self.log, self.now);
        assert_eq!(client.session.poll_output(self.now), end);
        let position = client.session.position().expect("it reads from a log");
        match client.session.close_reason() {
            Some(CloseReason::Cut | CloseReason::Disconnected) => {}
            Some(CloseReason::Drained) => {
                assert!(position >= client.end, "drained at {position}, {} is the end", client.end);
                client.arrive(position, &self.history);
            }
            _ => client.arrive(position, &self.history),
        }
        self.subscribers.leave(client.id);
        self.left.extend(client.last_id);
    }

    /// Takes so many outputs of a client.
    fn poll(&mut self, choice: u8, most: usize) {
        let Some(index) = self.index(choice) else { return };
        let _ = self.subscribers.poll_drained(self.now);
        for _ in 0..most {
            let client = &mut self.clients[index];
            if self.subscribers.is_cut(client.id) {
                client.session.give_up(CloseReason::Cut);
            } else if let Some(farewell) = self.subscribers.farewell() {
                client.session.finish(Some(&farewell), CloseReason::Drained);
            }
            client.session.handle_log(&mut self.log, self.now);
            let output = client.session.poll_output(self.now);
            let position = client.session.position().expect("it reads from a log");
            match output {
                Output::Aborted | Output::Closed => return self.remove(index),
                Output::Heartbeat => panic!("nobody asked for it"),
                Output::Lagged { missed } => client.told += missed,
                Output::Transmit(bytes) => client.receive(&bytes, &self.history),
                Output::Wait { .. } => {
                    client.arrive(position, &self.history);
                    self.subscribers.wait(client.id, position);
                    client.waits = true;
                    return;
                }
            }
            self.subscribers.advance(self.clients[index].id, position);
        }
    }

    fn send(&mut self, choice: u8) {
        let Some(index) = self.index(choice) else { return };
        let client = &mut self.clients[index];
        let closed = client.session.is_closed();
        let sent = client.session.send(&Message::new().comment("between"));
        assert_eq!(sent == Err(SendError::Closed), closed);
        client.waits = false;
    }

    fn finish(&mut self, choice: u8, value: u8) {
        let Some(index) = self.index(choice) else { return };
        let session = &mut self.clients[index].session;
        match value & 1 {
            0 => session.close(None),
            _ => session.finish(Some(&Message::new().comment("bye")), CloseReason::Finished),
        }
        self.clients[index].waits = false;
    }

    /// Everything comes to its end, and everybody gets what is theirs.
    fn settle(&mut self) {
        self.log.close();
        self.wake_all();
        let limit = 4 * (self.history.len() + self.clients.len()) + 100;
        for _ in 0..limit {
            if self.clients.is_empty() {
                return;
            }
            self.poll(0, usize::MAX);
            assert!(self.clients.first().is_none_or(|client| !client.waits), "it waits for a log that is closed");
        }
        panic!("the sessions do not end");
    }

    fn wake_all(&mut self) {
        let mut woken = Vec::new();
        self.subscribers.wake_all(&mut woken);
        self.woken(&woken);
    }

    fn woken(&mut self, woken: &[SubscriberId]) {
        let different: BTreeSet<_> = woken.iter().collect();
        assert_eq!(different.len(), woken.len(), "somebody was woken twice");
        for client in &mut self.clients {
            if woken.contains(&client.id) {
                client.waits = false;
            }
        }
    }

    fn index(&self, choice: u8) -> Option<usize> {
        usize::from(choice).checked_rem(self.clients.len())
    }
}

impl Client {
    /// Keeps the books of what came.
    fn receive(&mut self, bytes: &[u8], history: &[(u8, Option<u8>)]) {
        let mut chunk = Chunk::new(bytes);
        let mut got = Vec::new();
        while let Some(event) = self.decoder.decode(&mut chunk).expect("no limit is passed") {
            if event.event_type() == "message" {
                let data: &str = event.data();
                let position: u64 = data.trim().parse().expect("a position");
                got.push((position, EventId::new(event.last_event_id()).expect("an ID")));
            }
        }
        for (position, id) in got {
            assert!(self.wants(history[position as usize].0), "{position} is not for this client");
            assert!(self.anywhere || position >= self.next, "{position} again or out of order: {} is next", self.next);
            self.arrive(position, history);
            self.next = position + 1;
            self.last_id = Some((id, position + 1));
        }
    }

    /// Everything before this position was there for the client, superseded, or reported as missed.
    fn arrive(&mut self, position: u64, history: &[(u8, Option<u8>)]) {
        let wanted = |at: u64| self.wants(history[at as usize].0);
        // A later message with the same key, which it wants as well, may have taken the place of one.
        let superseded = |at: u64| {
            let (_, key) = history[at as usize];
            let mut later = history[at as usize + 1..].iter();
            self.latest && key.is_some() && later.any(|(topics, other)| *other == key && self.wants(*topics))
        };
        if !self.anywhere {
            let left_out = (self.next..position).filter(|at| wanted(*at) && !superseded(*at)).count() as u64;
            assert!(left_out <= self.told, "{left_out} left out before {position}, {} told", self.told);
            if self.topics.is_none() && !self.latest {
                assert_eq!(left_out, self.told, "before {position}");
            }
        }
        self.told = 0;
        self.anywhere = false;
        self.next = self.next.max(position);
    }

    fn wants(&self, topics: u8) -> bool {
        self.topics.is_none_or(|wanted| topics == 0 || wanted & topics != 0)
    }
}
