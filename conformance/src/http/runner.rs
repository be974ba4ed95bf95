//! Runs connection-level cases on a client.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

#[cfg(feature = "peer")]
use super::over_loopback;
use super::{Client, HttpCase, HttpReport, HttpResult, Verdict, virtual_time};

/// So many cases are run at a time over loopback, where they spend their time with waiting.
const WORKERS: usize = 16;

/// Runs every case on every client, on all of them at the same time, and gives a report for each.
pub fn run_all(clients: &[Client], cases: &[HttpCase]) -> Vec<HttpReport> {
    thread::scope(|scope| {
        let runs: Vec<_> = clients.iter().map(|client| scope.spawn(|| run(client, cases))).collect();
        runs.into_iter().map(|run| run.join().expect("a run does not panic: it takes the panics of clients")).collect()
    })
}

/// Runs every case on a client.
pub fn run(client: &Client, cases: &[HttpCase]) -> HttpReport {
    let next = AtomicUsize::new(0);
    let verdicts: Mutex<Vec<Option<Verdict>>> = Mutex::new(vec![None; cases.len()]);
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(cases.len()) {
            scope.spawn(|| {
                while let Some((index, case)) = take(&next, cases) {
                    let verdict = verdict(client, case);
                    verdicts.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(verdict);
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let result = |(case, verdict): (&HttpCase, Option<Verdict>)| HttpResult {
        id: case.id.clone(),
        title: case.title.clone(),
        level: case.level,
        verdict: verdict.unwrap_or_else(|| Verdict::Failed(vec![String::from("the case was not run to its end")])),
    };
    HttpReport { subject: String::from(client.name()), results: cases.iter().zip(verdicts).map(result).collect() }
}

fn take<'a>(next: &AtomicUsize, cases: &'a [HttpCase]) -> Option<(usize, &'a HttpCase)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    cases.get(index).map(|case| (index, case))
}

fn verdict(client: &Client, case: &HttpCase) -> Verdict {
    if let Some(reason) = case.skipped() {
        return Verdict::Skipped(reason);
    }
    match client {
        Client::Bare => virtual_time::run(case),
        #[cfg(feature = "peer")]
        Client::Network(subject) => over_loopback::run(subject, case),
    }
}
