//! The kinds of clients that a service can have.

use sse_driver::{
    EventSource,
    client::Handle,
    transport::{HttpConnector, Timer},
};
use sse_proto::client::ClientConfig;
use tokio::sync::mpsc;

use super::callback::{Callback, read};

/// A kind of clients.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Engine {
    /// `sse_asyncstd::EventSource`.
    #[cfg(feature = "async-std")]
    AsyncStd,
    /// `sse_smol::EventSource`.
    #[cfg(feature = "smol")]
    Smol,
    /// `sse_tokio::EventSource`.
    Tokio,
}

impl Engine {
    /// The name of the crate.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "async-std")]
            Self::AsyncStd => "sse-asyncstd",
            #[cfg(feature = "smol")]
            Self::Smol => "sse-smol",
            Self::Tokio => "sse-tokio",
        }
    }

    /// Starts a client on its own runtime.
    pub(super) fn start(self, config: ClientConfig, calls: mpsc::Sender<Callback>) -> Result<Handle, String> {
        match self {
            #[cfg(feature = "async-std")]
            Self::AsyncStd => {
                let mut source = opened(sse_asyncstd::EventSource::open(config))?;
                let handle = source.handle();
                async_std::task::spawn(read(source, calls));
                Ok(handle)
            }
            #[cfg(feature = "smol")]
            Self::Smol => {
                let mut source = opened(sse_smol::EventSource::open(config))?;
                let handle = source.handle();
                smol::spawn(read(source, calls)).detach();
                Ok(handle)
            }
            Self::Tokio => {
                let mut source = opened(sse_tokio::EventSource::open(config))?;
                let handle = source.handle();
                tokio::spawn(read(source, calls));
                Ok(handle)
            }
        }
    }
}

fn opened<D, T: Timer, E: core::fmt::Display>(
    source: Result<EventSource<HttpConnector<D>, T>, E>,
) -> Result<EventSource<HttpConnector<D>, T>, String>
where
    HttpConnector<D>: sse_driver::transport::Connect,
{
    source.map_err(|error| error.to_string())
}
