//! Connections: requests, answers, breaks, reconnections.

use std::path::PathBuf;

use sse_conformance::http::{self, HttpCase, HttpReport};

use super::{Run, Suite, Tally, load_files};
use crate::command::{Failure, subject::SubjectName};

pub(in crate::command) static SUITE: Suite = Suite { name: "http", judges_proto: true, mark: "conns", load };

fn load(files: &[PathBuf], subject: SubjectName, strict: bool) -> Result<Run, Failure> {
    let cases = if files.is_empty() { HttpCase::suite() } else { load_files(files, HttpCase::load)? };
    Ok(Box::new(move || {
        let mut clients = http::subjects::all();
        clients.retain(|client| subject.includes(client.name()));
        let reports = http::run_all(&clients, &cases);
        let mut tallies: Vec<_> = reports.iter().map(|report| tally(report, strict)).collect();
        if let Some(first) = tallies.first_mut() {
            let notes = cases.iter().flat_map(|case| case.notes().map(|note| format!("note {}: {note}", case.id)));
            first.lines = notes.chain(core::mem::take(&mut first.lines)).collect();
        }
        tallies
    }))
}

fn tally(report: &HttpReport, strict: bool) -> Tally {
    let failed: Vec<_> = report.failed(strict).map(|result| format!("FAILED {}: {result}", report.subject)).collect();
    let tolerated: Vec<_> =
        report.tolerated(strict).map(|result| format!("tolerated {}: {result}", report.subject)).collect();
    let skipped: Vec<_> = report.skipped().map(|result| format!("skipped {}: {result}", report.subject)).collect();
    Tally {
        suite: SUITE.name,
        subject: report.subject.clone(),
        passed: report.passed(),
        failed: failed.len(),
        tolerated: tolerated.len(),
        skipped: skipped.len(),
        lines: [skipped, failed, tolerated].concat(),
        results: serde_json::json!(report.results),
    }
}
