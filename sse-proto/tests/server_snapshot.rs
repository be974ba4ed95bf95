//! Sessions that begin with a snapshot.

use std::cell::Cell;

use sse_proto::{
    Chunk, Decoder, EventId, EventType, Message, Timestamp,
    server::{
        CloseReason, EventLog, Interest, LogConfig, Output, Publication, Resumed, Session, SessionConfig, StartAt,
    },
};

const NOW: Timestamp = Timestamp::from_millis(0);

fn quiet() -> SessionConfig {
    SessionConfig::new().heartbeat(None)
}

/// What the session transmits now, and whether it has ended.
fn transmitted(session: &mut Session, log: &mut EventLog) -> (String, bool) {
    let mut sent = String::new();
    loop {
        session.handle_log(log, NOW);
        match session.poll_output(NOW) {
            Output::Transmit(bytes) => sent += core::str::from_utf8(&bytes).unwrap(),
            Output::Aborted => panic!("nobody asked for it"),
            Output::Closed => return (sent, true),
            Output::Wait { .. } => return (sent, false),
            Output::Heartbeat | Output::Lagged { .. } => {}
        }
    }
}

#[test]
fn a_client_resumes_where_it_can_and_gets_the_snapshot_where_it_cannot() {
    let mut log = EventLog::new(LogConfig::new().events(3).epoch(7));
    for data in ["1", "2", "3", "4", "5"] {
        log.publish(data, NOW).unwrap();
    }
    let mut open = |start: StartAt<'_>| {
        let asked = Cell::new(None);
        let snapshot = |position| {
            asked.set(Some(position));
            ["a", "b"]
        };
        let opened = Session::with_snapshot(quiet(), &mut log, Interest::all(), start, NOW, snapshot);
        let (mut session, resumed) = opened;
        (transmitted(&mut session, &mut log), resumed, asked.get())
    };
    let snapshot = (String::from("data: a\n\ndata: b\nid: 7-5\n\n"), false);
    for start in [StartAt::Live, StartAt::Oldest] {
        assert_eq!(open(start), (snapshot.clone(), Resumed::Exact, Some(5)));
    }
    for (id, resumed) in [
        ("7-1", Resumed::Gap { missed: 1 }),
        ("6-5", Resumed::Stale),
        ("other", Resumed::Unknown),
        ("7-6", Resumed::Unknown),
    ] {
        let id = EventId::new(id).unwrap();
        assert_eq!(open(StartAt::After(&id)), (snapshot.clone(), resumed, Some(5)), "{id:?}");
    }
    let replay = |sent: &str| ((format!(":\n{sent}"), false), Resumed::Exact, None);
    let kept = EventId::new("7-4").unwrap();
    assert_eq!(open(StartAt::After(&kept)), replay("data: 5\nid: 7-5\n\n"));
    let newest = EventId::new("7-5").unwrap();
    assert_eq!(open(StartAt::After(&newest)), replay(""));
}

#[test]
fn what_is_published_after_the_snapshot_follows_it() {
    let mut log = EventLog::new(LogConfig::new());
    log.publish("1", NOW).unwrap();
    let opened = Session::with_snapshot(quiet(), &mut log, Interest::all(), StartAt::Oldest, NOW, |_| ["one"]);
    let (mut session, _) = opened;
    log.publish("2", NOW).unwrap();
    let (sent, _) = transmitted(&mut session, &mut log);
    assert_eq!(sent, "data: one\nid: 1\n\ndata: 2\nid: 2\n\n");
    // Nothing at all is a snapshot, too.
    let none: [Message; 0] = [];
    let opened = Session::with_snapshot(quiet(), &mut log, Interest::all(), StartAt::Live, NOW, |_| none);
    let (mut session, _) = opened;
    assert_eq!(transmitted(&mut session, &mut log).0, ":\n");
}

/// The ID of a snapshot is one that its client would have received: of its topics, not withheld from it, and known once.
#[test]
fn a_snapshot_has_the_id_of_the_newest_message_that_its_client_wants() {
    let mut log = EventLog::new(LogConfig::new().epoch(7));
    let open = |log: &mut EventLog, interest: Interest| {
        let (mut session, _) = Session::with_snapshot(quiet(), log, interest, StartAt::Live, NOW, |_| ["all"]);
        transmitted(&mut session, log).0
    };
    let a = || Interest::all().topics(["a"]);
    // No ID was given yet, and the callers may be the ones who give them.
    assert_eq!(open(&mut log, Interest::all()), "data: all\n\n");
    for (data, topic) in [("1", "a"), ("secret", "a"), ("3", "b")] {
        log.publish(Publication::new(data).to([topic]), NOW).unwrap();
    }
    assert_eq!(open(&mut log, Interest::all()), "data: all\nid: 7-3\n\n");
    assert_eq!(open(&mut log, a()), "data: all\nid: 7-2\n\n");
    let withheld = a().filter(|entry| !entry.encoded().starts_with(b"data: secret"));
    assert_eq!(open(&mut log, withheld), "data: all\nid: 7-1\n\n");
    assert_eq!(open(&mut log, Interest::all().topics(["c"])), "data: all\n\n");
    log.publish("to everybody", NOW).unwrap();
    assert_eq!(open(&mut log, a()), "data: all\nid: 7-4\n\n");

    // An ID that two messages had finds neither.
    let mut log = EventLog::new(LogConfig::new());
    let publish = |log: &mut EventLog, id: &str| {
        log.publish(Message::from("x").id(EventId::new(String::from(id)).unwrap()), NOW).unwrap();
    };
    publish(&mut log, "first");
    publish(&mut log, "twice");
    assert_eq!(open(&mut log, Interest::all()), "data: all\nid: twice\n\n");
    publish(&mut log, "twice");
    assert_eq!(open(&mut log, Interest::all()), "data: all\nid: first\n\n");

    // The caller's ID stays.
    let own = |_| [Message::from("all").id(EventId::from(9))];
    let (mut session, _) = Session::with_snapshot(quiet(), &mut log, Interest::all(), StartAt::Live, NOW, own);
    assert_eq!(transmitted(&mut session, &mut log).0, "data: all\nid: 9\n\n");
}

