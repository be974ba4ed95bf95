//! A client that opens one session after the other.

use core::{future::poll_fn, ops::RangeInclusive, time::Duration};
use std::sync::{Arc, atomic::Ordering};

use proptest::test_runner::TestRng;
use serde_json::Value;
use sse_proto::{Chunk, Decoder};
use sse_tokio::{
    EventId, Session, SessionConfig, Text,
    server::{OnLag, Resumed},
};
use tokio::{task, time};

use crate::{
    FAREWELL, Round, TOPICS, USERS, below,
    history::{History, Record, Totals, Wanted, position},
    in_time,
};

#[derive(Debug)]
pub(crate) struct Client {
    id: u64,
    random: TestRng,
    pub(crate) wanted: Wanted,
    last_event_id: Option<EventId>,
    records: Vec<Record>,
}

impl Client {
    pub(crate) fn new(id: u64, random: TestRng) -> Self {
        let topics = match id % 3 {
            0 => Vec::new(),
            1 => vec![TOPICS[id as usize / 3 % 3]],
            _ => TOPICS[..2].to_vec(),
        };
        let wanted = Wanted { topics, latest: id % 4 == 3 };
        Self { id, random, wanted, last_event_id: None, records: Vec::new() }
    }

    /// Reads until a session that began after the last message has come to its end.
    pub(crate) async fn live(mut self, round: Arc<Round>) -> Self {
        loop {
            let is_last = round.is_ending.load(Ordering::SeqCst);
            let session = self.open(&round);
            let has_farewell = self.read(&round, session, is_last).await;
            if is_last {
                assert_eq!(has_farewell, !round.log.is_closed(), "client {}", self.id);
                return self;
            }
        }
    }

    /// Opens a session after the last event.
    fn open(&mut self, round: &Round) -> Session {
        let config = SessionConfig::new()
            .heartbeat(None)
            .burst(1 << below(&mut self.random, 14))
            .on_lag([OnLag::Skip, OnLag::Disconnect][below(&mut self.random, 2) as usize]);
        let mut subscribe = round.log.session().config(config);
        if !self.wanted.topics.is_empty() {
            subscribe = subscribe.topics(self.wanted.topics.iter().copied());
        }
        if self.wanted.latest {
            subscribe = subscribe.latest();
        }
        if self.id < 2 {
            subscribe = subscribe.awaited(32);
        }
        let earliest = round.published.load(Ordering::SeqCst);
        let subscribe = subscribe.after(self.last_event_id.as_ref());
        let session = if self.id.is_multiple_of(2) {
            let user = USERS[self.id as usize / 2 % USERS.len()];
            subscribe.key(user).open_at_most(3).expect("the user's other sessions have left")
        } else {
            subscribe.open()
        };
        let latest = round.begun.load(Ordering::SeqCst);
        let start = self.start(round, earliest..=latest);
        let is_stale = *start.start() == 0 && self.last_event_id.is_some();
        assert_eq!(session.resumed() == Resumed::Stale, is_stale, "client {}: {:?}", self.id, session.resumed());
        self.see(round, if is_stale { 0 } else { *start.end() });
        self.records.push(Record::Opened { start });
        session
    }

    fn see(&self, round: &Round, end: u64) {
        round.seen[self.id as usize].store(end, Ordering::SeqCst);
    }

    /// Where a session has to start that is opened while the log ends at `end`.
    fn start(&self, round: &Round, end: RangeInclusive<u64>) -> RangeInclusive<u64> {
        match self.last_event_id.as_ref().and_then(|id| position(id.as_str())) {
            None => end,
            Some((epoch, position)) if epoch == round.epoch => position + 1..=position + 1,
            // At the oldest message, which may be any.
            Some(_) => 0..=*end.end(),
        }
    }

    /// Reads a session, and leaves it early, or reads slowly, unless it is the last. Returns whether the session ended
    /// with a farewell.
    async fn read(&mut self, round: &Round, mut session: Session, is_last: bool) -> bool {
        let mut decoder = Decoder::new();
        let mut patience = if is_last { u64::MAX } else { below(&mut self.random, 64) };
        let is_slow = !is_last && below(&mut self.random, 4) == 0;
        let mut has_farewell = false;
        while patience > 0 {
            patience -= 1;
            let Some(Ok(bytes)) = in_time("a session", poll_fn(|cx| session.poll_bytes(cx))).await else {
                return has_farewell;
            };
            assert!(!has_farewell, "client {} receives something after the farewell", self.id);
            let mut chunk = Chunk::new(&bytes[..]);
            while let Some(event) = decoder.decode(&mut chunk).expect("no limit is exceeded") {
                match event.event_type() {
                    FAREWELL => has_farewell = true,
                    SessionConfig::RESYNC => self.records.push(resync(event.data())),
                    _ => {
                        let id = EventId::new(Text::from(event.last_event_id())).expect("an ID");
                        let (epoch, position) = position(event.last_event_id()).expect("an ID of the log");
                        assert_eq!(epoch, round.epoch);
                        self.records.push(Record::Event { position });
                        self.last_event_id = Some(id);
                        self.see(round, position + 1);
                    }
                }
            }
            if is_slow {
                time::sleep(Duration::from_millis(below(&mut self.random, 4))).await;
            } else if below(&mut self.random, 4) == 0 {
                task::yield_now().await;
            }
        }
        false
    }

    /// Judges what was received in a round, and forgets it.
    pub(crate) fn judge(&mut self, history: &History, epoch: u64, totals: &mut Totals) {
        let records = core::mem::take(&mut self.records);
        if let Err(fault) = history.judge(&self.wanted, &records) {
            panic!("client {} in round {epoch}, which wants {:?}: {fault}; {records:?}", self.id, self.wanted);
        }
        for record in &records {
            match record {
                Record::Opened { .. } => totals.sessions += 1,
                Record::Event { .. } => totals.events += 1,
                Record::Resync { reason, missed } => {
                    totals.missed += missed;
                    match &**reason {
                        "gap" => totals.gaps += 1,
                        "lagged" => totals.lagged += 1,
                        "stale" => totals.stale += 1,
                        _ => panic!("client {} gets a report of reason {reason}", self.id),
                    }
                }
            }
        }
    }
}

fn resync(data: &str) -> Record {
    let report: Value = serde_json::from_str(data).expect("JSON");
    let reason = report["reason"].as_str().expect("a reason").into();
    Record::Resync { reason, missed: report["missed"].as_u64().unwrap_or(0) }
}
