//! Topics, filters, ages and the readers of a log.

use core::time::Duration;
use std::collections::BTreeSet;

use sse_proto::{
    Chunk, Decoder, EventId, EventType, Message, Retry, Text, Timestamp,
    server::{
        Cursor, DrainConfig, DrainProgress, Drained, EventLog, Interest, LogConfig, LogRead, Publication, Resumed,
        StartAt, Subscribers, Subscription, TooManySessions,
    },
};

const START: Timestamp = Timestamp::from_millis(0);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1000 * seconds)
}

/// The data of everything that the reader gets, `!` for what it is told to have missed.
fn read(log: &mut EventLog, cursor: &mut Cursor) -> String {
    let mut all = String::new();
    loop {
        match log.read(cursor, 64) {
            LogRead::Events(bytes) => {
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                all.extend(text.lines().filter_map(|line| line.strip_prefix("data: ")));
            }
            LogRead::Lagged { missed } => all += &format!("!{missed} "),
            LogRead::Closed | LogRead::UpToDate => return all,
        }
    }
}

fn publish(log: &mut EventLog, topics: &str, data: &'static str) {
    let topics = topics.chars().map(String::from);
    log.publish(Publication::new(data).to(topics), START).unwrap();
}

#[test]
fn a_subscriber_to_nothing_is_woken_only_with_everybody_and_ends_with_everybody() {
    let mut subscribers = Subscribers::default();
    let fed = subscribers.join(Subscription::to_none().key("ann")).unwrap();
    let reader = subscribers.join(Subscription::to(["a"])).unwrap();
    let wait = |subscribers: &mut Subscribers| {
        subscribers.wait(fed, u64::MAX);
        subscribers.wait(reader, 0);
    };
    wait(&mut subscribers);
    let mut woken = Vec::new();
    subscribers.wake(&[], &mut woken);
    subscribers.wake(&["a".into()], &mut woken);
    assert_eq!(woken, [reader]);
    assert_eq!((subscribers.len(), subscribers.with_key("ann"), subscribers.in_topic("a")), (2, 1, 1));

    woken.clear();
    wait(&mut subscribers);
    subscribers.drain(DrainConfig::new(), 0, START);
    subscribers.wake_all(&mut woken);
    assert_eq!(woken.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&fed, &reader]));
    subscribers.leave(reader);
    assert!(matches!(subscribers.poll_drained(at(1)), DrainProgress::Waiting { .. }));
    assert!(!subscribers.is_cut(fed));
    let DrainProgress::Done(drained) = subscribers.poll_drained(at(10)) else { panic!("after the deadline") };
    assert_eq!((drained.sessions, &drained.cut[..]), (2, &[Some(Text::from("ann"))][..]));
    assert!(subscribers.is_cut(fed));
}

#[test]
fn a_reader_gets_the_messages_to_its_topics_and_to_all_once_and_in_order() {
    let mut log = EventLog::new(LogConfig::new());
    let mut subscribe = |topics: &str| {
        let interest = Interest::all().topics(topics.chars().map(String::from));
        log.subscribe_to(interest, StartAt::Live, START).0
    };
    let mut readers = [subscribe("a"), subscribe("b"), subscribe("ab"), subscribe("c"), subscribe("")];
    let mut everything = log.subscribe(StartAt::Live, START).0;
    for (topics, data) in [("a", "1"), ("b", "2"), ("ab", "3"), ("", "4"), ("a", "5"), ("x", "6"), ("ba", "7")] {
        publish(&mut log, topics, data);
    }
    let got: Vec<String> = readers.iter_mut().map(|cursor| read(&mut log, cursor)).collect();
    assert_eq!(got, ["13457", "2347", "123457", "4", "4"]);
    assert_eq!(read(&mut log, &mut everything), "1234567");
    publish(&mut log, "b", "8");
    let got: Vec<String> = readers.iter_mut().map(|cursor| read(&mut log, cursor)).collect();
    assert_eq!(got, ["", "8", "8", "", ""]);
}

