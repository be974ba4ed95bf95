//! The readers, writers and servers of this project, ready to be judged.

mod proto;
#[cfg(feature = "runtimes")]
pub(crate) mod reader;
#[cfg(feature = "tokio")]
pub mod servers;
pub mod writers;

pub use self::proto::subject as proto;
use crate::{Subject, runtimes};

/// Every reader there is.
pub fn all() -> Vec<Subject> {
    let readers = runtimes::all().into_iter().map(|runtime| (runtime.reader)());
    [proto()].into_iter().chain(readers).collect()
}
