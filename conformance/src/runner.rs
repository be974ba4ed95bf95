//! Runs cases on a reader.

use core::{any::Any, fmt, panic::AssertUnwindSafe};
use std::panic;

use serde::Serialize;

use crate::{Case, Cutting, Harness, Level, Outcome, Subject, oracle};

/// Streams up to this many bytes are checked for promptness: the oracle reads every prefix of them.
const PROMPTNESS: usize = 300;

/// Runs every case on every harness of `subject`, cut in every way of [`Cutting::all`].
///
/// A panic in a harness is a failure of the case. A harness that does not return hangs the run.
pub fn run(subject: &Subject, cases: &[Case]) -> Report {
    run_with(subject, cases, Cutting::all)
}

/// Runs every case on every harness of `subject`, cut in the ways that `cuttings` gives for the bytes of its stream.
///
/// With a case made by [`Case::by_oracle`] this is the body of a property test.
pub fn run_with(subject: &Subject, cases: &[Case], cuttings: impl Fn(&[u8]) -> Vec<Cutting>) -> Report {
    let results = cases
        .iter()
        .map(|case| {
            let judge = Judge::new(case);
            let cuttings = cuttings(&case.input);
            CaseResult {
                id: case.id.clone(),
                level: case.level,
                note: case.note.clone(),
                requirements: case.requirements.clone(),
                input: escaped(&case.input),
                failures: subject.harnesses.iter().filter_map(|harness| judge.try_all(&**harness, &cuttings)).collect(),
            }
        })
        .collect();
    Report { subject: subject.name.clone(), results }
}

/// What a run came to. `F` is how a case of the suite can fail.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Report<F = Failure> {
    /// The name of the subject.
    pub subject: String,
    /// One result for each case.
    pub results: Vec<CaseResult<F>>,
}

impl<F: fmt::Display> Report<F> {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.results.iter().filter(|result| result.failures.is_empty()).count()
    }

    /// The cases that count as failed: those of the levels `must` and `must-not-break`, and with `strict` those of
    /// the level `should`.
    pub fn failed(&self, strict: bool) -> impl Iterator<Item = &CaseResult<F>> {
        self.results.iter().filter(move |result| result.counts_as_failed(strict))
    }

    /// The cases that did not come out as expected and do not count as failed.
    pub fn tolerated(&self, strict: bool) -> impl Iterator<Item = &CaseResult<F>> {
        self.results.iter().filter(move |result| !result.failures.is_empty() && !result.counts_as_failed(strict))
    }

    /// Panics with a readable list if a case failed: the last line of a test.
    ///
    /// # Panics
    ///
    /// A case of the level `must` or `must-not-break` failed.
    #[track_caller]
    pub fn assert_passed(&self) {
        let failed: Vec<String> = self.failed(false).map(CaseResult::to_string).collect();
        assert!(failed.is_empty(), "{}: {} cases failed\n{}", self.subject, failed.len(), beginning(&failed));
    }
}

/// The first of many results, one below the other.
pub(crate) fn beginning(results: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut shown: Vec<String> = results.iter().take(SHOWN).map(|result| result.trim_end().to_owned()).collect();
    if results.len() > SHOWN {
        shown.push(format!("… and {} more", results.len() - SHOWN));
    }
    shown.join("\n")
}

/// What one case came to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CaseResult<F = Failure> {
    /// The case's ID.
    pub id: String,
    /// How much a failure counts.
    pub level: Level,
    /// What is tested, in words.
    pub note: String,
    /// The requirements that the case is about, by their numbers in `REQUIREMENTS.md`.
    pub requirements: Vec<String>,
    /// The beginning of what was handed over, escaped.
    pub input: String,
    /// The first failure of each harness that failed.
    pub failures: Vec<F>,
}

impl<F> CaseResult<F> {
    fn counts_as_failed(&self, strict: bool) -> bool {
        let counts = match self.level {
            Level::Info => false,
            Level::Must | Level::MustNotBreak => true,
            Level::Should => strict,
        };
        counts && !self.failures.is_empty()
    }
}

impl<F: fmt::Display> fmt::Display for CaseResult<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, failure) in self.failures.iter().enumerate() {
            let indent = if index == 0 { "" } else { "\n  and " };
            write!(f, "{indent}{} ({}), {failure}", self.id, self.level)?;
        }
        write!(f, "\n  input:    {}", self.input)?;
        let requirements = self.requirements.join(", ");
        match (&*self.note, &*requirements) {
            ("", "") => writeln!(f),
            ("", about) | (about, "") => writeln!(f, "\n  about:    {about}"),
            (note, requirements) => writeln!(f, "\n  about:    {note} ({requirements})"),
        }
    }
}

/// How a case failed on a harness.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Failure {
    /// The name of the harness.
    pub harness: String,
    /// The cutting, in words.
    pub cutting: String,
    /// What was to come out.
    pub expected: Outcome,
    /// What came out instead.
    pub got: Got,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { harness, cutting, expected, got } = self;
        write!(f, "{harness}, {cutting}\n  expected: {}\n  got:      {got}", Shortened(expected))
    }
}