#[test]
fn a_session_that_the_log_has_overtaken_ends_for_a_new_snapshot() {
    let mut log = EventLog::new(LogConfig::new().events(2));
    log.publish("0", NOW).unwrap();
    let mut decoder = Decoder::new();
    let opened = Session::with_snapshot(quiet(), &mut log, Interest::all(), StartAt::Live, NOW, |_| ["zero"]);
    let (mut session, _) = opened;
    let (sent, _) = transmitted(&mut session, &mut log);
    assert!(decoder.decode(&mut Chunk::new(sent.as_bytes())).unwrap().is_some());
    for number in 1..=3 {
        log.publish(format!("{number}"), NOW).unwrap();
    }
    assert_eq!(transmitted(&mut session, &mut log), (String::new(), true));
    assert_eq!(session.close_reason(), Some(CloseReason::Lagged));
    let id = EventId::new(String::from(decoder.last_event_id())).unwrap();
    let start = StartAt::After(&id);
    let (mut session, resumed) = Session::with_snapshot(quiet(), &mut log, Interest::all(), start, NOW, |_| ["three"]);
    assert_eq!(resumed, Resumed::Gap { missed: 1 });
    assert_eq!(transmitted(&mut session, &mut log).0, "data: three\nid: 4\n\n");
}

/// A client that adds up what it gets. Each change is the next number of its topic, and a snapshot is the last number, in
/// two messages.
#[derive(Default)]
struct Client {
    sum: u64,
    half: bool,
    last_event_id: Option<EventId>,
    snapshots: usize,
    changes: usize,
}

impl Client {
    fn receive(&mut self, bytes: &[u8]) {
        let mut decoder = Decoder::new();
        if let Some(id) = &self.last_event_id {
            decoder = decoder.with_last_event_id(id);
        }
        let mut chunk = Chunk::new(bytes);
        self.half = false;
        while let Some(event) = decoder.decode(&mut chunk).unwrap() {
            let number: u64 = event.data().parse().unwrap();
            match event.event_type() {
                "half" => self.half = true,
                "all" => {
                    assert!(self.half, "half a snapshot");
                    self.half = false;
                    self.sum = number;
                    self.snapshots += 1;
                }
                _ => {
                    assert_eq!(number, self.sum + 1, "lost or repeated");
                    self.sum = number;
                    self.changes += 1;
                }
            }
        }
        let id = decoder.last_event_id();
        self.last_event_id = (!id.is_empty()).then(|| EventId::new(String::from(id)).unwrap());
    }
}

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}

/// Clients that are cut off anywhere, also within the snapshot, and come back after any time: each gets each change of its
/// topic once, or a snapshot that has it.
#[test]
fn nothing_is_lost_or_repeated_wherever_a_client_is_cut() {
    let typed =
        |name: &'static str, number: u64| Message::from(format!("{number}")).event(EventType::from_static(name));
    let (mut snapshots, mut changes) = (0, 0);
    for seed in 0..200 {
        let mut numbers = Numbers(seed);
        let mut log = EventLog::new(LogConfig::new().events(8).epoch(1));
        let mut sums = [0; 2];
        let mut clients: [Client; 2] = Default::default();
        for _ in 0..100 {
            let mut change = |log: &mut EventLog, numbers: &mut Numbers| {
                let topic = numbers.below(2) as usize;
                sums[topic] += 1;
                let topics = [format!("{topic}")];
                log.publish(Publication::new(format!("{}", sums[topic])).to(topics), NOW).unwrap();
                sums
            };
            for _ in 0..numbers.below(5) {
                change(&mut log, &mut numbers);
            }
            let topic = numbers.below(2) as usize;
            let client = &mut clients[topic];
            let sum = change(&mut log, &mut numbers)[topic];
            let interest = Interest::all().topics([format!("{topic}")]);
            let id = client.last_event_id.clone();
            let start = id.as_ref().map_or(StartAt::Live, StartAt::After);
            let snapshot = |_| [typed("half", 0), typed("all", sum)];
            let (mut session, _) = Session::with_snapshot(quiet(), &mut log, interest, start, NOW, snapshot);
            let mut sent = transmitted(&mut session, &mut log).0;
            for _ in 0..numbers.below(4) {
                change(&mut log, &mut numbers);
                sent += &transmitted(&mut session, &mut log).0;
            }
            let cut = if numbers.below(2) == 0 { sent.len() } else { numbers.below(sent.len() as u64 + 1) as usize };
            client.receive(&sent.as_bytes()[..cut]);
            if cut == sent.len() {
                assert_eq!(client.sum, sums[topic], "seed {seed}");
            }
        }
        snapshots += clients.iter().map(|client| client.snapshots).sum::<usize>();
        changes += clients.iter().map(|client| client.changes).sum::<usize>();
    }
    // Both ways are taken often.
    assert!(snapshots > 1000 && changes > 1000, "{snapshots} snapshots, {changes} changes");
}
