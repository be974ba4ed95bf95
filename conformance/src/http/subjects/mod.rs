//! The clients of this project, ready to be judged.

#[cfg(feature = "runtimes")]
mod client;
mod follow;

#[cfg(feature = "runtimes")]
pub(crate) use self::client::client;
pub use self::follow::follow;
use super::Client;
use crate::runtimes;

/// Every client there is.
pub fn all() -> Vec<Client> {
    let clients = runtimes::all().into_iter().map(|runtime| (runtime.client)());
    [Client::Bare].into_iter().chain(clients).collect()
}
