//! A runtime of one's own, as `sse_proto::manual` says: pipes in memory instead of sockets, and a clock that is a number.
//! Hours pass in it in no time, and the suites judge it as they judge the adapters.

mod clock;
mod judged;
mod pipe;
#[path = "../replica/mod.rs"]
mod replica;

use core::{
    future::poll_fn,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    future::{Ready, ready},
    sync::Arc,
    task::Wake,
};

use sse_driver::{
    EventSource,
    transport::{Connect, Read, Response, Runtime},
};
use sse_proto::{
    Chunk, Decoder, Timestamp,
    client::{ClientConfig, Request, ResponseHead},
    server::{Heartbeat, Publication, RESPONSE_HEADERS, SessionConfig, StartAt, last_event_id_in_header},
};

use crate::{
    clock::{Timer, now, run, sleep, spawn},
    pipe::{Broken, Source, pipe},
    replica::Replica,
};

/// What belongs together. The pipes need no wrapper.
#[derive(Debug)]
struct Virtual;

impl Runtime for Virtual {
    type Timer = Timer;
    type Io<S> = S;

    fn io<S>(stream: S) -> S {
        stream
    }
}

type EventLog = sse_driver::EventLog<Virtual>;
type Session = sse_driver::Session<Virtual>;

/// The last of the four traits: each request opens a session at the other end of a pipe.
struct Network {
    log: EventLog,
    connections: usize,
}

impl Connect for Network {
    type Body = Source;
    type Error = Broken;
    type Future = Ready<Result<Response<Source>, Broken>>;

    fn connect(&mut self, request: Request) -> Self::Future {
        self.connections += 1;
        // One in five cannot be reached, and the others break off, each at another place.
        if self.connections.is_multiple_of(5) {
            return ready(Err(Broken));
        }
        let (sink, source) = pipe(Some(500 + 37 * self.connections));
        let id = request.headers.value("Last-Event-ID").and_then(last_event_id_in_header);
        let session = self.log.session().start_at(StartAt::Oldest).after(id.as_ref()).open();
        spawn(async { drop(session.write_to(sink).await) });
        let headers = RESPONSE_HEADERS.into_iter().collect();
        ready(Ok(Response { head: ResponseHead { status: 200, headers }, body: source }))
    }
}

#[test]
fn a_client_gets_every_event_of_three_hours_over_connections_that_break() {
    const EVENTS: u32 = 1000;
    let events = run(async {
        let log = EventLog::default();
        let published = log.clone();
        spawn(async move {
            for number in 0..EVENTS {
                sleep(Duration::from_secs(11)).await;
                published.publish(format!("event {number}")).expect("room");
            }
        });
        let config = ClientConfig::get("pipe://here/").expect("a URL");
        let mut source = EventSource::<_, Timer>::new(config, Network { log, connections: 0 });
        let mut events = Vec::new();
        while events.len() < EVENTS as usize {
            let event = source.next().await.expect("an event").map_err(|failure| failure.reason).expect("no error");
            events.push(event.data().to_owned());
        }
        events
    });
    for (number, event) in events.iter().enumerate() {
        assert_eq!(*event, format!("event {number}"));
    }
    assert!(now() >= Timestamp::default() + EVENTS * Duration::from_secs(11), "{:?}", now());
}

/// A session of a node, and whether it was woken since it was read to its end.
struct Reader {
    session: Session,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Reader {
    fn new(log: &EventLog, topics: Option<&'static str>) -> Self {
        let quiet = SessionConfig::new().heartbeat(None);
        let session = log.session().config(quiet);
        let session = match topics {
            None => session.open(),
            Some(topic) => session.topics([topic]).open(),
        };
        Self { session, woken: Arc::default() }
    }

    /// The data of what there is. The session waits then.
    fn read(&mut self) -> Vec<String> {
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut decoder = Decoder::new();
        let mut data = Vec::new();
        while let Poll::Ready(Some(Ok(bytes))) = self.session.poll_bytes(&mut Context::from_waker(&waker)) {
            let mut chunk = Chunk::new(&bytes[..]);
            while let Some(event) = decoder.decode(&mut chunk).expect("within limits") {
                data.push(event.data().to_owned());
            }
        }
        self.woken.0.store(false, Ordering::Relaxed);
        data
    }
}

#[test]
fn a_message_from_another_node_wakes_just_those_whom_it_concerns() {
    let replica = Replica::new(100);
    let (near, far) = (EventLog::with_store(replica.clone()), EventLog::with_store(replica));
    let mut readers = [Some("a"), Some("b"), None].map(|topic| Reader::new(&near, topic));
    for reader in &mut readers {
        assert!(reader.read().is_empty());
    }
    for (data, topics, concerned) in [
        ("1", &["a"][..], [true, false, true]),
        ("2", &["b"], [false, true, true]),
        ("3", &["a", "b"], [true; 3]),
        ("4", &[], [true; 3]),
        ("5", &["c"], [false, false, true]),
    ] {
        far.publish(Publication::new(data).to(topics.iter().copied())).expect("room");
        let woken = |readers: &[Reader; 3]| readers.each_ref().map(|reader| reader.woken.0.load(Ordering::Relaxed));
        assert_eq!(woken(&readers), [false; 3], "nobody has told this node yet");
        near.notify(topics.iter().copied());
        assert_eq!(woken(&readers), concerned, "{data}");
        for (reader, concerned) in readers.iter_mut().zip(concerned) {
            let expected: Vec<&str> = concerned.then_some(data).into_iter().collect();
            assert_eq!(reader.read(), expected);
        }
    }
}

#[test]
fn a_quiet_session_is_kept_alive_at_just_the_moments_it_says() {
    let moments = run(async {
        let heartbeat = Duration::from_secs(15);
        let config = SessionConfig::new().heartbeat(Heartbeat::quiet(heartbeat));
        let (_sender, session) = Session::channel(config);
        let (sink, mut source) = pipe(None);
        spawn(async { drop(session.write_to(sink).await) });
        let mut moments = Vec::new();
        while moments.len() < 4 {
            let bytes = poll_fn(|cx| source.poll_read(cx)).await.expect("no error");
            assert_eq!(bytes.as_deref(), Some(&b":\n"[..]));
            moments.push(now().since(Timestamp::default()).as_secs());
        }
        moments
    });
    assert_eq!(moments, [0, 15, 30, 45]);
}
