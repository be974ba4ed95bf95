//! Whose streams are, who is in a topic, and who has what.

use core::time::Duration;

use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{Change, EventLog, EventType, Message, Publication, Session, server::last_event_id};
use sse_proto::{
    EventId,
    client::{ClientConfig, FailReason},
    server::{LogConfig, Resumed, SessionConfig, StartAt},
};

use crate::common::serve_http;

on_every_runtime!(
    an_id_resumes_its_own_stream_and_no_other,
    ids_that_count_within_a_stream_are_refused_elsewhere,
    a_room_hears_who_joins_and_leaves,
    a_publisher_learns_that_all_sessions_have_its_message,
);

type Told = (String, String);

async fn next<R: UnderTest>(source: &mut EventSource<R>) -> Told {
    let event = source.next().await.expect("an event").expect("no error");
    (event.event_type().to_owned(), event.data().to_owned())
}

fn told(event_type: &str, data: &str) -> Told {
    (event_type.to_owned(), data.to_owned())
}

/// A stream for each user, in one log. Who asks for `/mine` names no stream but by the ID.
fn an_id_resumes_its_own_stream_and_no_other<R: UnderTest>() {
    R::block_on(async {
        let log = EventLog::<R>::new(LogConfig::new().epoch(7));
        let served = log.clone();
        let server = serve_http::<R, _>(move |request| {
            let id = last_event_id(request.headers());
            let user = request.headers()["user"].to_str().expect("a name").to_owned();
            let stream = match request.uri().path() {
                "/mine" => id.as_ref().and_then(|id| served.topics_of(id)),
                _ => Some(vec![user.clone().into()]),
            };
            let own = stream.filter(|topics| topics.iter().any(|topic| **topic == *user));
            let Some(topics) = own else {
                // The sender is dropped: an empty body.
                let mut refusal = Session::channel(SessionConfig::new()).1.into_http_response();
                *refusal.status_mut() = http::StatusCode::FORBIDDEN;
                return refusal;
            };
            let session = served.session().topics(topics).start_at(StartAt::Oldest);
            session.after_own(id.as_ref()).open().into_http_response()
        });
        let open = |path: &str, user: &str, id: &str| {
            let config = ClientConfig::get(format!("http://{server}{path}")).expect("a URL");
            let config = config.header("User", user).expect("a header");
            EventSource::<R>::open(config.last_event_id(EventId::new(id.to_owned()).expect("an ID"))).expect("a URL")
        };
        for (number, user) in ["ann", "bob", "ann", "bob"].into_iter().enumerate() {
            log.publish(Publication::new(format!("{number} for {user}")).to([user])).expect("room");
        }
        assert_eq!(next::<R>(&mut open("/mine", "ann", "7-1")).await, told("message", "2 for ann"));
        assert_eq!(next::<R>(&mut open("/mine", "bob", "7-2")).await, told("message", "3 for bob"));
        for (user, id) in [("bob", "7-1"), ("ann", "7-4"), ("ann", "7-5"), ("ann", "other")] {
            let failure = open("/mine", user, id).next().await.expect("an error").expect_err("not this stream");
            assert_eq!(failure.reason, FailReason::Status(403), "{user} {id}");
        }
        // Who names the stream gets it, and hears that the ID is not of it.
        let mut bob = open("/", "bob", "7-3");
        assert_eq!(next::<R>(&mut bob).await, told("resync", "{\"reason\":\"unknown\"}"));
        assert_eq!(next::<R>(&mut bob).await, told("message", "1 for bob"));
        assert_eq!(next::<R>(&mut bob).await, told("message", "3 for bob"));
    });
}

/// A stream for each user, in one log whose IDs count within the streams. An ID of another stream is refused under `/strict`,
/// and gets the whole of the own stream elsewhere.
fn ids_that_count_within_a_stream_are_refused_elsewhere<R: UnderTest>() {
    R::block_on(async {
        let log = EventLog::<R>::new(LogConfig::new().epoch(7).events(4).number_by_topic());
        let served = log.clone();
        let server = serve_http::<R, _>(move |request| {
            let id = last_event_id(request.headers());
            let user = request.headers()["user"].to_str().expect("a name").to_owned();
            let session = served.session().topics([user]).start_at(StartAt::Oldest).after(id.as_ref()).open();
            let is_refused = request.uri().path() == "/strict" && session.resumed() == Resumed::Unknown;
            let mut response = session.into_http_response();
            if is_refused {
                *response.status_mut() = http::StatusCode::NOT_FOUND;
            }
            response
        });
        let open = |path: &str, user: &str, id: &str| {
            let config = ClientConfig::get(format!("http://{server}{path}")).expect("a URL");
            let config = config.header("User", user).expect("a header");
            EventSource::<R>::open(config.last_event_id(EventId::new(id.to_owned()).expect("an ID"))).expect("a URL")
        };
        for (number, user) in ["ann", "ann", "ann", "bob", "ann", "bob"].into_iter().enumerate() {
            log.publish(Publication::new(format!("{number} for {user}")).to([user])).expect("room");
        }
        for path in ["/", "/strict"] {
            let mut bob = open(path, "bob", "7-1-bob");
            assert_eq!(next::<R>(&mut bob).await, told("message", "5 for bob"));
            assert_eq!(bob.last_event_id(), "7-2-bob");
            assert_eq!(next::<R>(&mut open(path, "ann", "7-3-ann")).await, told("message", "4 for ann"));
        }
        // Gone, kept, and never published: there is no difference.
        for id in ["7-1-ann", "7-3-ann", "7-9-ann"] {
            let failure = open("/strict", "bob", id).next().await.expect("an error").expect_err("not this stream");
            assert_eq!(failure.reason, FailReason::Status(404), "{id}");
            let mut bob = open("/", "bob", id);
            assert_eq!(next::<R>(&mut bob).await, told("resync", "{\"reason\":\"unknown\"}"));
            assert_eq!(next::<R>(&mut bob).await, told("message", "3 for bob"));
            assert_eq!(next::<R>(&mut bob).await, told("message", "5 for bob"));
        }
    });
}

