//! Bytes in, events out.

use std::path::PathBuf;

use sse_conformance::{
    Case,
    runner::{self, Report},
    subjects,
};

use super::{Run, Suite, Tally, load_files};
use crate::command::{Failure, run::SubjectName};

pub(in crate::command) static SUITE: Suite = Suite {
    name: "parser",
    subjects: &[
        "proto",
        #[cfg(feature = "tokio")]
        "tokio",
    ],
    mark: "events",
    load,
};

fn load(files: &[PathBuf], subject: SubjectName, strict: bool) -> Result<Run, Failure> {
    let cases = if files.is_empty() { Case::parser_suite() } else { load_files(files, Case::load)? };
    Ok(Box::new(move || {
        let chosen = subjects::all().into_iter().filter(|one| subject.includes(&one.name));
        chosen.map(|one| tally(&runner::run(&one, &cases), strict)).collect()
    }))
}

fn tally(report: &Report, strict: bool) -> Tally {
    let failed: Vec<_> = report.failed(strict).map(|result| format!("FAILED {result}")).collect();
    let tolerated: Vec<_> = report.tolerated(strict).map(|result| format!("tolerated {result}")).collect();
    Tally {
        suite: SUITE.name,
        subject: report.subject.clone(),
        passed: report.passed(),
        failed: failed.len(),
        tolerated: tolerated.len(),
        skipped: 0,
        lines: [failed, tolerated].concat(),
        results: serde_json::json!(report.results),
    }
}