/// What came out of a case that failed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Got {
    /// The harness returned an error.
    Error(String),
    /// Too few or too many events were there when so many bytes of the stream had been fed.
    #[serde(rename_all = "camelCase")]
    NotPrompt {
        /// Bytes fed so far.
        fed: usize,
        /// Events that these complete.
        due: usize,
        /// Events that had been given.
        given: usize,
    },
    /// Another outcome.
    Outcome(Outcome),
    /// The harness panicked.
    Panic(String),
}

impl fmt::Display for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "the error {error:?}"),
            Self::NotPrompt { fed, due, given } => {
                let wrong = if given < due { "late" } else { "early" };
                write!(f, "{wrong} (R-056): {given} events from the first {fed} bytes, which complete {due}")
            }
            Self::Outcome(outcome) => fmt::Display::fmt(&Shortened(outcome), f),
            Self::Panic(message) => write!(f, "the panic {message:?}"),
        }
    }
}

/// A case and what has to be known of it for all cuttings.
struct Judge<'a> {
    case: &'a Case,
    /// How many events each prefix completes, by its length; empty for long streams.
    due: Vec<usize>,
}

impl<'a> Judge<'a> {
    fn new(case: &'a Case) -> Self {
        let due = if case.input.len() <= PROMPTNESS {
            (0..=case.input.len()).map(|end| oracle::read(&case.input[..end]).events.len()).collect()
        } else {
            Vec::new()
        };
        Self { case, due }
    }

    /// The first failure, if there is one.
    fn try_all(&self, harness: &dyn Harness, cuttings: &[Cutting]) -> Option<Failure> {
        cuttings.iter().find_map(|cutting| {
            let got = self.try_one(harness, cutting)?;
            Some(Failure {
                harness: String::from(harness.name()),
                cutting: cutting.to_string(),
                expected: self.case.expected.clone(),
                got,
            })
        })
    }

    fn try_one(&self, harness: &dyn Harness, cutting: &Cutting) -> Option<Got> {
        // The stream lives within the call, so nothing is seen again that a panic may have left half done.
        let result = panic::catch_unwind(AssertUnwindSafe(|| self.read(harness, cutting)));
        let got = match result {
            Err(payload) => Got::Panic(message(&*payload)),
            Ok(Err(got)) => got,
            Ok(Ok(outcome)) if self.case.expected.agrees(&outcome) => return None,
            Ok(Ok(outcome)) => Got::Outcome(outcome),
        };
        let broken = matches!(got, Got::Panic(_));
        (self.case.level != Level::MustNotBreak || broken).then_some(got)
    }

    fn read(&self, harness: &dyn Harness, cutting: &Cutting) -> Result<Outcome, Got> {
        let mut stream = harness.open();
        let mut events = Vec::new();
        let mut fed = 0;
        for piece in cutting.cut(&self.case.input) {
            events.append(&mut stream.feed(piece).map_err(Got::Error)?);
            fed += piece.len();
            let given = events.len();
            if let Some(&due) = self.due.get(fed)
                && due != given
            {
                return Err(Got::NotPrompt { fed, due, given });
            }
        }
        let mut ending = stream.finish().map_err(Got::Error)?;
        events.append(&mut ending.events);
        Ok(Outcome { events, ..ending })
    }
}

/// What a panic said.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or(payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message").into()
}

/// An outcome for people: escaped, and without the middle of what is long.
pub(crate) struct Shortened<'a>(pub(crate) &'a Outcome);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const EVENTS: usize = 8;
        let Outcome { events, retry, last_event_id } = self.0;
        f.write_str("events [")?;
        for (index, event) in events.iter().take(EVENTS).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let (event_type, data, id) =
                (shorten(&event.event_type), shorten(&event.data), shorten(&event.last_event_id));
            write!(f, "{separator}{{type {event_type}, data {data}, lastEventId {id}")?;
            if let Some(own_id) = event.own_id {
                write!(f, ", ownId {own_id}")?;
            }
            f.write_str("}")?;
        }
        if events.len() > EVENTS {
            write!(f, ", … {} in all", events.len())?;
        }
        f.write_str("], retry ")?;
        match retry {
            None => f.write_str("null")?,
            Some(millis) => write!(f, "{millis}")?,
        }
        write!(f, ", lastEventId {}", shorten(last_event_id))
    }
}

/// The beginning of a stream for people.
fn escaped(input: &[u8]) -> String {
    const SHOWN: usize = 120;
    let shown = input[..input.len().min(SHOWN)].escape_ascii();
    let more = if input.len() > SHOWN { " …" } else { "" };
    format!("\"{shown}\"{more} ({} bytes)", input.len())
}

/// A text without its end if it is long.
pub(crate) fn bounded(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((end, _)) => format!("{} …", &text[..end]),
    }
}

/// A text for people: escaped, and without the middle if it is long.
pub(crate) fn shorten(text: &str) -> String {
    const WHOLE: usize = 120;
    const SHOWN: usize = 40;
    let length = text.chars().count();
    if length <= WHOLE {
        return format!("{text:?}");
    }
    let head: String = text.chars().take(SHOWN).collect();
    let tail: String = text.chars().skip(length - SHOWN).collect();
    format!("{head:?} … {tail:?} ({length} characters)")
}