fn a_room_hears_who_joins_and_leaves<R: UnderTest>() {
    R::block_on(async {
        let log = EventLog::<R>::default();
        log.announce(|presence| {
            let event_type = EventType::from_static(if presence.joined { "joined" } else { "left" });
            let message = Message::new().event(event_type).data(presence.key.to_owned());
            Some(Publication::new(message).to([presence.topic?.to_owned()]))
        });
        let served = log.clone();
        let server = serve_http::<R, _>(move |request| {
            let mut path = request.uri().path().split('/').skip(1).map(str::to_owned);
            let (room, user) = (path.next().expect("a room"), path.next().expect("a user"));
            let config = SessionConfig::new().heartbeat(Duration::from_millis(10));
            served.session().topics([room]).key(user).config(config).open().into_http_response()
        });
        let open = async |path: &str| {
            let mut source = EventSource::<R>::get(format!("http://{server}/{path}")).expect("a URL");
            assert!(matches!(source.next_change().await, Some(Change::Open(_))), "{path}");
            source
        };
        let mut ann = open("room/ann").await;
        assert_eq!(next::<R>(&mut ann).await, told("joined", "ann"));
        let mut bob = open("room/bob").await;
        assert_eq!(next::<R>(&mut ann).await, told("joined", "bob"));
        assert_eq!(next::<R>(&mut bob).await, told("joined", "bob"));
        // Neither a second page of the same user, nor who is elsewhere.
        let bobs_other_page = open("room/bob").await;
        let _cem = open("elsewhere/cem").await;
        assert_eq!(log.keys_in("room"), ["ann", "bob"]);
        assert_eq!(log.keys(), ["ann", "bob", "cem"]);
        drop(bob);
        while log.sessions_of("bob") > 1 {
            R::sleep(Duration::from_millis(1)).await;
        }
        log.publish(Publication::new("hello").to(["room"])).expect("room");
        assert_eq!(next::<R>(&mut ann).await, told("message", "hello"));
        drop(bobs_other_page);
        assert_eq!(next::<R>(&mut ann).await, told("left", "bob"));
        assert_eq!(log.keys_in("room"), ["ann"]);
    });
}

fn a_publisher_learns_that_all_sessions_have_its_message<R: UnderTest>() {
    R::block_on(async {
        let log = EventLog::<R>::default();
        let served = log.clone();
        let server = serve_http::<R, _>(move |_| served.session().topics(["a"]).open().into_http_response());
        let mut sources = Vec::new();
        for _ in 0..3 {
            let mut source = EventSource::<R>::get(format!("http://{server}/")).expect("a URL");
            assert!(matches!(source.next_change().await, Some(Change::Open(_))));
            sources.push(source);
        }
        let long = Duration::from_secs(60);
        let to_a = || Publication::new("to a").to(["a"]);
        let published = log.publish_acknowledged(to_a(), long).await.expect("room");
        assert_eq!(published.late, 0);
        for source in &mut sources {
            let event = source.next().await.expect("an event").expect("no error");
            assert_eq!(Some(event.last_event_id()), published.id.as_deref());
        }
        // A session that nobody polls does not have it, and holds up only what is for it.
        let stuck = log.session().topics(["a", "b"]).open();
        let late = log.publish_acknowledged(to_a(), Duration::from_millis(20)).await.expect("room").late;
        assert_eq!(late, 1);
        let waiting = log.clone();
        let (done, told) = std::sync::mpsc::channel();
        R::spawn(async move {
            let _ = done.send(waiting.publish_acknowledged(to_a(), long).await.expect("room").late);
        });
        R::sleep(Duration::from_millis(20)).await;
        assert!(told.try_recv().is_err(), "it waits for the session");
        drop(stuck);
        let late = loop {
            match told.try_recv() {
                Ok(late) => break late,
                Err(_) => R::sleep(Duration::from_millis(1)).await,
            }
        };
        assert_eq!(late, 0);
        log.close();
        assert!(log.publish_acknowledged(to_a(), long).await.is_err());
    });
}
