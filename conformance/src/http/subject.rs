//! What a client has to offer to be judged.

use core::fmt;
#[cfg(feature = "peer")]
use std::sync::Arc;

use super::{Journal, Setup};

/// A client that is judged over loopback.
pub trait HttpSubject: Send + Sync {
    /// A name for reports.
    fn name(&self) -> &str;

    /// Follows the stream at `url` and writes everything into the journal, until the journal is stopped or there can be
    /// nothing more. It is called on a thread of its own.
    ///
    /// # Errors
    ///
    /// The client cannot be set up in this way: the case is skipped.
    fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported>;
}

/// Why a client cannot be set up as a case asks, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsupported(pub String);

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a client is judged.
#[derive(Clone)]
#[non_exhaustive]
pub enum Client {
    /// `sse_proto::client::EventSource` by itself, under a virtual clock.
    Bare,
    /// A client with sockets, over loopback.
    #[cfg(feature = "peer")]
    Network(Arc<dyn HttpSubject>),
}

impl Client {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Bare => "proto",
            #[cfg(feature = "peer")]
            Self::Network(subject) => subject.name(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.name()).finish()
    }
}
