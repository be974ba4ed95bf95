//! `sse-conformance run`

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::ValueEnum;
use serde::Serialize;

use super::{
    Failure,
    subject::SubjectName,
    suites::{self, Suite, Tally},
};

/// Run cases on the readers, writers, clients and servers of this project.
///
/// The exit code is 0 if all passed, 1 if a case failed, and 2 if the command was called wrongly.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The cases to run.
    #[arg(long, value_enum, default_value_t)]
    suite: SuiteName,
    /// What to run them on. A suite that has no such subject is left out, unless it was named.
    #[arg(long, value_parser = SubjectName::parser(), default_value_t)]
    subject: SubjectName,
    /// Run the cases of this file instead of the built-in ones; can be given several times. Where no suite is named, the
    /// file says by its fields which one it is for.
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
    /// Write a report in JSON to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Count failed cases of the level `should`, too.
    #[arg(long)]
    strict: bool,
}

/// A name for every entry of [`suites::ALL`].
#[derive(Clone, Copy, Default, Eq, PartialEq, ValueEnum)]
enum SuiteName {
    /// Every suite that the subject can run.
    #[default]
    All,
    /// Values in, bytes out, by every way to write.
    Encoder,
    /// Connections: requests, answers, breaks, reconnections.
    Http,
    /// Bytes in, events out.
    Parser,
    /// Small servers, judged from outside.
    #[cfg(feature = "tokio")]
    Server,
}

impl SuiteName {
    fn suite(self) -> Option<&'static Suite> {
        match self {
            Self::All => None,
            Self::Encoder => Some(&suites::ENCODER),
            Self::Http => Some(&suites::HTTP),
            Self::Parser => Some(&suites::PARSER),
            #[cfg(feature = "tokio")]
            Self::Server => Some(&suites::SERVER),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let chosen = arguments.chosen()?;
    let loaded: Vec<_> = chosen
        .iter()
        .map(|(suite, files)| (suite.load)(files, arguments.subject.clone(), arguments.strict))
        .collect::<Result<_, _>>()?;
    // Opened before the run, so that a wrong path is noticed at once, and emptied after it.
    let json = arguments.json.as_deref().map(open).transpose()?;
    let mut tallies: Vec<Tally> = Vec::new();
    let mut reader_left = false;
    for ((suite, _), run) in chosen.iter().zip(loaded) {
        let done = run();
        if !reader_left {
            match write_text(&mut io::stdout().lock(), (chosen.len() > 1).then_some(suite.name), &done) {
                // Nobody reads on, and somebody may still look at the exit code.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => reader_left = true,
                written => written.map_err(Failure::output)?,
            }
        }
        tallies.extend(done);
    }
    if let Some(file) = json {
        write_json(file, &tallies, arguments.strict).map_err(Failure::output)?;
    }
    Ok(ExitCode::from(u8::from(tallies.iter().any(|tally| tally.failed > 0))))
}

impl Arguments {
    /// The suites to run, each with its files: none for the built-in cases.
    fn chosen(&self) -> Result<Vec<(&'static Suite, Vec<PathBuf>)>, Failure> {
        let has_subject = |suite: &&Suite| suite.subjects().iter().any(|name| self.subject.includes(name));
        if let Some(suite) = self.suite.suite() {
            if !has_subject(&suite) {
                let names = suite.subjects().join(", ");
                return Err(Failure::misuse(format!("the suite {} has no such subject: it has {names}", suite.name)));
            }
            return Ok(vec![(suite, self.cases.clone())]);
        }
        if self.cases.is_empty() {
            return Ok(suites::ALL.iter().copied().filter(has_subject).map(|suite| (suite, Vec::new())).collect());
        }
        let mut chosen: Vec<(&'static Suite, Vec<PathBuf>)> = Vec::new();
        for file in &self.cases {
            let suite = suites::of_file(file);
            match chosen.iter_mut().find(|(other, _)| other.name == suite.name) {
                Some((_, files)) => files.push(file.clone()),
                None => chosen.push((suite, vec![file.clone()])),
            }
        }
        Ok(chosen)
    }
}

fn open(file: &Path) -> Result<File, Failure> {
    let opened = File::options().write(true).create(true).truncate(false).open(file);
    opened.map_err(|error| Failure::misuse(format!("{}: {error}", file.display())))
}

/// What there is to say of single cases, then one line with the counts, after the suite's name if there are several.
fn write_text(output: &mut impl Write, suite: Option<&str>, tallies: &[Tally]) -> io::Result<()> {
    for line in tallies.iter().flat_map(|tally| &tally.lines) {
        writeln!(output, "{line}")?;
    }
    let counts: Vec<String> = tallies.iter().map(ToString::to_string).collect();
    let suite = suite.map(|name| format!("{name}: ")).unwrap_or_default();
    writeln!(output, "{suite}{}", counts.join("; "))?;
    output.flush()
}

#[derive(Serialize)]
struct WrittenReport<'a> {
    strict: bool,
    subjects: &'a [Tally],
}

fn write_json(file: File, tallies: &[Tally], strict: bool) -> io::Result<()> {
    // Devices and pipes cannot be cut.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    let mut output = BufWriter::new(file);
    serde_json::to_writer_pretty(&mut output, &WrittenReport { strict, subjects: tallies })?;
    output.write_all(b"\n")?;
    output.flush()
}
