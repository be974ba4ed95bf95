//! Many threads publish to one log while many sessions come, leave, fall behind and resume; what each client received is
//! judged afterwards by what was published.
//!
//! Two seconds by default. `SSE_STRESS_SECONDS=60` takes longer, `SSE_STRESS_SEED=7` takes other random decisions, and
//! with ThreadSanitizer it looks for data races (CONTRIBUTING.md has the command).

mod client;
mod history;
mod publisher;

use std::{
    env,
    future::Future,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use proptest::{
    prelude::Rng,
    test_runner::{RngAlgorithm, TestRng},
};
use sse_tokio::{
    EventLog, EventType, Message, Publication,
    server::{DrainConfig, LogConfig},
};
use tokio::{runtime, time};

use crate::{
    client::Client,
    history::{History, Totals, Wanted},
};

const CLIENTS: u64 = 24;
const PUBLISHERS: u64 = 4;
/// The number of messages that each publisher has in a round.
const MESSAGES: u64 = 400;
/// The number of messages at the end of a round for each of which all sessions are waited for.
const SINGLE_MESSAGES: u64 = 32;
const TOPICS: [&str; 3] = ["a", "b", "c"];
/// The keys of sessions.
const USERS: [&str; 4] = ["ann", "bob", "cy", "di"];
/// Type of the last event of a session that drains.
const FAREWELL: &str = "farewell";
/// Nothing in this test takes so long, so that a wait of this time is one for a wake-up that never comes.
const STALLED: Duration = Duration::from_secs(60);

/// One log, from its first message until its last session has left.
struct Round {
    /// The epoch of the log's IDs.
    epoch: u64,
    log: EventLog,
    /// The number of messages whose publication has begun, and the number of those for which it has returned.
    begun: AtomicU64,
    published: AtomicU64,
    /// What has been published, at its position in the log.
    history: RwLock<History>,
    /// The position up to which each client has everything.
    seen: [AtomicU64; CLIENTS as usize],
    /// No message follows, and the log drains or is closed.
    is_ending: AtomicBool,
}

#[test]
fn no_event_is_lost_repeated_or_late_without_a_report() {
    let number = |name, default| env::var(name).map_or(default, |value| value.parse().expect("a number"));
    let seconds = Duration::from_secs(number("SSE_STRESS_SECONDS", 2));
    let seed = number("SSE_STRESS_SEED", 1);
    let runtime = runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().expect("a runtime");
    let mut clients: Vec<Client> = (0..CLIENTS).map(|id| Client::new(id, random(seed, 0, id))).collect();
    let mut totals = Totals::default();
    let (start, mut rounds) = (Instant::now(), 0);
    while rounds < 4 || start.elapsed() < seconds {
        rounds += 1;
        clients = run_round(&runtime, seed, rounds, clients, &mut totals);
    }
    println!("{rounds} rounds with seed {seed} in {:.1} s: {totals:?}", start.elapsed().as_secs_f64());
    // Nothing has been tested that did not happen.
    let Totals { events, sessions, lagged, gaps, stale, .. } = totals;
    assert!(events > rounds * MESSAGES && sessions > rounds * CLIENTS * 2, "{totals:?}");
    assert!(lagged > 0 && gaps > 0 && stale > 0, "{totals:?}");
}

fn run_round(
    runtime: &runtime::Runtime,
    seed: u64,
    epoch: u64,
    clients: Vec<Client>,
    totals: &mut Totals,
) -> Vec<Client> {
    let events = [64, 256, 4096][epoch as usize % 3];
    let config = LogConfig::new().events(events).bytes(256 * events).epoch(epoch);
    let round = Arc::new(Round {
        epoch,
        log: runtime.block_on(async { EventLog::new(config) }),
        begun: AtomicU64::new(0),
        published: AtomicU64::new(0),
        history: RwLock::default(),
        seen: Default::default(),
        is_ending: AtomicBool::new(false),
    });
    let wanted: Vec<_> = clients.iter().map(|client| client.wanted.clone()).collect();
    let tasks: Vec<_> = clients.into_iter().map(|client| runtime.spawn(client.live(Arc::clone(&round)))).collect();
    let awaiting = runtime.spawn(publisher::publish_awaiting(Arc::clone(&round), random(seed, epoch, PUBLISHERS)));
    thread::scope(|scope| {
        for publisher in 0..PUBLISHERS {
            let random = random(seed, epoch, publisher);
            scope.spawn(|| publisher::publish(&round, random));
        }
        scope.spawn(|| publisher::disconnect(&round, random(seed, epoch, PUBLISHERS + 1)));
    });
    runtime.block_on(async {
        in_time("publishing", awaiting).await.expect("the publisher has not panicked");
        let mut random = random(seed, epoch, PUBLISHERS + 2);
        for _ in 0..SINGLE_MESSAGES {
            let (publication, topic, key) = publisher::publication(&mut random);
            round.publish(publication, topic, key);
            in_time("a session that was not woken", round.everybody_has_everything(&wanted)).await;
        }
        round.is_ending.store(true, Ordering::SeqCst);
        if epoch.is_multiple_of(2) {
            round.log.close();
        } else {
            let farewell = Message::from("bye").event(EventType::new(FAREWELL).expect("a type"));
            let config = DrainConfig::new().farewell(farewell).timeout(2 * STALLED);
            let drained = in_time("the drain", round.log.drain(config)).await;
            assert!(drained.cut.is_empty(), "{drained:?}");
        }
        let mut clients = Vec::new();
        for task in tasks {
            clients.push(in_time("a client", task).await.expect("the client has not panicked"));
        }
        assert_eq!(round.log.sessions(), 0);
        for topic in TOPICS {
            assert_eq!(round.log.sessions_in(topic), 0, "{topic}");
        }
        for user in USERS {
            assert_eq!(round.log.sessions_of(user), 0, "{user}");
        }
        let history = round.history.read().unwrap_or_else(PoisonError::into_inner);
        totals.published += history.len();
        for client in &mut clients {
            client.judge(&history, epoch, totals);
        }
        clients
    })
}

impl Round {
    /// Counts a publication and keeps where it went. A position is known only after other publishers may have gone on.
    fn publish(&self, publication: Publication, topic: Option<&'static str>, key: Option<u64>) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let id = self.log.publish(publication).expect("room").expect("an ID");
        self.keep(id.as_str(), topic, key);
    }

    fn keep(&self, id: &str, topic: Option<&'static str>, key: Option<u64>) {
        self.published.fetch_add(1, Ordering::SeqCst);
        let (epoch, position) = history::position(id).expect("an ID of the log");
        assert_eq!(epoch, self.epoch);
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        history.insert(position, topic, key);
    }

    /// Waits until each client has read up to the last message that it wants. Nothing wakes the sessions meanwhile, so
    /// that one which has missed its wake-up stays behind.
    async fn everybody_has_everything(&self, wanted: &[Wanted]) {
        let ends: Vec<u64> = {
            let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
            wanted.iter().map(|wanted| history.end_for(wanted)).collect()
        };
        while self.seen.iter().zip(&ends).any(|(seen, end)| seen.load(Ordering::SeqCst) < *end) {
            time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Waits for what must not take long.
async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    time::timeout(STALLED, future).await.unwrap_or_else(|_| panic!("{what} stalls"))
}

/// Random decisions for one actor of one round.
fn random(seed: u64, round: u64, actor: u64) -> TestRng {
    let words = [seed, round, actor, 0].map(u64::to_le_bytes);
    TestRng::from_seed(RngAlgorithm::ChaCha, words.as_flattened())
}

/// A number below `bound`.
fn below(random: &mut TestRng, bound: u64) -> u64 {
    random.next_u64() % bound
}
