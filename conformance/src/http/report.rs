//! What a run of the connection-level cases came to.

use core::fmt;

use serde::Serialize;

use crate::Level;

/// What a run came to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct HttpReport {
    /// The name of the client.
    pub subject: String,
    /// One result for each case.
    pub results: Vec<HttpResult>,
}

/// What one case came to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct HttpResult {
    /// The case's ID.
    pub id: String,
    /// What is tested.
    pub title: String,
    /// How much a failure counts.
    pub level: Level,
    /// What it came to.
    pub verdict: Verdict,
}

/// What a case came to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All that is wrong, in words.
    Failed(Vec<String>),
    /// Everything was as expected.
    Passed,
    /// The case was not run, and why.
    Skipped(String),
}

impl HttpReport {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.results.iter().filter(|result| result.verdict == Verdict::Passed).count()
    }

    /// The cases that count as failed: those of the levels `must` and `must-not-break`, and with `strict` those of
    /// the level `should`.
    pub fn failed(&self, strict: bool) -> impl Iterator<Item = &HttpResult> {
        self.results.iter().filter(move |result| result.counts_as_failed(strict))
    }

    /// The cases that did not come out as expected and do not count as failed.
    pub fn tolerated(&self, strict: bool) -> impl Iterator<Item = &HttpResult> {
        let differs = |result: &HttpResult| matches!(result.verdict, Verdict::Failed(_));
        self.results.iter().filter(move |result| differs(result) && !result.counts_as_failed(strict))
    }

    /// The cases that were not run.
    pub fn skipped(&self) -> impl Iterator<Item = &HttpResult> {
        self.results.iter().filter(|result| matches!(result.verdict, Verdict::Skipped(_)))
    }

    /// Panics with a readable list if a case failed: the last line of a test.
    ///
    /// # Panics
    ///
    /// A case of the level `must` or `must-not-break` failed.
    #[track_caller]
    pub fn assert_passed(&self) {
        let failed: Vec<String> = self.failed(false).map(HttpResult::to_string).collect();
        assert!(
            failed.is_empty(),
            "{}: {} cases failed\n{}",
            self.subject,
            failed.len(),
            crate::runner::beginning(&failed)
        );
    }
}

impl HttpResult {
    fn counts_as_failed(&self, strict: bool) -> bool {
        let counts = match self.level {
            Level::Info => false,
            Level::Must | Level::MustNotBreak => true,
            Level::Should => strict,
        };
        counts && matches!(self.verdict, Verdict::Failed(_))
    }
}

impl fmt::Display for HttpResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, title, level, verdict } = self;
        write!(f, "{id} ({level}), {title}: ")?;
        match verdict {
            Verdict::Failed(problems) => f.write_str(&problems.join("; ")),
            Verdict::Passed => f.write_str("passed"),
            Verdict::Skipped(reason) => f.write_str(reason),
        }
    }
}
