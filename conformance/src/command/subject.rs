//! The names of subjects on the command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use sse_conformance::runtimes;

/// sse-proto by itself.
const PROTO: &str = "proto";

const ALL: &str = "all";

/// What to run a suite on.
#[derive(Clone)]
pub(super) struct SubjectName(String);

impl SubjectName {
    /// Takes the name of any subject, or of all.
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        let common = [(ALL, "Every subject there is"), (PROTO, "sse-proto by itself")];
        let common = common.map(|(name, help)| PossibleValue::new(name).help(help));
        PossibleValuesParser::new(common.into_iter().chain(runtimes::all().iter().map(value))).map(Self)
    }

    /// Whether a subject with this name is asked for.
    pub(super) fn includes(&self, name: &str) -> bool {
        self.0 == ALL || self.0 == name
    }
}

impl Default for SubjectName {
    fn default() -> Self {
        Self(ALL.into())
    }
}

impl core::fmt::Display for SubjectName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The subjects of a suite: every runtime, after sse-proto by itself if the suite needs no server.
pub(super) fn names(with_proto: bool) -> Vec<&'static str> {
    let proto = with_proto.then_some(PROTO);
    proto.into_iter().chain(runtimes::all().iter().map(|runtime| runtime.name)).collect()
}

/// A runtime on the command line.
pub(super) fn value(runtime: &runtimes::Entry) -> PossibleValue {
    PossibleValue::new(runtime.name).help(runtime.package)
}
