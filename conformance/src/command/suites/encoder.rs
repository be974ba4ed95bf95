//! Values in, bytes out.

use std::path::PathBuf;

use sse_conformance::{
    encoder::{self, EncoderCase},
    subjects::writers,
};

use super::{Run, Suite, load_files, tally};
use crate::command::{Failure, subject::SubjectName};

pub(in crate::command) static SUITE: Suite = Suite { name: "encoder", judges_proto: true, mark: "write", load };

fn load(files: &[PathBuf], subject: SubjectName, strict: bool) -> Result<Run, Failure> {
    let cases = if files.is_empty() { EncoderCase::suite() } else { load_files(files, EncoderCase::load)? };
    Ok(Box::new(move || {
        let chosen = writers::all().into_iter().filter(|one| subject.includes(&one.name));
        chosen.map(|one| tally(SUITE.name, &encoder::run(&one, &cases), strict)).collect()
    }))
}
