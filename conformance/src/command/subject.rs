//! The names of subjects on the command line.

use core::fmt;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use sse_conformance::runtimes;

/// Every subject.
const ALL: &str = "all";
/// sse-proto by itself.
const PROTO: &str = "proto";

/// What to run a suite on.
#[derive(Clone)]
pub(super) struct SubjectName(String);

impl SubjectName {
    /// Parses the name of a subject, or `all`.
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        let common = [(ALL, "Every subject there is"), (PROTO, "sse-proto by itself")];
        let common = common.map(|(name, help)| PossibleValue::new(name).help(help));
        PossibleValuesParser::new(common.into_iter().chain(runtimes::all().iter().map(value))).map(Self)
    }

    /// Returns whether a subject with this name is asked for.
    pub(super) fn includes(&self, name: &str) -> bool {
        self.0 == ALL || self.0 == name
    }
}

impl Default for SubjectName {
    fn default() -> Self {
        Self(ALL.into())
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the names of the runtimes, after that of sse-proto if it is among the subjects.
pub(super) fn names(with_proto: bool) -> Vec<&'static str> {
    let proto = with_proto.then_some(PROTO);
    proto.into_iter().chain(runtimes::all().iter().map(|runtime| runtime.name)).collect()
}

/// Returns what the help says of a runtime.
pub(super) fn value(runtime: &runtimes::Entry) -> PossibleValue {
    PossibleValue::new(runtime.name).help(runtime.package)
}
