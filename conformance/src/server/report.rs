//! What a run came to.

use core::fmt;

use serde::Serialize;

use super::CHECKS;
use crate::{Level, runner::bounded};

/// What all checks of a server came to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ServerReport {
    /// The name of the server.
    pub subject: String,
    /// The checks in the order of their IDs.
    pub results: Vec<CheckResult>,
}

impl ServerReport {
    /// How many checks passed.
    pub fn passed(&self) -> usize {
        self.results.iter().filter(|result| result.verdict == Verdict::Passed).count()
    }

    /// The checks that count as failed: those of the level `must`, and with `strict` those of the level `should`.
    pub fn failed(&self, strict: bool) -> impl Iterator<Item = &CheckResult> {
        self.results.iter().filter(move |result| result.failed() && result.counts(strict))
    }

    /// The checks that failed and do not count.
    pub fn tolerated(&self, strict: bool) -> impl Iterator<Item = &CheckResult> {
        self.results.iter().filter(move |result| result.failed() && !result.counts(strict))
    }

    /// The checks for which the target had nothing to show.
    pub fn skipped(&self) -> impl Iterator<Item = &CheckResult> {
        self.results.iter().filter(|result| matches!(result.verdict, Verdict::Skipped(_)))
    }

    /// Panics with a readable list if a check failed: the last line of a test.
    ///
    /// # Panics
    ///
    /// A check of the level `must` failed.
    #[track_caller]
    pub fn assert_passed(&self) {
        let failed: Vec<String> = self.failed(false).map(ToString::to_string).collect();
        assert!(failed.is_empty(), "{}: {} checks failed\n{}", self.subject, failed.len(), failed.join("\n"));
    }
}

/// What one check came to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CheckResult {
    /// The check's ID.
    pub id: &'static str,
    /// How much it counts.
    pub level: Level,
    /// What it is about.
    pub title: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// Everything that was found, where the verdict shows only the beginning.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl CheckResult {
    pub(super) fn new(id: &'static str, verdict: impl Into<Verdict>) -> Self {
        let known = CHECKS.iter().find(|(known, ..)| *known == id);
        let (_, level, title) = *known.expect("a check of the table");
        Self { id, level, title, verdict: verdict.into(), faults: Vec::new() }
    }

    /// A check that finds one thing after the other: the first few are shown.
    pub(super) fn of_faults(id: &'static str, faults: Vec<String>) -> Self {
        const SHOWN: usize = 3;
        const LENGTH: usize = 600;
        if faults.is_empty() {
            return Self::new(id, Verdict::Passed);
        }
        let mut shown: Vec<String> = faults.iter().take(SHOWN).map(|fault| bounded(fault, LENGTH)).collect();
        if faults.len() > SHOWN {
            shown.push(format!("… and {} more, which `--json` shows", faults.len() - SHOWN));
        }
        let verdict = Verdict::Failed(format!("{} faults\n  {}", faults.len(), shown.join("\n  ")));
        Self { faults, ..Self::new(id, verdict) }
    }

    fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
    }

    fn counts(&self, strict: bool) -> bool {
        match self.level {
            Level::Info => false,
            Level::Must | Level::MustNotBreak => true,
            Level::Should => strict,
        }
    }
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, level, title, verdict, .. } = self;
        match verdict {
            Verdict::Failed(what) => write!(f, "failed  {id} ({level}) {title}: {what}"),
            Verdict::Noted(what) => write!(f, "noted   {id} ({level}) {title}: {what}"),
            Verdict::Passed => write!(f, "passed  {id} ({level}) {title}"),
            Verdict::Skipped(why) => write!(f, "skipped {id} ({level}) {title}: {why}"),
        }
    }
}

/// How a check came out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is not as it has to be.
    Failed(String),
    /// Something to know, and nothing to judge.
    Noted(String),
    /// It is as it has to be.
    Passed,
    /// Nothing could be seen, and why.
    Skipped(String),
}

impl From<Result<(), String>> for Verdict {
    fn from(result: Result<(), String>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Passed)
    }
}

impl Verdict {
    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }
}
