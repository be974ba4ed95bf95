//! tokio's paused clock: waits of the client and of sessions take no time in tests.

use std::{io, time::Duration};

use sse_tokio::{
    Change, ClientConfig, EventSourceOver, Failure, Retry, Session, SessionConfig,
    client::{FailReason, Loss, Request, ResponseHead},
    transport::{Io, Response},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::Instant,
};

fn answer<S>(body: S) -> Response<Io<S>> {
    let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
    Response { head: ResponseHead { status: 200, headers }, body: Io::new(body) }
}

#[tokio::test(start_paused = true)]
async fn reconnections_are_waited_for_by_the_paused_clock() {
    let transport = |_: Request| async { Ok::<_, io::Error>(answer(&b"retry: 3600000\n\ndata: a\n\n"[..])) };
    let mut source = EventSourceOver::new(ClientConfig::get("http://events.test/").unwrap(), transport);
    let start = Instant::now();
    let mut waits = Duration::ZERO;
    for _ in 0..10 {
        assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
        while let Some(change) = source.next_change().await {
            if let Change::Reestablishing { delay, .. } = change {
                waits += delay;
                break;
            }
        }
    }
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    assert!(waits >= Duration::from_secs(10 * 60), "{waits:?}");
    // tokio's clock goes in steps of a millisecond.
    assert!(start.elapsed() >= waits && start.elapsed() < waits + Duration::from_millis(10 * 2), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_refusals_take_as_long_as_was_said() {
    let transport = |_: Request| async { Err::<Response<Io<DuplexStream>>, _>(io::Error::other("refused")) };
    let config = ClientConfig::get("http://events.test/").unwrap().max_reconnections(100);
    let mut source = EventSourceOver::new(config, transport);
    let start = Instant::now();
    let (mut waits, mut refusals) = (Duration::ZERO, 0);
    let failure: Failure<io::Error> = loop {
        match source.next_change().await.unwrap() {
            Change::Reestablishing { delay, .. } => {
                waits += delay;
                refusals += 1;
            }
            Change::Failed(failure) => break failure,
            change => panic!("{change:?}"),
        }
    };
    assert_eq!(refusals, 100);
    assert_eq!(failure.reason, FailReason::GaveUp { cause: Loss::Unreachable, attempts: 100 });
    assert!(start.elapsed() >= waits, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_waited_for_by_the_paused_clock() {
    let (client, mut server) = tokio::io::duplex(64);
    let mut pipe = Some(client);
    let transport = move |_: Request| {
        let body = pipe.take().ok_or_else(|| io::Error::other("one connection is enough"));
        async move { body.map(answer) }
    };
    let config = ClientConfig::get("http://events.test/").unwrap().idle_timeout(Duration::from_secs(45));
    let mut source = EventSourceOver::new(config, transport);
    let start = Instant::now();
    server.write_all(b"data: a\n\n").await.unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    let Some(Change::Reestablishing { cause, .. }) = source.next_change().await else { panic!() };
    assert_eq!(cause, Loss::IdleTimeout { in_mid_event: false });
    assert!(start.elapsed() >= Duration::from_secs(45));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_follow_the_paused_clock() {
    let (mut client, server) = tokio::io::duplex(64);
    let config = SessionConfig::new().retry(Retry::from_millis(1));
    let (_sender, session) = Session::channel(config);
    let start = Instant::now();
    tokio::spawn(session.write_to(server));
    let mut received = Vec::new();
    while received.iter().filter(|byte| **byte == b':').count() < 1 + 4 {
        received.push(client.read_u8().await.unwrap());
    }
    assert!(start.elapsed() >= Duration::from_secs(3 * 15), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_restart_after_a_silence_waits_for_its_own_time() {
    let (client, _server) = tokio::io::duplex(64);
    let mut pipe = Some(client);
    let transport = move |_: Request| {
        let body = pipe.take();
        async move {
            match body {
                Some(body) => Ok::<_, io::Error>(answer(body)),
                None => std::future::pending().await,
            }
        }
    };
    let limit = Duration::from_secs(1);
    let config = ClientConfig::get("http://events.test/").unwrap().head_timeout(limit).give_up_after(limit);
    let mut source = EventSourceOver::new(config, transport);
    assert!(matches!(source.next_change().await, Some(Change::Open(_))));
    let handle = source.handle();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        handle.restart();
    });
    let Some(Change::Reestablishing { cause: Loss::Restarted, .. }) = source.next_change().await else { panic!() };
    let start = Instant::now();
    let Some(Change::Failed(failure)) = source.next_change().await else { panic!() };
    assert_eq!(failure.reason, FailReason::GaveUp { cause: Loss::HeadTimeout, attempts: 1 });
    assert!(start.elapsed() >= limit, "{:?}", start.elapsed());
}
