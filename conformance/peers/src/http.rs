//! Runs clients through the connection-level cases, over loopback.

use std::{panic, sync::Arc};

use eventsource_client::{Client as _, ClientBuilder, ReconnectOptions, SSE};
use futures_util::{Stream, StreamExt};
use reqwest_eventsource::{Event as Received, ReadyState, retry};
use sse_conformance::{
    http::{self, Client, Entry, HttpCase, HttpReport, HttpSubject, Journal, Reaction, Setup, Unsupported},
    runtimes,
};
use tokio::time::timeout;

use crate::table::Table;

/// How many failing cases are named.
const NAMED: usize = 12;

/// Prints how many cases each client passes. Whatever that is, it is no bar that could be missed.
pub(crate) fn run() {
    let cases = HttpCase::suite();
    let ours = runtimes::all().into_iter().map(|runtime| (runtime.client)());
    let others = [Client::Network(Arc::new(ReqwestEventsource)), Client::Network(Arc::new(LaunchDarkly))];
    let clients: Vec<Client> = ours.chain(others).collect();
    // Panics are counted, not shown.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let reports = http::run_all(&clients, &cases);
    panic::set_hook(hook);
    let mut table =
        Table::new(["client", "passed", "failed (must)", "other than expected", "not run", "fails first at"]);
    for report in reports {
        table.row(row(&report));
    }
    println!("Connection-level cases");
    table.print();
}

fn row(report: &HttpReport) -> [String; 6] {
    let failed: Vec<&str> = report.failed(false).map(|result| result.id.as_str()).collect();
    let shown = failed.iter().take(NAMED).copied().collect::<Vec<_>>().join(" ");
    [
        report.subject.clone(),
        report.passed().to_string(),
        failed.len().to_string(),
        report.tolerated(false).count().to_string(),
        report.skipped().count().to_string(),
        shown,
    ]
}

fn block_on(work: impl Future<Output = ()>) -> Result<(), Unsupported> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Unsupported(error.to_string()))?.block_on(work);
    Ok(())
}

/// The settings that are not to be had.
fn refuse(setup: &Setup, possible: &Setup) -> Result<(), Unsupported> {
    if setup == possible { Ok(()) } else { Err(Unsupported(String::from("it has no such settings"))) }
}

struct ReqwestEventsource;

impl HttpSubject for ReqwestEventsource {
    fn name(&self) -> &str {
        "reqwest-eventsource"
    }

    fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported> {
        let reconnection_time_ms = setup.reconnection_time_ms;
        refuse(setup, &Setup { reconnection_time_ms, ..Setup::default() })?;
        block_on(async {
            let mut source = reqwest_eventsource::EventSource::get(url);
            source.set_retry_policy(Box::new(retry::Constant::new(setup.reconnection_time(), None)));
            loop {
                let next = tokio::select! { () = journal.stopped() => return, next = source.next() => next };
                let ready_state = match source.ready_state() {
                    ReadyState::Connecting => 0,
                    ReadyState::Open => 1,
                    ReadyState::Closed => 2,
                };
                let reaction = match next {
                    None => return,
                    Some(Err(_)) => journal.record(Entry::Error { ready_state }),
                    Some(Ok(Received::Open)) => journal.record(Entry::Open),
                    Some(Ok(Received::Message(event))) => journal.record(Entry::Event {
                        event_type: event.event,
                        data: event.data,
                        last_event_id: event.id,
                        ready_state,
                    }),
                };
                if reaction == Reaction::Close {
                    source.close();
                }
            }
        })
    }
}

/// LaunchDarkly's eventsource-client, set to reconnect in all cases.
struct LaunchDarkly;

impl HttpSubject for LaunchDarkly {
    fn name(&self) -> &str {
        "eventsource-client"
    }

    fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported> {
        let Setup { reconnection_time_ms, headers, body, last_event_id, method, .. } = setup.clone();
        let possible = Setup { reconnection_time_ms, headers, body, last_event_id, method, ..Setup::default() };
        refuse(setup, &possible)?;
        let unfit = |error: &dyn std::fmt::Display| Unsupported(error.to_string());
        let mut builder = ClientBuilder::for_url(url).map_err(|error| unfit(&error))?;
        for (name, value) in &setup.headers {
            builder = builder.header(name, value).map_err(|error| unfit(&error))?;
        }
        if let Some(method) = &setup.method {
            builder = builder.method(method.clone()).body(setup.body.clone());
        }
        if let Some(id) = &setup.last_event_id {
            builder = builder.last_event_id(id.clone());
        }
        let reconnect = ReconnectOptions::reconnect(true).retry_initial(true).delay(setup.reconnection_time()).build();
        block_on(async {
            let transport = launchdarkly_sdk_transport::HyperTransport::builder().disable_proxy().build_http();
            let Ok(transport) = transport else { return };
            let client = builder.reconnect(reconnect).build_with_transport(transport);
            record_all(client.stream(), journal).await;
        })
    }
}

/// The client does not say whether an error is for good: it is if the stream ends then.
async fn record_all<E>(mut stream: impl Stream<Item = Result<SSE, E>> + Unpin, journal: &Journal) {
    let soon = std::time::Duration::from_millis(10);
    let mut held = None;
    loop {
        let next = match held.take() {
            Some(next) => next,
            None => tokio::select! { () = journal.stopped() => return, next = stream.next() => next },
        };
        let reaction = match next {
            None => return,
            Some(Err(_)) => match timeout(soon, stream.next()).await {
                Ok(None) => {
                    let _ = journal.record(Entry::Error { ready_state: 2 });
                    return;
                }
                after => {
                    held = after.ok();
                    journal.record(Entry::Error { ready_state: 0 })
                }
            },
            Some(Ok(SSE::Connected(_))) => journal.record(Entry::Open),
            Some(Ok(SSE::Comment(_))) => continue,
            Some(Ok(SSE::Event(event))) => journal.record(Entry::Event {
                event_type: event.event_type,
                data: event.data,
                last_event_id: event.id.unwrap_or_default(),
                ready_state: 1,
            }),
        };
        if reaction == Reaction::Close {
            return;
        }
    }
}
