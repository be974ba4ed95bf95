//! `sse-conformance run`

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::ValueEnum;
use serde::Serialize;
use sse_conformance::{
    Case, Subject,
    runner::{self, CaseResult, Report},
    subjects,
};

use super::Failure;

/// Run cases on the readers of this project.
///
/// Every case is run with its stream cut in many ways. The exit code is 0 if all passed, 1 if a case failed, and 2 if
/// the command was called wrongly.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The cases to run; every suite if none is named.
    #[arg(long, value_enum)]
    suite: Option<Suite>,
    /// The reader to run them on.
    #[arg(long, value_enum, default_value_t)]
    subject: SubjectName,
    /// Run the cases of this file instead of the built-in ones; can be given several times.
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
    /// Write a report in JSON to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Count failed cases of the level `should`, too.
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Suite {
    /// Bytes in, events out.
    Parser,
}

impl Suite {
    fn cases(self) -> Vec<Case> {
        match self {
            Self::Parser => Case::parser_suite(),
        }
    }
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum SubjectName {
    /// Every reader there is.
    #[default]
    All,
    /// The decoder of sse-proto.
    Proto,
    /// The reader of sse-tokio.
    #[cfg(feature = "tokio")]
    Tokio,
}

impl SubjectName {
    fn subjects(self) -> Vec<Subject> {
        match self {
            Self::All => subjects::all(),
            Self::Proto => vec![subjects::proto()],
            #[cfg(feature = "tokio")]
            Self::Tokio => vec![subjects::tokio()],
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let cases = arguments.cases()?;
    // Opened before the run, so that a wrong path is noticed at once.
    let json = arguments.json.as_deref().map(create).transpose()?;
    let subjects = arguments.subject.subjects();
    let reports: Vec<Report> = subjects.iter().map(|subject| runner::run(subject, &cases)).collect();
    if let Some(file) = json {
        write_json(file, &reports, arguments.strict).map_err(Failure::output)?;
    }
    write_text(&mut io::stdout().lock(), &reports, arguments.strict).map_err(Failure::output)?;
    let any_failed = reports.iter().any(|report| report.failed(arguments.strict).next().is_some());
    Ok(ExitCode::from(u8::from(any_failed)))
}

impl Arguments {
    fn cases(&self) -> Result<Vec<Case>, Failure> {
        if self.cases.is_empty() {
            return Ok(self.suite.map_or_else(Case::parser_suite, Suite::cases));
        }
        let mut cases = Vec::new();
        for file in &self.cases {
            cases.append(&mut Case::load(file).map_err(Failure::misuse)?);
        }
        Ok(cases)
    }
}

fn create(file: &Path) -> Result<File, Failure> {
    File::create(file).map_err(|error| Failure::misuse(format!("{}: {error}", file.display())))
}

/// The failures, then one line with the counts.
fn write_text(output: &mut impl Write, reports: &[Report], strict: bool) -> io::Result<()> {
    for report in reports {
        for result in report.failed(strict) {
            writeln!(output, "FAILED {result}")?;
        }
        for result in report.tolerated(strict) {
            writeln!(output, "tolerated {result}")?;
        }
    }
    let counts: Vec<String> = reports.iter().map(|report| count(report, strict)).collect();
    writeln!(output, "{}", counts.join("; "))
}

fn count(report: &Report, strict: bool) -> String {
    let counts = format!("{}: {} passed, {} failed", report.subject, report.passed(), report.failed(strict).count());
    match report.tolerated(strict).count() {
        0 => counts,
        tolerated => format!("{counts}, {tolerated} tolerated"),
    }
}

#[derive(Serialize)]
struct WrittenReport<'a> {
    strict: bool,
    subjects: Vec<WrittenSubject<'a>>,
}

#[derive(Serialize)]
struct WrittenSubject<'a> {
    name: &'a str,
    passed: usize,
    failed: usize,
    tolerated: usize,
    results: &'a [CaseResult],
}

fn write_json(file: File, reports: &[Report], strict: bool) -> io::Result<()> {
    let subjects = reports.iter().map(|report| WrittenSubject {
        name: &report.subject,
        passed: report.passed(),
        failed: report.failed(strict).count(),
        tolerated: report.tolerated(strict).count(),
        results: &report.results,
    });
    let mut output = BufWriter::new(file);
    serde_json::to_writer_pretty(&mut output, &WrittenReport { strict, subjects: subjects.collect() })?;
    output.write_all(b"\n")?;
    output.flush()
}