#[test]
fn readers_of_the_same_topics_share_what_was_gathered_from_their_own_places_on() {
    let mut log = EventLog::new(LogConfig::new());
    let at = |log: &mut EventLog, position: u64| {
        let id = EventId::from(position);
        log.subscribe_to(Interest::all().topics(["a"]), StartAt::After(&id), START).0
    };
    for (topics, data) in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"), ("a", "5"), ("b", "6"), ("a", "7")] {
        publish(&mut log, topics, data);
    }
    for (after, expected) in [(2, "357"), (1, "357"), (4, "57"), (3, "57"), (6, "7"), (7, "")] {
        let mut cursor = at(&mut log, after);
        assert_eq!(read(&mut log, &mut cursor), expected, "after {after}");
    }
    let (mut late, mut early) = (at(&mut log, 4), at(&mut log, 1));
    publish(&mut log, "a", "8");
    assert_eq!((read(&mut log, &mut late), read(&mut log, &mut early)), ("578".into(), "3578".into()));
}

#[test]
fn one_id_resumes_all_topics_of_a_reader() {
    let mut log = EventLog::new(LogConfig::new());
    for (topics, data) in [("a", "1"), ("b", "2"), ("c", "3"), ("a", "4"), ("c", "5"), ("b", "6")] {
        publish(&mut log, topics, data);
    }
    let id = EventId::from(2);
    let (mut cursor, resumed) = log.subscribe_to(Interest::all().topics(["a", "b"]), StartAt::After(&id), START);
    assert_eq!(resumed, Resumed::Exact);
    assert_eq!(read(&mut log, &mut cursor), "46");
}

#[test]
fn a_reader_of_a_rare_topic_misses_only_what_it_wanted() {
    let mut log = EventLog::new(LogConfig::new().events(3));
    let rare = || Interest::all().topics(["r"]);
    publish(&mut log, "r", "1");
    let mut up_to_date = log.subscribe_to(rare(), StartAt::Live, START).0;
    let mut behind = log.subscribe_to(rare(), StartAt::Oldest, START).0;
    for _ in 0..10 {
        publish(&mut log, "o", "x");
    }
    assert_eq!(read(&mut log, &mut up_to_date), "");
    assert_eq!(read(&mut log, &mut behind), "!8 ");
    let resumed = log.subscribe_to(rare(), StartAt::After(&EventId::from(1)), START).1;
    assert_eq!(resumed, Resumed::Exact);
    publish(&mut log, "r", "2");
    assert_eq!(read(&mut log, &mut up_to_date), "2");
    for _ in 0..5 {
        publish(&mut log, "o", "x");
    }
    let resumed = log.subscribe_to(rare(), StartAt::After(&EventId::from(2)), START).1;
    assert!(matches!(resumed, Resumed::Gap { .. }), "{resumed:?}");
}

#[test]
fn topics_without_messages_are_forgotten_and_no_gap_with_them() {
    let mut log = EventLog::new(LogConfig::new().events(4));
    let mut cursor = log.subscribe_to(Interest::all().topics(["first"]), StartAt::Live, START).0;
    log.publish(Publication::new("lost").to(["first"]), START).unwrap();
    for number in 0..1000 {
        log.publish(Publication::new("x").to([format!("topic {number}")]), START).unwrap();
    }
    assert!(read(&mut log, &mut cursor).starts_with('!'));

    // Nor is it when the topic has messages again.
    let mut cursor = Cursor::new(0, Interest::all().topics(["first"]));
    log.publish(Publication::new("again").to(["first"]), START).unwrap();
    assert!(read(&mut log, &mut cursor).ends_with(" again"));
}

