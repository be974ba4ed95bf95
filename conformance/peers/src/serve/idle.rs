//! Subscribers that wait: what is kept for each.

use std::{
    convert::Infallible,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream::unfold;
use sse_tokio::{EventLog, Session};
use tokio::sync::broadcast;

use super::{
    bars::{self, Checks},
    contenders::{ALL, Contender, SILENCE, TAKEOVER, next},
    descriptors,
    host::Host,
    load::Load,
};
use crate::{allocs, table::Table};

/// How many subscribers there are without an engine, and with one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) alone: usize,
    pub(super) connected: usize,
}

/// Measures and prints.
pub(super) fn run(order: Order, asked: impl Fn(&Contender) -> bool, checks: &mut Checks) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let alone = runtime.block_on(async { [ours(order.alone), axum(order.alone), timers(order.alone)] });
    let mut table = Table::new(["subscriber's state", "bytes", "allocations"]);
    let names =
        ["ours: Session over an EventLog", "axum: Sse body with keep-alive", "in each of them: a timer of tokio's"];
    for (name, (bytes, calls)) in names.into_iter().zip(alone) {
        table.row([name.to_owned(), format!("{bytes:.0}"), format!("{calls:.1}")]);
    }
    println!("## {} idle subscribers, without HTTP\n", order.alone);
    table.print();
    let own = alone[0].0 - alone[2].0;
    checks.at_most("idle: own bytes per subscriber, without the runtime's timer", own, bars::IDLE_SESSION);

    let what = format!("idle: resident bytes per connection, of {}", order.connected);
    if let Err(why) = descriptors::enough(order.connected) {
        checks.not_measured(&what, &why);
        return Ok(());
    }
    let mut table = Table::new(["server", "bytes allocated", "bytes resident"]);
    for contender in ALL.iter().chain([&SILENCE]).filter(|contender| asked(contender)) {
        let measured = connected(contender, order.connected).map_err(|error| format!("{}: {error}", contender.name))?;
        table.row([contender.name.to_owned(), format!("{:.0}", measured.0), format!("{:.0}", measured.1)]);
        if contender.name == ALL[TAKEOVER].name {
            checks.at_most(&what, measured.1, bars::IDLE_RESIDENT);
        }
    }
    println!("## {} idle connections, with HTTP\n", order.connected);
    table.print();
    Ok(())
}

/// Bytes and allocations for each session, with its share of the log's list.
fn ours(subscribers: usize) -> (f64, f64) {
    per_subscriber(subscribers, |subscribers| {
        let log = EventLog::default();
        let mut sessions: Vec<_> = (0..subscribers).map(|_| Session::resume(&log, None)).collect();
        let mut context = Context::from_waker(Waker::noop());
        for session in &mut sessions {
            while session.poll_bytes(&mut context).is_ready() {}
        }
        (log, sessions)
    })
}

fn axum(subscribers: usize) -> (f64, f64) {
    per_subscriber(subscribers, |subscribers| {
        let sender = broadcast::Sender::<String>::new(16);
        let body = |_| {
            let events = unfold(sender.subscribe(), |mut receiver| async move {
                let data = next(&mut receiver).await?;
                Some((Ok::<_, Infallible>(Event::default().data(data)), receiver))
            });
            Sse::new(events).keep_alive(KeepAlive::default()).into_response().into_body()
        };
        let mut bodies: Vec<Body> = (0..subscribers).map(body).collect();
        let mut context = Context::from_waker(Waker::noop());
        for body in &mut bodies {
            let polled = std::pin::Pin::new(body).poll_frame(&mut context);
            assert!(matches!(polled, Poll::Pending), "nothing was sent");
        }
        (sender, bodies)
    })
}

/// What the runtime keeps for the heartbeat of each.
fn timers(subscribers: usize) -> (f64, f64) {
    let timer = |_| Box::pin(tokio::time::sleep(Duration::from_secs(15)));
    let (bytes, calls) = per_subscriber(subscribers, |subscribers| (0..subscribers).map(timer).collect::<Vec<_>>());
    // The list of them is not the runtime's.
    (bytes - size_of::<usize>() as f64, calls)
}

/// What is still allocated when this has made so many subscribers.
fn per_subscriber<T>(subscribers: usize, make: impl FnOnce(usize) -> T) -> (f64, f64) {
    allocs::start();
    let kept = make(subscribers);
    let counted = allocs::counted();
    allocs::stop();
    drop(kept);
    (counted.live as f64 / subscribers as f64, counted.calls as f64 / subscribers as f64)
}

/// Bytes allocated and bytes resident for each connection of a server.
fn connected(contender: &Contender, connections: usize) -> Result<(f64, f64), String> {
    let mut host = Host::start(contender.name)?;
    // What comes with the first connection is not counted.
    let _first = Load::connect(host.address, "/", 1)?;
    host.count()?;
    let before = host.report()?;
    let _load = Load::connect(host.address, "/", connections)?;
    thread::sleep(Duration::from_millis(200));
    let after = host.report()?;
    let each = |bytes: i64| bytes as f64 / connections as f64;
    Ok((each(after.live - before.live), each(after.resident as i64 - before.resident as i64)))
}
