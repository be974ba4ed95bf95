//! Bytes in, events out.

use std::path::PathBuf;

use sse_conformance::{Case, runner, subjects};

use super::{Run, Suite, load_files, tally};
use crate::command::{Failure, subject::SubjectName};

pub(in crate::command) static SUITE: Suite = Suite { name: "parser", judges_proto: true, mark: "events", load };

fn load(files: &[PathBuf], subject: SubjectName, strict: bool) -> Result<Run, Failure> {
    let cases = if files.is_empty() { Case::parser_suite() } else { load_files(files, Case::load)? };
    Ok(Box::new(move || {
        let chosen = subjects::all().into_iter().filter(|one| subject.includes(&one.name));
        chosen.map(|one| tally(SUITE.name, &runner::run(&one, &cases), strict)).collect()
    }))
}
