//! Requests in, streams out.

use std::path::PathBuf;

use sse_conformance::{
    server::{self, ServerReport},
    subjects::servers,
};

use super::{Run, Suite, Tally};
use crate::command::{Failure, subject::SubjectName};

pub(in crate::command) static SUITE: Suite = Suite { name: "server", judges_proto: false, mark: "", load };

fn load(files: &[PathBuf], subject: SubjectName, strict: bool) -> Result<Run, Failure> {
    if !files.is_empty() {
        return Err(Failure::misuse(
            "the suite server has no cases in files: `sse-conformance server URL` judges others",
        ));
    }
    let chosen: Vec<_> = servers::all().into_iter().filter(|(name, _)| subject.includes(name)).collect();
    Ok(Box::new(move || {
        let judge = |(name, start): (&'static str, fn() -> std::io::Result<servers::Server>)| match start() {
            Ok(server) => tally(&server::run(name, &server.target()), strict),
            Err(error) => Tally {
                suite: SUITE.name,
                subject: name.into(),
                passed: 0,
                failed: 1,
                tolerated: 0,
                skipped: 0,
                lines: vec![format!("FAILED {name}: no server: {error}")],
                results: serde_json::Value::Null,
            },
        };
        chosen.into_iter().map(judge).collect()
    }))
}

fn tally(report: &ServerReport, strict: bool) -> Tally {
    let failed = report.failed(strict).map(|result| format!("FAILED {}, {result}", report.subject));
    let tolerated = report.tolerated(strict).map(|result| format!("tolerated {}, {result}", report.subject));
    Tally {
        suite: SUITE.name,
        subject: report.subject.clone(),
        passed: report.passed(),
        failed: report.failed(strict).count(),
        tolerated: report.tolerated(strict).count(),
        skipped: report.skipped().count(),
        lines: failed.chain(tolerated).collect(),
        results: serde_json::json!(report.results),
    }
}
