//! The suites that the command can run: a file for each, and a line in [`ALL`].

mod encoder;
mod http;
mod parser;
#[cfg(feature = "tokio")]
mod server;

use core::fmt;
use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;
use sse_conformance::runner::Report;

#[cfg(feature = "tokio")]
pub(super) use self::server::SUITE as SERVER;
pub(super) use self::{encoder::SUITE as ENCODER, http::SUITE as HTTP, parser::SUITE as PARSER};
use super::{
    Failure,
    subject::{self, SubjectName},
};

/// Every suite, in the order in which they are run.
pub(super) static ALL: &[&Suite] = &[
    &PARSER,
    &HTTP,
    &ENCODER,
    #[cfg(feature = "tokio")]
    &SERVER,
];

/// A set of cases, and how to run it.
pub(super) struct Suite {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// Whether it can judge sse-proto by itself, beside the runtimes.
    pub(super) judges_proto: bool,
    /// A field that the cases of this suite have and those of other suites have not; empty if there are no files.
    pub(super) mark: &'static str,
    /// Reads the cases of these files, or the built-in ones if there are none, for a run on these subjects.
    pub(super) load: fn(&[PathBuf], SubjectName, strict: bool) -> Result<Run, Failure>,
}

impl Suite {
    /// The names of what it can judge.
    pub(super) fn subjects(&self) -> Vec<&'static str> {
        subject::names(self.judges_proto)
    }
}

/// A run that is ready to be started: one tally for each subject.
pub(super) type Run = Box<dyn FnOnce() -> Vec<Tally>>;

/// What a run came to on one subject.
#[derive(Serialize)]
pub(super) struct Tally {
    pub(super) suite: &'static str,
    #[serde(rename = "name")]
    pub(super) subject: String,
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) tolerated: usize,
    pub(super) skipped: usize,
    /// What people have to know of single cases.
    #[serde(skip)]
    pub(super) lines: Vec<String>,
    /// The same and more for programs, in a form of the suite's own.
    pub(super) results: serde_json::Value,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} passed, {} failed", self.subject, self.passed, self.failed)?;
        for (count, what) in [(self.tolerated, "tolerated"), (self.skipped, "skipped")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// The suite that a file is for, by the fields of its first case. A file that cannot be read is left to the first suite,
/// which says what is wrong with it.
pub(super) fn of_file(file: &Path) -> &'static Suite {
    let json = fs::read(file).ok().and_then(|json| serde_json::from_slice::<serde_json::Value>(&json).ok());
    let has = |mark: &str| json.as_ref().is_some_and(|cases| cases.get(0).is_some_and(|case| case.get(mark).is_some()));
    ALL.iter().copied().find(|suite| has(suite.mark)).unwrap_or(&PARSER)
}

/// Reads all files with `load`; there has to be a case in each.
fn load_files<C, E: fmt::Display>(
    files: &[PathBuf],
    load: impl Fn(&Path) -> Result<Vec<C>, E>,
) -> Result<Vec<C>, Failure> {
    let mut cases = Vec::new();
    for file in files {
        let mut found = load(file).map_err(Failure::misuse)?;
        if found.is_empty() {
            return Err(Failure::misuse(format!("{}: there is no case in this file", file.display())));
        }
        cases.append(&mut found);
    }
    Ok(cases)
}

/// The tally of a suite whose cases pass or fail.
fn tally<F: fmt::Display + Serialize>(suite: &'static str, report: &Report<F>, strict: bool) -> Tally {
    let failed: Vec<_> =
        report.failed(strict).map(|result| format!("FAILED {}", result.to_string().trim_end())).collect();
    let tolerated: Vec<_> =
        report.tolerated(strict).map(|result| format!("tolerated {}", result.to_string().trim_end())).collect();
    Tally {
        suite,
        subject: report.subject.clone(),
        passed: report.passed(),
        failed: failed.len(),
        tolerated: tolerated.len(),
        skipped: 0,
        lines: [failed, tolerated].concat(),
        results: serde_json::json!(report.results),
    }
}
