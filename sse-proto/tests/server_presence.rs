//! Who is there, who has what, and whose an ID is.

use sse_proto::{
    EventId, Message, Text, Timestamp,
    server::{
        EventLog, Interest, LogConfig, LogRead, Publication, Resumed, StartAt, SubscriberId, Subscribers, Subscription,
    },
};

const NOW: Timestamp = Timestamp::from_millis(0);

fn texts(names: &[&'static str]) -> Vec<Text> {
    names.iter().map(|name| Text::from(*name)).collect()
}

#[test]
fn a_key_enters_a_topic_with_its_first_session_and_leaves_with_its_last() {
    let mut subscribers = Subscribers::default();
    let mut join = |subscription| subscribers.join(subscription).unwrap();
    let first = join(Subscription::to(["a", "b"]).key("ann"));
    let second = join(Subscription::to(["b", "c"]).key("ann"));
    let all = join(Subscription::to_all().key("ann"));
    let bob = join(Subscription::to(["b"]).key("bob"));
    let nobody = join(Subscription::to(["b"]));
    let fed = join(Subscription::to_none().key("cem"));

    let topics = |names: &[&'static str]| texts(names).into_iter().map(Some).collect::<Vec<_>>();
    let alone = |subscribers: &Subscribers, id: SubscriberId| subscribers.alone_in(id);
    assert_eq!(alone(&subscribers, first), topics(&["a"]));
    assert_eq!(alone(&subscribers, second), topics(&["c"]));
    assert_eq!(alone(&subscribers, all), [None]);
    assert_eq!(alone(&subscribers, bob), topics(&["b"]));
    assert_eq!((alone(&subscribers, nobody), alone(&subscribers, fed)), (vec![], vec![]));
    assert_eq!(subscribers.keys_in("b"), texts(&["ann", "bob"]));
    assert_eq!((subscribers.keys_in("c"), subscribers.keys_in("d")), (texts(&["ann"]), vec![]));
    assert!(subscribers.keys().eq(&texts(&["ann", "bob", "cem"])));
    assert!(subscribers.of_key("ann").eq([first, second, all]));

    subscribers.leave(second);
    assert_eq!(alone(&subscribers, first), topics(&["a", "b"]));
    assert_eq!(alone(&subscribers, second), vec![], "it has left");
    subscribers.leave(first);
    assert_eq!(subscribers.keys_in("b"), texts(&["bob"]));
    subscribers.leave(all);
    assert!(subscribers.keys().eq(&texts(&["bob", "cem"])));
    assert_eq!((subscribers.with_key("ann"), subscribers.of_key("ann").count()), (0, 0));
}

#[test]
fn a_reader_is_late_until_it_has_what_it_wants() {
    let mut subscribers = Subscribers::default();
    let a = subscribers.join(Subscription::to(["a"])).unwrap();
    let b = subscribers.join(Subscription::to(["b"])).unwrap();
    subscribers.join(Subscription::to_none()).unwrap();
    let publish = |subscribers: &mut Subscribers, topic: &'static str| {
        subscribers.wake(&[topic.into()], &mut Vec::new());
    };
    for id in [a, b] {
        subscribers.wait(id, 0);
    }
    assert_eq!(subscribers.late(1), 0);
    publish(&mut subscribers, "a");
    assert_eq!(subscribers.late(1), 1);
    // It takes the message, and has transmitted it by the next time.
    subscribers.advance(a, 0);
    assert_eq!(subscribers.late(1), 1);
    subscribers.advance(a, 1);
    assert_eq!(subscribers.late(1), 0);
    publish(&mut subscribers, "b");
    assert_eq!(subscribers.late(2), 2, "nothing is known about one that does not wait");
    assert_eq!(subscribers.lag(2), 2);
    subscribers.wait(a, 2);
    assert_eq!(subscribers.late(2), 1);
    subscribers.leave(b);
    assert_eq!((subscribers.late(2), subscribers.lag(2)), (0, 0));
}

#[test]
fn the_topics_of_an_id_are_those_of_its_message_as_long_as_that_is_kept() {
    let mut log = EventLog::new(LogConfig::new().events(3).epoch(7));
    let mut publish = |publication: Publication| log.publish(publication, NOW).unwrap().unwrap();
    let gone = publish(Publication::new("0").to(["a"]));
    let both = publish(Publication::new("1").to(["b", "a"]));
    let all = publish(Publication::new("2"));
    let given = publish(Publication::new(Message::from("3").id(EventId::new("own").unwrap())).to(["c"]));
    assert_eq!(log.topics_of(&both), Some(&texts(&["a", "b"])[..]));
    assert_eq!(log.topics_of(&all), Some(&[][..]));
    assert_eq!(log.topics_of(&given), Some(&texts(&["c"])[..]));
    for id in [gone, EventId::new("7-5").unwrap(), EventId::new("6-2").unwrap(), EventId::unusable()] {
        assert_eq!(log.topics_of(&id), None, "{id:?}");
    }
}

#[test]
fn an_id_that_is_held_to_topics_is_unknown_to_others() {
    let mut log = EventLog::new(LogConfig::new().events(4).epoch(7));
    for (data, topic) in [("0", "a"), ("1", "a"), ("2", "b"), ("3", "a"), ("4", "b")] {
        log.publish(Publication::new(data).to([topic]), NOW).unwrap();
    }
    let everybody = log.publish("5", NOW).unwrap().unwrap();
    let read = |log: &mut EventLog, id: &EventId| {
        let interest = Interest::all().topics(["a"]);
        let start = StartAt::After(id).held_to(&interest, log);
        let (mut cursor, resumed) = log.subscribe_to(interest, start, NOW);
        let LogRead::Events(bytes) = log.read(&mut cursor, 1024) else { return (resumed, String::new()) };
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        (resumed, text.lines().filter_map(|line| line.strip_prefix("data: ")).collect())
    };

    let id = |number: u32| EventId::new(format!("7-{number}")).unwrap();
    assert_eq!(read(&mut log, &id(4)), (Resumed::Exact, String::from("5")));
    // Without the hold, the event before it would be lost without a word.
    let (_, resumed) = log.subscribe_to(Interest::all().topics(["a"]), StartAt::After(&id(5)), NOW);
    assert_eq!(resumed, Resumed::Exact);
    assert_eq!(read(&mut log, &id(5)), (Resumed::Unknown, String::from("35")));
    assert_eq!(read(&mut log, &everybody), (Resumed::Exact, String::new()));
    // What is gone is not held against anybody.
    assert_eq!(read(&mut log, &id(1)), (Resumed::Gap { missed: 1 }, String::from("35")));
    let interest = Interest::all();
    assert_eq!(StartAt::After(&id(5)).held_to(&interest, &log), StartAt::After(&id(5)));
    assert_eq!(StartAt::Oldest.held_to(&interest, &log), StartAt::Oldest);
}
