//! A log that numbers the messages of each topic by themselves.

use sse_proto::{
    EventId, Message, Timestamp,
    server::{
        EventLog, Interest, LogConfig, LogRead, Publication, PublishError, Resumed, Session, SessionConfig, StartAt,
        UnusableId,
    },
};

const NOW: Timestamp = Timestamp::from_millis(0);

fn log(events: usize) -> EventLog {
    EventLog::new(LogConfig::new().events(events).number_by_topic())
}

fn publish(log: &mut EventLog, topic: &str, data: impl Into<Message>) -> String {
    let publication = Publication::new(data).to(Some(topic).filter(|topic| !topic.is_empty()));
    log.publish(publication, NOW).unwrap().unwrap().as_str().to_owned()
}

fn id(text: &str) -> EventId {
    EventId::new(text.to_owned()).unwrap()
}

fn interest(topics: &str) -> Interest {
    Interest::all().topics(topics.split(' '))
}

/// What a reader of these topics gets that has this ID: how it resumes, and data.
fn resume(log: &mut EventLog, topics: &str, last: &str) -> (Resumed, String) {
    let (mut cursor, resumed) = log.subscribe_to(interest(topics), StartAt::After(&id(last)), NOW);
    let mut data = String::new();
    while let LogRead::Events(bytes) = log.read(&mut cursor, 64) {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        data.extend(text.lines().filter_map(|line| line.strip_prefix("data: ")));
    }
    (resumed, data)
}

#[test]
fn each_topic_has_its_numbers_and_so_have_messages_for_all() {
    let mut log = EventLog::new(LogConfig::new().epoch(0xf).number_by_topic());
    let published = [("ann", "a"), ("bob", "b"), ("ann", "c"), ("", "d"), ("b-1", "e"), ("bob", "f"), ("", "g")];
    let ids = published.map(|(topic, data)| publish(&mut log, topic, data));
    assert_eq!(ids, ["f-1-ann", "f-1-bob", "f-2-ann", "f-1-", "f-1-b-1", "f-2-bob", "f-2-"]);
    for (last, expected) in [("f-1-bob", "dfg"), ("f-2-bob", "g"), ("f-1-", "fg"), ("f-2-", "")] {
        assert_eq!(resume(&mut log, "bob", last), (Resumed::Exact, expected.to_owned()), "{last}");
    }
    // One ID resumes all topics of a reader.
    assert_eq!(resume(&mut log, "ann bob", "f-1-bob"), (Resumed::Exact, "cdfg".to_owned()));
    assert_eq!(log.topics_of(&id("f-1-b-1")), Some(&["b-1".into()][..]));
    assert_eq!(resume(&mut log, "bob", "e-1-bob"), (Resumed::Stale, "bdfg".to_owned()));
    let everything = log.subscribe(StartAt::After(&id("f-2-ann")), NOW);
    assert_eq!((everything.0.position(), everything.1), (3, Resumed::Exact));
}

#[test]
fn an_id_of_another_topic_is_unknown_whatever_there_is() {
    let mut log = log(4);
    for (topic, data) in [("ann", "a"), ("ann", "b"), ("bob", "c"), ("ann", "d"), ("ann", "e"), ("bob", "f")] {
        publish(&mut log, topic, data);
    }
    // Gone, kept, never there; and of a topic that nobody has.
    for last in ["1-ann", "2-ann", "3-ann", "9-ann", "1-cy", "0-bob", "7-bob", "+1-bob", "1", "bob", "1-bob-"] {
        assert_eq!(resume(&mut log, "bob", last), (Resumed::Unknown, "cf".to_owned()), "{last}");
    }
    assert_eq!(resume(&mut log, "bob", "1-bob"), (Resumed::Exact, "f".to_owned()));
}

