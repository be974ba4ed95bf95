//! What heartbeats cost: sessions whose peers are silent, without HTTP.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use axum::{
    body::HttpBody,
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream::pending;
use sse_tokio::{EventLog, SessionConfig, server::Heartbeat};
use tokio::runtime::{Builder, Runtime};

use super::bars::{self, Checks};
use crate::{cpu::Cpu, table::Table};

/// The period that is measured, and the one that it stands for.
const PERIOD: Duration = Duration::from_secs(1);
const USUAL: Duration = Duration::from_secs(15);

const OURS: &str = "ours, a heartbeat each second";

/// Starts so many sessions, which count what they send.
type Start = fn(&Runtime, usize, &Arc<AtomicU64>);

/// Measures and prints.
pub(super) fn run(sessions: usize, periods: u32, checks: &mut Checks) -> Result<(), String> {
    let mut table =
        Table::new(["sessions", "heartbeats/s", "CPU ms/s", "CPU µs/heartbeat", "CPU ms/s at 15 s", "% of one core"]);
    let kinds: [(&str, Start); 3] = [(OURS, ours), ("ours, none", quiet), ("axum Sse, a comment each second", axum)];
    for (name, start) in kinds {
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
        let beats = Arc::new(AtomicU64::new(0));
        start(&runtime, sessions, &beats);
        thread::sleep(PERIOD / 2);
        let (from, before, clock) = (beats.load(Relaxed), Cpu::now(), Instant::now());
        thread::sleep(PERIOD * periods);
        let (count, spent, wall) = (beats.load(Relaxed) - from, Cpu::now() - before, clock.elapsed().as_secs_f64());
        runtime.shutdown_background();
        let cpu = spent.total().as_secs_f64() / wall;
        let scaled = cpu * PERIOD.as_secs_f64() / USUAL.as_secs_f64();
        let each = if count == 0 { f64::NAN } else { spent.total().as_secs_f64() / count as f64 };
        table.row([
            name.to_owned(),
            format!("{:.0}", count as f64 / wall),
            format!("{:.2}", cpu * 1e3),
            format!("{:.2}", each * 1e6),
            format!("{:.2}", scaled * 1e3),
            format!("{:.3}", scaled * 100.0),
        ]);
        if name == OURS {
            let all = (sessions as u64 * u64::from(periods)) as f64;
            checks.at_least("heartbeats sent, times those due", count as f64 / all, bars::HEARTBEATS_SENT);
        }
    }
    println!("## Heartbeats of {sessions} sessions, without HTTP\n");
    table.print();
    Ok(())
}

fn ours(runtime: &Runtime, sessions: usize, beats: &Arc<AtomicU64>) {
    start(runtime, sessions, beats, Some(Heartbeat::quiet(PERIOD)));
}

fn quiet(runtime: &Runtime, sessions: usize, beats: &Arc<AtomicU64>) {
    start(runtime, sessions, beats, None);
}

fn start(runtime: &Runtime, sessions: usize, beats: &Arc<AtomicU64>, heartbeat: Option<Heartbeat>) {
    let _entered = runtime.enter();
    let log = EventLog::default();
    for _ in 0..sessions {
        let config = SessionConfig::new().heartbeat(heartbeat.clone());
        let (mut session, beats) = (log.session().config(config).open(), Arc::clone(beats));
        runtime.spawn(async move {
            while poll_fn(|cx| session.poll_bytes(cx)).await.is_some() {
                beats.fetch_add(1, Relaxed);
            }
        });
    }
}

fn axum(runtime: &Runtime, sessions: usize, beats: &Arc<AtomicU64>) {
    let _entered = runtime.enter();
    for _ in 0..sessions {
        let events = Sse::new(pending::<Result<Event, Infallible>>()).keep_alive(KeepAlive::new().interval(PERIOD));
        let (mut body, beats) = (events.into_response().into_body(), Arc::clone(beats));
        runtime.spawn(async move {
            while poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await.is_some() {
                beats.fetch_add(1, Relaxed);
            }
        });
    }
}
