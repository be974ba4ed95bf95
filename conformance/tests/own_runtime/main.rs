//! A runtime of one's own, as `sse_proto::manual` says: pipes in memory instead of sockets, and a clock that is a number.
//! Hours pass in it in no time, and the suites judge it as they judge the adapters.

mod clock;
mod judged;
mod pipe;

use core::{future::poll_fn, time::Duration};
use std::future::{Ready, ready};

use sse_proto::{
    Timestamp,
    client::{Config, Request, ResponseHead},
    driver::{self, Connect, EventSource, Read, Response, Runtime, Streams},
    server::{RESPONSE_HEADERS, SessionConfig, StartAt, last_event_id},
};

use crate::{
    clock::{Timer, now, run, sleep, spawn},
    pipe::{Broken, Source, pipe},
};

/// What belongs together. The pipes need no wrapper.
#[derive(Debug)]
struct Virtual;

impl Streams for Virtual {
    type Io<S> = S;

    fn io<S>(stream: S) -> S {
        stream
    }
}

impl Runtime for Virtual {
    type Timer = Timer;
}

type Log = driver::Log<Virtual>;
type Session = driver::Session<Virtual>;

/// The last of the four traits: each request opens a session at the other end of a pipe.
struct Network {
    log: Log,
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
        let id = request.headers.value("Last-Event-ID").and_then(last_event_id);
        let session = self.log.session().start_at(StartAt::Oldest).after(id.as_ref()).open().expect("room");
        spawn(async { drop(session.write_to(sink).await) });
        let headers = RESPONSE_HEADERS.into_iter().collect();
        ready(Ok(Response { head: ResponseHead { status: 200, headers }, body: source }))
    }
}

#[test]
fn a_client_gets_every_event_of_three_hours_over_connections_that_break() {
    const EVENTS: u32 = 1000;
    let events = run(async {
        let log = Log::default();
        let published = log.clone();
        spawn(async move {
            for number in 0..EVENTS {
                sleep(Duration::from_secs(11)).await;
                published.publish(format!("event {number}")).expect("room");
            }
        });
        let config = Config::new("pipe://here/").expect("a URL");
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

#[test]
fn a_quiet_session_is_kept_alive_at_just_the_moments_it_says() {
    let moments = run(async {
        let heartbeat = Duration::from_secs(15);
        let config = SessionConfig { heartbeat: Some(heartbeat.into()), ..SessionConfig::default() };
        let (_sender, session) = Session::channel(config);
        let (sink, mut source) = pipe(None);
        spawn(async { drop(session.write_to(sink).await) });
        let mut moments = Vec::new();
        while moments.len() < 4 {
            let bytes = poll_fn(|cx| source.poll_read(cx)).await.expect("no error");
            assert_eq!(bytes.as_deref(), Some(&b":\n\n"[..]));
            moments.push(now().since(Timestamp::default()).as_secs());
        }
        moments
    });
    assert_eq!(moments, [0, 15, 30, 45]);
}