#[test]
fn what_is_gone_is_counted_within_the_topic() {
    let mut log = log(3);
    for (topic, data) in [("ann", "a"), ("bob", "b"), ("ann", "c"), ("bob", "d"), ("ann", "e"), ("bob", "f")] {
        publish(&mut log, topic, data);
    }
    // Kept are d, e and f; "c", which came after b, is of no interest to bob.
    assert_eq!(resume(&mut log, "bob", "1-bob"), (Resumed::Exact, "df".to_owned()));
    assert_eq!(resume(&mut log, "ann", "1-ann"), (Resumed::Gap { missed: 1 }, "e".to_owned()));
    assert_eq!(resume(&mut log, "ann", "2-ann"), (Resumed::Exact, "e".to_owned()));
    for _ in 0..10 {
        publish(&mut log, "ann", "x");
    }
    assert_eq!(resume(&mut log, "bob", "1-bob"), (Resumed::Gap { missed: 2 }, String::new()));
    assert_eq!(resume(&mut log, "bob", "3-bob"), (Resumed::Exact, String::new()));

    // A reader that the log overtakes does not learn of the others' number.
    let (mut cursor, _) = log.subscribe_to(interest("bob"), StartAt::Live, NOW);
    publish(&mut log, "bob", "g");
    for _ in 0..10 {
        publish(&mut log, "ann", "x");
    }
    assert_eq!(log.read(&mut cursor, 64), LogRead::Lagged { missed: 1 });
}

#[test]
fn numbers_of_a_topic_that_was_forgotten_are_not_given_again() {
    let mut log = log(1);
    publish(&mut log, "ann", "a");
    publish(&mut log, "ann", "b");
    for number in 0..200 {
        publish(&mut log, &format!("topic {number}"), "x");
    }
    // Its reader counts as one of an earlier log. No other one learns of it.
    assert_eq!(resume(&mut log, "ann", "2-ann"), (Resumed::Stale, String::new()));
    assert_eq!(resume(&mut log, "bob", "2-ann"), (Resumed::Unknown, String::new()));
    let next = publish(&mut log, "ann", "c");
    let number: u64 = next.strip_suffix("-ann").unwrap().parse().unwrap();
    assert!(number > 2, "{next}");
    // What it missed meanwhile is not known.
    for last in ["1-ann", "2-ann"] {
        let (resumed, data) = resume(&mut log, "ann", last);
        assert!(resumed == Resumed::Stale && data == "c", "{last}: {resumed:?} {data}");
    }
    assert_eq!(resume(&mut log, "ann", &next), (Resumed::Exact, String::new()));

    // How many messages others got shows in no number.
    let mut numbers = [700, 777].map(|count| {
        let mut log = EventLog::new(LogConfig::new().events(1).number_by_topic());
        (0..count).for_each(|_| drop(publish(&mut log, "ann", "x")));
        for number in 0..200 {
            publish(&mut log, &format!("topic {number}"), "x");
        }
        publish(&mut log, "bob", "first")
    });
    numbers.sort_unstable();
    assert_eq!(numbers[0], numbers[1]);
    assert_eq!(resume(&mut log, "ann", &next), (Resumed::Exact, String::new()));
}

#[test]
fn what_cannot_be_numbered_is_refused() {
    let mut log = log(10);
    let both = || Publication::new("a").to(["ann", "bob"]);
    assert_eq!(log.publish(both(), NOW), Err(PublishError::SeveralTopics));
    let given = Publication::new(Message::from("a").id(id("own"))).to(["ann", "bob"]);
    assert_eq!(log.publish(given, NOW), Ok(Some(id("own"))));
    assert_eq!(log.publish(Publication::new(Message::new().comment("a")).to(["ann", "bob"]), NOW), Ok(None));
    let unusable = |reason| Err(PublishError::UnusableId(reason));
    let to = |topic: &str| Publication::new("a").to([topic.to_owned()]);
    assert_eq!(log.publish(to("ann "), NOW), unusable(UnusableId::OuterSpace));
    assert_eq!(log.publish(to("a\u{1}"), NOW), unusable(UnusableId::ControlCharacter { at: 3 }));
    assert_eq!(log.publish(to("a\nb"), NOW), unusable(UnusableId::ControlCharacter { at: 3 }));
    assert_eq!(log.publish(to(&"a".repeat(1023)), NOW), unusable(UnusableId::TooLong { len: 1025, most: 1024 }));
    // What was refused has no number. Comments and given IDs count.
    assert_eq!(publish(&mut log, "ann", "a"), "3-ann");
    let given = Publication::new(Message::from("a").id(id("3-bob"))).to(["bob"]);
    assert_eq!(log.publish(given, NOW), Err(PublishError::AmbiguousId));
}