#[test]
fn a_filter_is_asked_for_each_message_replayed_or_live() {
    let mut log = EventLog::new(LogConfig::new());
    for (topics, data) in [("a", "1"), ("s", "2"), ("", "3"), ("as", "4")] {
        publish(&mut log, topics, data);
    }
    let public = |entry: &sse_proto::server::Entry<'_>| !entry.topics().contains(&Text::from("s"));
    let (mut cursor, _) = log.subscribe_to(Interest::all().filter(public), StartAt::Oldest, START);
    assert_eq!(read(&mut log, &mut cursor), "13");
    publish(&mut log, "s", "5");
    publish(&mut log, "a", "6");
    assert_eq!(read(&mut log, &mut cursor), "6");
    assert_eq!(cursor.passed_over().withheld, 3);

    let content = |entry: &sse_proto::server::Entry<'_>| entry.encoded().starts_with(b"data: 3\n");
    let interest = Interest::all().topics(["a"]).filter(content);
    let (mut cursor, _) = log.subscribe_to(interest, StartAt::Oldest, START);
    assert_eq!(read(&mut log, &mut cursor), "3");
}

#[test]
fn messages_are_kept_for_their_time() {
    let mut log = EventLog::new(LogConfig::new().age(Duration::from_secs(10)));
    log.publish("1", at(0)).unwrap();
    log.publish("2", at(5)).unwrap();
    assert_eq!(log.subscribe(StartAt::After(&EventId::from(1)), at(9)).1, Resumed::Exact);
    log.expire(at(10));
    assert_eq!(log.len(), 1);
    assert_eq!(log.subscribe(StartAt::After(&EventId::from(1)), at(14)).1, Resumed::Exact);
    assert_eq!(log.subscribe(StartAt::After(&EventId::from(1)), at(15)).1, Resumed::Gap { missed: 1 });
    assert!(log.is_empty());
    assert_eq!(log.bytes(), 0);
    log.publish("3", at(16)).unwrap();
    let mut cursor = log.subscribe(StartAt::Oldest, at(16)).0;
    assert_eq!(read(&mut log, &mut cursor), "3");
}

#[test]
fn those_who_wait_are_woken_once_and_only_for_what_they_want() {
    let mut subscribers = Subscribers::default();
    let all = subscribers.join_unlimited(Subscription::to_all());
    let a = subscribers.join_unlimited(Subscription::to(["a"]));
    let ab = subscribers.join_unlimited(Subscription::to(["b", "a"]));
    let wake = |subscribers: &mut Subscribers, topics: &[&'static str]| {
        let topics: Vec<Text> = topics.iter().map(|topic| Text::from(*topic)).collect();
        let mut woken = Vec::new();
        subscribers.wake(&topics, &mut woken);
        woken.sort_unstable();
        woken
    };
    assert_eq!(wake(&mut subscribers, &["a"]), []);
    for id in [all, a, ab] {
        subscribers.wait(id, 0);
        subscribers.wait(id, 0);
    }
    assert_eq!(wake(&mut subscribers, &["b", "c"]), [all, ab]);
    assert_eq!(wake(&mut subscribers, &["a", "b"]), [a]);
    assert_eq!(wake(&mut subscribers, &["a"]), []);
    subscribers.wait(ab, 0);
    subscribers.wait(a, 0);
    assert_eq!(wake(&mut subscribers, &[]), [a, ab]);
    subscribers.wait(ab, 0);
    subscribers.leave(ab);
    assert_eq!(wake(&mut subscribers, &["a", "b"]), []);
    assert_eq!((subscribers.in_topic("a"), subscribers.in_topic("b"), subscribers.len()), (1, 0, 2));
    // The number is another's now, who is woken for its own topics and not for those of the one before.
    let c = subscribers.join_unlimited(Subscription::to(["c"]));
    subscribers.wait(c, 0);
    assert_eq!(wake(&mut subscribers, &["b"]), []);
    assert_eq!(wake(&mut subscribers, &["c"]), [c]);
}

#[test]
fn sessions_with_one_key_may_be_limited() {
    let mut subscribers = Subscribers::default();
    let own = || Subscription::to_all().key("user 7").at_most(2);
    let first = subscribers.join(own()).unwrap();
    subscribers.join(own()).unwrap();
    assert_eq!(subscribers.join(own()), Err(TooManySessions { sessions: 2, most: 2 }));
    assert!(subscribers.join(Subscription::to_all().key("user 8").at_most(2)).is_ok());
    subscribers.leave(first);
    assert!(subscribers.join(own()).is_ok());
    assert_eq!(subscribers.of_key("user 7").count(), 2);
}

