//! The readers, writers and servers of this project, ready to be judged.

mod proto;
#[cfg(feature = "tokio")]
pub mod servers;
#[cfg(feature = "tokio")]
mod tokio;
pub mod writers;

pub use self::proto::subject as proto;
#[cfg(feature = "tokio")]
pub use self::tokio::subject as tokio;
use crate::Subject;

/// Every reader there is.
pub fn all() -> Vec<Subject> {
    vec![
        proto(),
        #[cfg(feature = "tokio")]
        tokio(),
    ]
}
