//! Client and server together, under a virtual clock: what is published arrives once and in order, or a gap is reported.

use core::time::Duration;

use proptest::{collection::vec, prelude::*};
use sse_conformance::pair::{Break, Network, Pair, Told};
use sse_proto::{
    Limits,
    client::ClientConfig,
    server::{Heartbeat, LogConfig, OnLag, SessionConfig},
};

/// What happens, and how long after the thing before.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Cut(Break),
    Pass(u64),
    Publish(usize),
    Refuse(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => (1..60_usize).prop_map(Happening::Publish),
        4 => (0..3_000_u64).prop_map(Happening::Pass),
        1 => Just(Happening::Cut(Break::End)),
        1 => Just(Happening::Cut(Break::Death)),
        2 => (0..400_usize).prop_map(|arrives| Happening::Cut(Break::Reset { arrives })),
        1 => (0..5_000_u64).prop_map(Happening::Refuse),
    ]
}

fn network() -> impl Strategy<Value = Network> {
    (0..500_u64, 1..100_usize, prop_oneof![1..500_usize, Just(64 * 1024)]).prop_map(|(delay, piece, window)| Network {
        delay: Duration::from_millis(delay),
        piece,
        window,
    })
}

/// A client and a server whose log keeps so many events.
fn pair(kept: usize, on_lag: OnLag, burst: usize, network: Network) -> Pair {
    let client = ClientConfig::get("http://pair.test/")
        .expect("a URL")
        .idle_timeout(Duration::from_secs(5))
        .reconnection_time(Duration::from_millis(200))
        .limits(Limits::UNLIMITED);
    let session = SessionConfig::new().burst(burst).heartbeat(Heartbeat::quiet(Duration::from_secs(1))).on_lag(on_lag);
    Pair::new(client, LogConfig::new().events(kept), session, network)
}

/// Plays the script, and then leaves both in peace for as long as the longest wait. Returns how many were published.
fn play(pair: &mut Pair, script: &[Happening]) -> usize {
    let mut published = 0;
    for happening in script {
        match *happening {
            Happening::Cut(how) => pair.cut(how),
            Happening::Pass(millis) => pair.pass(Duration::from_millis(millis)),
            Happening::Publish(count) => {
                (0..count).for_each(|number| pair.publish(format!("{}", published + number)));
                published += count;
            }
            Happening::Refuse(millis) => pair.refuse(Duration::from_millis(millis)),
        }
    }
    pair.pass(Duration::from_secs(600));
    published
}

/// The number that a resync event says are missing.
fn missed(data: &str) -> usize {
    let said: serde_json::Value = serde_json::from_str(data).expect("resync events are JSON");
    usize::try_from(said["missed"].as_u64().expect("this log knows all IDs")).expect("a small number")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn everything_arrives_once_and_in_order_if_the_log_keeps_it(
        script in vec(happening(), 0..40),
        network in network(),
        burst in prop_oneof![Just(1_usize), 1..300_usize, Just(64 * 1024)],
    ) {
        let mut pair = pair(10_000, OnLag::Skip, burst, network);
        let published = play(&mut pair, &script);
        let received: Vec<usize> =
            pair.told().iter().filter_map(Told::data).map(|data| data.parse().expect("a number")).collect();
        prop_assert_eq!(received, (0..published).collect::<Vec<_>>());
    }

    #[test]
    fn what_a_short_log_has_lost_is_reported_to_the_number(
        script in vec(happening(), 0..40),
        network in network(),
        kept in 1..40_usize,
        on_lag in prop_oneof![Just(OnLag::Skip), Just(OnLag::Disconnect)],
    ) {
        let mut pair = pair(kept, on_lag, 100, network);
        let published = play(&mut pair, &script);
        let (mut next, mut reported) = (None, 0);
        for told in pair.told() {
            match told {
                // What was reported on a connection that brought no event is reported again on the next one.
                Told::Open => reported = 0,
                Told::Event { event_type, data } if event_type == "resync" => reported += missed(data),
                Told::Event { data, .. } => {
                    let number: usize = data.parse().expect("a number");
                    if let Some(next) = next {
                        prop_assert_eq!(number, next + reported, "in {:?}", pair.told());
                    }
                    (next, reported) = (Some(number + 1), 0);
                }
                Told::Lost => {}
                Told::Failed => prop_assert!(false, "nothing here is for good"),
            }
        }
        prop_assert_eq!(next.unwrap_or(0), published, "the last one is always kept: {:?}", pair.told());
    }
}

#[test]
fn a_dead_connection_is_found_by_its_silence() {
    let mut pair = pair(100, OnLag::Skip, 1000, Network::default());
    pair.pass(Duration::from_secs(1));
    pair.publish("a");
    pair.pass(Duration::from_secs(1));
    pair.cut(Break::Death);
    pair.publish("b");
    pair.pass(Duration::from_secs(4));
    let data = |pair: &Pair| pair.told().iter().filter_map(Told::data).map(String::from).collect::<Vec<_>>();
    assert_eq!(data(&pair), ["a"]);
    pair.pass(Duration::from_secs(4));
    assert_eq!(data(&pair), ["a", "b"]);
    assert_eq!(pair.requests(), 2);
}

#[test]
fn a_server_that_is_gone_for_a_day_is_not_pestered() {
    let mut pair = pair(100, OnLag::Skip, 1000, Network::default());
    pair.pass(Duration::from_secs(1));
    pair.refuse(Duration::from_secs(24 * 3600));
    pair.cut(Break::Reset { arrives: 0 });
    pair.publish("a");
    pair.pass(Duration::from_secs(24 * 3600));
    let asked = pair.requests();
    assert!((2_000..20_000).contains(&asked), "{asked} requests in a day");
    pair.pass(Duration::from_secs(60));
    assert_eq!(pair.told().last().and_then(Told::data), Some("a"));
}
