//! The clients of this project, ready to be judged.

#[cfg(feature = "async-std")]
mod async_std;
mod follow;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(any(feature = "async-std", feature = "smol"))]
mod wait;

#[cfg(any(feature = "async-std", feature = "smol", feature = "tokio"))]
use std::sync::Arc;

#[cfg(feature = "async-std")]
pub use self::async_std::AsyncStd;
pub use self::follow::follow;
#[cfg(feature = "smol")]
pub use self::smol::Smol;
#[cfg(feature = "tokio")]
pub use self::tokio::Tokio;
use super::Client;

/// Every client there is.
pub fn all() -> Vec<Client> {
    vec![
        Client::Bare,
        #[cfg(feature = "tokio")]
        Client::Network(Arc::new(Tokio)),
        #[cfg(feature = "smol")]
        Client::Network(Arc::new(Smol)),
        #[cfg(feature = "async-std")]
        Client::Network(Arc::new(AsyncStd)),
    ]
}
