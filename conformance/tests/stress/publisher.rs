//! Those who publish, and those who end sessions.

use std::{sync::Arc, sync::atomic::Ordering, thread, time::Duration};

use proptest::test_runner::TestRng;
use sse_tokio::Publication;

use crate::{MESSAGES, Round, STALLED, TOPICS, USERS, below};

/// A message to one topic or to all, about one of two things or of nothing.
pub(crate) fn publication(random: &mut TestRng) -> (Publication, Option<&'static str>, Option<u64>) {
    let topic = TOPICS.get(below(random, 4) as usize).copied();
    let key = Some(below(random, 4)).filter(|key| *key < 2);
    let publication = Publication::new("x".repeat(below(random, 300) as usize)).to(topic);
    match key {
        None => (publication, topic, key),
        Some(name) => (publication.key(format!("{name}")), topic, key),
    }
}

/// Publishes in bursts.
pub(crate) fn publish(round: &Round, mut random: TestRng) {
    for _ in 0..MESSAGES {
        let (publication, topic, key) = publication(&mut random);
        round.publish(publication, topic, key);
        if below(&mut random, 16) == 0 {
            thread::sleep(Duration::from_micros(below(&mut random, 500)));
        }
    }
}

/// Publishes when the awaited readers keep up.
pub(crate) async fn publish_awaiting(round: Arc<Round>, mut random: TestRng) {
    for _ in 0..MESSAGES / 8 {
        let (publication, topic, key) = publication(&mut random);
        round.begun.fetch_add(1, Ordering::SeqCst);
        let id = round.log.publish_awaiting(publication, 2 * STALLED).await.expect("room").expect("an ID");
        round.keep(id.as_str(), topic, key);
    }
}

/// Ends the sessions of a user now and then.
pub(crate) fn disconnect(round: &Round, mut random: TestRng) {
    for _ in 0..8 {
        thread::sleep(Duration::from_millis(1 + below(&mut random, 8)));
        round.log.disconnect(USERS[below(&mut random, USERS.len() as u64) as usize]);
    }
}
