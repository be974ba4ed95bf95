//! Sessions that begin with a snapshot.

use core::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use std::{
    sync::{Arc, Mutex},
    thread,
};

use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_driver::{Change, EventLog, EventType, Message, server::last_event_id};
use sse_proto::{client::ClientConfig, server::LogConfig};

use crate::{common::serve_http, cut::Cut};

on_every_runtime!(a_snapshot_and_what_follows_it_make_one_state);

/// A number that counts up while a client reads, whose connections break off anywhere, and whose log forgets quickly.
fn a_snapshot_and_what_follows_it_make_one_state<R: UnderTest>() {
    const LAST: u32 = 10_000;
    let log = EventLog::<R>::new(LogConfig::new().events(500));
    let state = Arc::new(Mutex::new(0));
    let (published, changed) = (log.clone(), Arc::clone(&state));
    R::block_on(async {
        let responses = AtomicU32::new(0);
        let responses = Arc::new(responses);
        let server = serve_http::<R, _>(move |request| {
            let id = last_event_id(request.headers());
            let state = state.lock().unwrap();
            let put = Message::from(format!("{state}")).event(EventType::from_static("put"));
            let session = log.session().after(id.as_ref()).first(|_| [put]).open();
            let number = responses.fetch_add(1, Ordering::Relaxed);
            session.into_http_response().map(|session| Cut::new(session, number))
        });
        let publisher = thread::spawn(move || {
            for number in 1..=LAST {
                let mut state = changed.lock().unwrap();
                published.publish(format!("{number}")).expect("room");
                *state = number;
                drop(state);
                if number % 100 == 0 {
                    thread::sleep(Duration::from_millis(2));
                }
            }
        });
        let config = ClientConfig::get(format!("http://{server}/")).expect("a URL");
        let mut source = EventSource::<R>::open(config.reconnection_time(Duration::ZERO)).expect("a URL");
        let (mut sum, mut snapshots) = (0, 0);
        while sum < LAST {
            match source.next_change().await.expect("no end") {
                Change::Event(event) => {
                    let number: u32 = event.data().parse().expect("a number");
                    match event.event_type() {
                        "put" => snapshots += 1,
                        _ => assert_eq!(number, sum + 1, "the change after {sum}"),
                    }
                    sum = number;
                }
                Change::Failed(failure) => panic!("{failure}"),
                _ => {}
            }
        }
        assert!(snapshots > 0);
        publisher.join().expect("no panic");
    });
}
