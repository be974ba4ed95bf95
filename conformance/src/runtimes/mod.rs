//! The runtimes under test: a trait, a file for each of them, and one list.
//!
//! [`all`] is the list: the subjects of every suite, the servers, the clients of the
#![cfg_attr(feature = "tokio", doc = "[test service](crate::service)")]
#![cfg_attr(not(feature = "tokio"), doc = "test service")]
//! and the names on the command line come from it. Whoever needs the types goes over it with
//! [`for_each_runtime!`](crate::for_each_runtime).
//!
//! A runtime enters the list in three steps: it implements `UnderTest` and `Sockets` in a file of its own, [`Memory`] gets the
//! runtime's traits of readers and writers there (unless they are those of `futures_io`), and `for_each_runtime!` gets an
//! entry.

#[cfg(feature = "async-std")]
mod async_std;
#[cfg(feature = "runtimes")]
mod futures_io;
mod memory;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "runtimes")]
mod under_test;

#[cfg(feature = "tokio")]
use std::io;

#[cfg(feature = "tokio")]
use sse_proto::{client::Config, driver::Handle};

pub use self::memory::{Duplex, Memory, Sink};
#[cfg(feature = "runtimes")]
pub use self::under_test::{EventSource, Sockets, Stream, UnderTest};
use crate::{Subject, encoder::Writer, http::Client};
#[cfg(feature = "tokio")]
use crate::{service::Calls, subjects::servers::Server};

/// Calls a macro for every runtime, with the name of a module, the type that stands for the runtime, and the arguments in
/// parentheses.
///
/// The caller's package needs the same features and dependencies as this one, so that this is for its own tests.
#[macro_export]
#[doc(hidden)]
macro_rules! for_each_runtime {
    ($then:ident! $arguments:tt) => {
        #[cfg(feature = "tokio")]
        $then! { tokio sse_tokio::Tokio, $arguments }
        #[cfg(feature = "smol")]
        $then! { smol sse_smol::Smol, $arguments }
        #[cfg(feature = "async-std")]
        $then! { async_std sse_asyncstd::AsyncStd, $arguments }
    };
}

/// A runtime of the list, without its type.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The name of the subject.
    pub name: &'static str,
    /// The name of the adapter's package.
    pub package: &'static str,
    /// Makes the subject of the suite for readers.
    pub reader: fn() -> Subject,
    /// Makes the subject of the suite for writers.
    pub writer: fn() -> Writer,
    /// Makes the subject of the suite for connections.
    pub client: fn() -> Client,
    /// Starts a server to be judged.
    #[cfg(feature = "tokio")]
    pub server: fn() -> io::Result<Server>,
    /// Starts a client that reports what it receives.
    #[cfg(feature = "tokio")]
    pub(crate) follow: fn(Config, Calls) -> Result<Handle, String>,
}

#[cfg(feature = "runtimes")]
impl Entry {
    /// The entry of this runtime.
    pub const fn of<R: UnderTest>() -> Self {
        Self {
            name: R::NAME,
            package: R::PACKAGE,
            reader: crate::subjects::reader::subject::<R>,
            writer: crate::subjects::writers::session::writer::<R>,
            client: crate::http::subjects::client::<R>,
            #[cfg(feature = "tokio")]
            server: Server::start::<R>,
            #[cfg(feature = "tokio")]
            follow: crate::service::follow::<R>,
        }
    }
}

/// Every runtime that is built in.
pub fn all() -> Vec<Entry> {
    #[allow(unused_macros, reason = "there may be no runtime")]
    macro_rules! add {
        ($module:ident $runtime:path, ($list:ident)) => {
            $list.extend([Entry::of::<$runtime>()]);
        };
    }
    #[allow(unused_mut, reason = "there may be no runtime")]
    let mut list = Vec::new();
    for_each_runtime!(add!(list));
    list
}
