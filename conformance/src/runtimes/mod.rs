//! The runtimes under test: a trait, a file for each of them, and one list.
//!
//! [`all`] returns the list. The subjects of every suite, the servers, the clients of the test service and the names on
//! the command line come from it. Tests that need the types go over it with `for_each_runtime!`.
//!
//! A runtime enters the list with an implementation of `UnderTest` and `Sockets` in its own file, where [`Memory`] also
//! gets the runtime's traits of readers and writers (unless they are those of `futures_io`), and with an entry in
//! `for_each_runtime!`.

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
use sse_driver::client::Handle;
#[cfg(feature = "tokio")]
use sse_proto::client::ClientConfig;

pub use self::memory::{Duplex, Memory, Sink};
#[cfg(feature = "runtimes")]
pub use self::under_test::{EventSource, Sockets, Stream, UnderTest};
use crate::{Subject, encoder::Writer, http::Client};
#[cfg(feature = "tokio")]
use crate::{service::Calls, subjects::servers::Server};

/// Calls a macro for every runtime, with the name of a module, the type that stands for the runtime, and the arguments in
/// parentheses.
///
/// It is for the tests of this package: the package of the caller needs the same features and dependencies.
#[macro_export]
#[doc(hidden)]
macro_rules! for_each_runtime {
    ($then:ident! $arguments:tt) => {
        #[cfg(feature = "tokio")]
        $then! { tokio sse_tokio::transport::Tokio, $arguments }
        #[cfg(feature = "smol")]
        $then! { smol sse_smol::transport::Smol, $arguments }
        #[cfg(feature = "async-std")]
        $then! { async_std sse_asyncstd::transport::AsyncStd, $arguments }
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
    pub(crate) follow: fn(ClientConfig, Calls) -> Result<Handle, String>,
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