#[test]
fn only_readers_that_are_to_be_waited_for_hold_a_publisher_back() {
    let mut subscribers = Subscribers::default();
    let slow = subscribers.join_unlimited(Subscription::to_all());
    subscribers.wait(slow, 0);
    assert!(subscribers.keep_up(1000));
    let awaited = subscribers.join_unlimited(Subscription::to_all().awaited(10).at(1000));
    assert!(subscribers.keep_up(1000));
    assert!(subscribers.keep_up(1009));
    assert!(!subscribers.keep_up(1010));
    subscribers.advance(awaited, 1001);
    assert!(subscribers.keep_up(1010));
    subscribers.leave(awaited);
    assert!(subscribers.keep_up(2000));
}

#[test]
fn a_drain_says_farewell_with_spread_out_times_and_tells_who_was_cut() {
    let mut subscribers = Subscribers::default();
    let ids: Vec<_> = (0..20)
        .map(|number| subscribers.join_unlimited(Subscription::to_all().key(format!("user {number}"))))
        .collect();
    assert_eq!(subscribers.poll_drained(START), DrainProgress::NotBegun);
    assert_eq!(subscribers.farewell(), None);
    let farewell = Message::new().event(EventType::new("bye").unwrap());
    let config = DrainConfig::new().farewell(farewell.clone());
    subscribers.drain(config, 1, START);
    let told: Vec<Message> = ids.iter().filter_map(|_| subscribers.farewell()).collect();
    let times: Vec<u64> =
        (1000..=10_000).filter(|millis| told.contains(&farewell.clone().retry(Retry::from_millis(*millis)))).collect();
    assert!(times.len() > 15 && times[0] < 3000 && times[times.len() - 1] > 8000, "{times:?}");
    for id in &ids[2..] {
        subscribers.leave(*id);
    }
    assert_eq!(subscribers.poll_drained(at(9)), DrainProgress::Waiting { until: at(10) });
    assert!(!subscribers.is_cut(ids[0]));
    let cut = vec![Some("user 0".into()), Some("user 1".into())];
    let DrainProgress::Done(drained) = subscribers.poll_drained(at(10)) else { panic!("the deadline has come") };
    assert_eq!((drained.sessions, drained.cut), (20, cut));
    assert!(subscribers.is_cut(ids[0]) && subscribers.is_cut(ids[1]));
    let late = subscribers.join_unlimited(Subscription::to_all());
    assert!(subscribers.farewell().is_some() && !subscribers.is_cut(late));

    let mut nobody = Subscribers::default();
    nobody.drain(DrainConfig::new(), 1, START);
    assert_eq!(nobody.poll_drained(START), DrainProgress::Done(Drained::default()));
}

/// Numbers of readers are used again, and those who come one after the other during a drain come back together otherwise.
#[test]
fn clients_that_come_one_after_the_other_during_a_drain_are_spread_out() {
    let mut subscribers = Subscribers::default();
    let (least, spread) = (Duration::from_secs(1), Duration::from_secs(9));
    subscribers.drain(DrainConfig::new().retry(least).spread(spread), 1, START);
    let times: BTreeSet<Duration> = (0..1000)
        .map(|_| {
            let id = subscribers.join_unlimited(Subscription::to_all());
            let farewell = subscribers.farewell().unwrap();
            subscribers.leave(id);
            let mut decoder = Decoder::new();
            let bytes = farewell.to_bytes();
            assert!(decoder.decode(&mut Chunk::new(&bytes[..])).unwrap().is_none());
            decoder.retry().unwrap().as_duration()
        })
        .collect();
    assert!(times.iter().all(|time| (least..=least + spread).contains(time)));
    assert!(times.len() > 800, "{} different times", times.len());
}
