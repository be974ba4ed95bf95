//! Metrics of every kind of session, with the crate `metrics`: how many are open, why they ended, and what they sent.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example metrics
//! ```
//!
//! `Metrics` is what a program has to write. The recorder is that of the program (Prometheus, StatsD); here it is a table.

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, extract::State, routing::get};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, counter, gauge,
    set_default_local_recorder,
};
use sse_tokio::{
    EventLog, EventSource, Session, SessionConfig,
    server::{CloseReason, DrainConfig, Observer, Resumed, SessionInfo, SessionTotals, Transmitted},
};
use tokio::net::TcpListener;

/// Reports to the recorder of the program.
struct Metrics;

impl Observer for Metrics {
    fn opened(&self, session: &SessionInfo<'_>) {
        counter!("sse_sessions_opened", "kind" => kind(session)).increment(1);
        gauge!("sse_sessions", "kind" => kind(session)).increment(1);
    }

    fn resumed(&self, _: &SessionInfo<'_>, resumed: Resumed) {
        if resumed != Resumed::Exact {
            counter!("sse_sessions_not_resumed").increment(1);
        }
    }

    fn lagged(&self, _: &SessionInfo<'_>, missed: u64) {
        counter!("sse_events_missed").increment(missed);
    }

    fn transmitted(&self, session: &SessionInfo<'_>, transmitted: Transmitted) {
        counter!("sse_events", "kind" => kind(session)).increment(transmitted.events);
        counter!("sse_bytes", "kind" => kind(session)).increment(transmitted.bytes);
        counter!("sse_heartbeats").increment(transmitted.heartbeats);
    }

    fn closed(&self, session: &SessionInfo<'_>, reason: CloseReason, _: SessionTotals) {
        gauge!("sse_sessions", "kind" => kind(session)).decrement(1);
        counter!("sse_sessions_closed", "reason" => reason.name()).increment(1);
    }
}

fn kind(session: &SessionInfo<'_>) -> &'static str {
    if session.topics.is_some_and(<[_]>::is_empty) { "fed" } else { "log" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run().await
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let table = Table::default();
    // A program has one for all threads: `metrics::set_global_recorder`.
    let _recorder = set_default_local_recorder(&table);

    let log = EventLog::default();
    log.observe(Metrics);
    let app = Router::new().route("/log", get(reading)).route("/handler", get(handler)).with_state(log.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    let mut from_log = EventSource::get(format!("{origin}/log"))?;
    while log.sessions() == 0 {
        tokio::select! {
            _ = from_log.next_change() => {}
            () = tokio::task::yield_now() => {}
        }
    }
    log.publish_all(["a", "b"])?;
    for _ in 0..2 {
        from_log.next().await.ok_or("no event")??;
    }
    let mut from_handler = EventSource::get(format!("{origin}/handler"))?;
    from_handler.next().await.ok_or("no event")??;
    table.print("two clients listen");
    let open = [("sse_sessions{kind=log}", 1), ("sse_sessions{kind=fed}", 1)];
    let sent = [("sse_events{kind=log}", 2), ("sse_events{kind=fed}", 1)];
    table.expect(&[open, sent].concat())?;

    log.drain(DrainConfig::new()).await;
    table.print("the server stops");
    table.expect(&[
        ("sse_sessions{kind=log}", 0),
        ("sse_sessions{kind=fed}", 0),
        ("sse_sessions_closed{reason=drained}", 2),
    ])?;
    server.abort();
    Ok(())
}

async fn reading(State(log): State<EventLog>) -> Session {
    log.session().open()
}

/// What is in the log's group is observed with it.
async fn handler(State(log): State<EventLog>) -> Session {
    let session = Session::run(SessionConfig::new(), async |sender| {
        let _ = sender.send("hello").await;
        std::future::pending::<()>().await;
    });
    session.join(&log.group())
}

/// A recorder that keeps a number under each name.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

impl Table {
    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<String> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = match &labels[..] {
            [] => key.name().to_owned(),
            labels => format!("{}{{{}}}", key.name(), labels.join(",")),
        };
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default())
    }

    /// A gauge keeps the bits of a float, a counter a number.
    fn numbers(&self) -> BTreeMap<String, u64> {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |(name, cell): (&String, &Arc<AtomicU64>)| {
            let bits = cell.load(Ordering::Relaxed);
            let is_gauge = name.starts_with("sse_sessions{");
            (name.clone(), if is_gauge { f64::from_bits(bits) as u64 } else { bits })
        };
        cells.iter().map(number).collect()
    }

    fn print(&self, title: &str) {
        println!("{title}:");
        for (name, number) in self.numbers() {
            println!("  {name} {number}");
        }
    }

    fn expect(&self, expected: &[(&str, u64)]) -> Result<(), String> {
        let numbers = self.numbers();
        match expected.iter().find(|(name, number)| numbers.get(*name) != Some(number)) {
            None => Ok(()),
            Some((name, number)) => Err(format!("{name} should be {number}: {numbers:?}")),
        }
    }
}

impl Recorder for Table {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