#[test]
fn a_snapshot_has_the_id_to_resume_its_topic_with() {
    let mut log = log(10);
    for (topic, data) in [("ann", "a"), ("bob", "b"), ("ann", "c")] {
        publish(&mut log, topic, data);
    }
    assert_eq!(log.last_id(&interest("bob")), Some(id("1-bob")));
    assert_eq!(log.last_id(&interest("ann bob")), Some(id("2-ann")));
    assert_eq!(log.last_id(&interest("cy")), None);
    let config = SessionConfig::new();
    let snapshot = |_| vec![Message::from("all")];
    let (session, _) = Session::with_snapshot(config, &mut log, interest("bob"), StartAt::Live, NOW, snapshot);
    assert_eq!(session.position(), Some(3));
}

/// Readers that come and go at random get each message of their topic once, and are told where they cannot.
#[test]
fn readers_miss_nothing_without_being_told() {
    let mut random = 1_u64;
    let mut draw = |most: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % most
    };
    let mut log = log(20);
    let topics = ["a", "b", "c", "d"];
    let mut published = vec![Vec::new(); topics.len()];
    // The number of messages that a reader of each topic has, and the ID of the last one.
    let mut has = vec![(0, None::<String>); topics.len()];
    let (mut exact, mut gaps) = (0, 0);
    for number in 0..20_000 {
        let topic = draw(4) as usize;
        let text = format!("{number},");
        let last = publish(&mut log, topics[topic], text.as_str());
        published[topic].push((text, last));
        let reader = draw(40) as usize;
        let (Some(seen), Some((all, topic))) = (has.get_mut(reader), published.get(reader).zip(topics.get(reader)))
        else {
            continue;
        };
        let Some((_, newest)) = all.last() else { continue };
        let missing: String = all[seen.0..].iter().map(|(text, _)| text.as_str()).collect();
        if let Some(last) = &seen.1 {
            let (resumed, got) = resume(&mut log, topic, last);
            match resumed {
                Resumed::Exact => {
                    assert_eq!(got, missing);
                    exact += 1;
                }
                Resumed::Gap { missed } => {
                    let kept: String = all[seen.0 + missed as usize..].iter().map(|(text, _)| text.as_str()).collect();
                    assert_eq!(got, kept);
                    gaps += 1;
                }
                _ => panic!("{resumed:?} after {last}"),
            }
        }
        *seen = (all.len(), Some(newest.clone()));
    }
    assert!(exact > 100 && gaps > 100, "{exact} {gaps}");
}

#[test]
fn a_topic_needs_a_name_and_ids_that_are_given_are_held_to_it_as_well() {
    let mut log = log(10);
    let unnamed = Publication::new("x").to([""]);
    assert_eq!(log.publish(unnamed, NOW), Err(PublishError::EmptyTopic));
    let given = Publication::new(Message::from("a").id(id("given"))).to(["ann"]);
    log.publish(given, NOW).unwrap();
    assert_eq!(resume(&mut log, "ann", "given"), (Resumed::Exact, String::new()));
    assert_eq!(resume(&mut log, "bob", "given"), (Resumed::Unknown, String::new()));
}
