//! The readers, writers and servers of this project, ready to be judged.

mod proto;
#[cfg(any(feature = "async-std", feature = "smol", feature = "tokio"))]
mod reader;
#[cfg(feature = "tokio")]
pub mod servers;
pub mod writers;

pub use self::proto::subject as proto;
use crate::Subject;

/// Every reader there is.
pub fn all() -> Vec<Subject> {
    vec![
        proto(),
        #[cfg(feature = "tokio")]
        reader::subject::<sse_tokio::transport::Tokio>("tokio"),
        #[cfg(feature = "smol")]
        reader::subject::<sse_smol::transport::Smol>("smol"),
        #[cfg(feature = "async-std")]
        reader::subject::<sse_asyncstd::transport::AsyncStd>("async-std"),
    ]
}
