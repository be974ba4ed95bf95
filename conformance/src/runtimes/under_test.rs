//! What is asked of a runtime to be tested.

use core::{fmt, future::Future, net::SocketAddr, time::Duration};
use std::{io, net, sync::Arc};

use sse_driver::{
    server::Listener,
    transport::{Dial, HttpConnector, Read, Runtime, Socket, Spawn, Target, Write, hyper::rt, rustls::ClientConfig},
};

use super::Memory;

/// A runtime with its adapter: everything in which suites, servers and tests differ from one runtime to the next.
///
/// It is implemented for the type that stands for the runtime in the adapter. The supertraits name the runtime's timer,
/// its sockets, and the wrapper of its readers and writers. `Send` is required where tasks may move to another thread,
/// and where `sse_driver::transport` requires it; a runtime with one thread may run everything there.
pub trait UnderTest:
    Runtime<Timer: Send>
    + Spawn
    + Sockets
    + Runtime<Io<Memory>: Stream + From<Memory>>
    + Runtime<Io<<Self as Sockets>::Tcp>: Stream>
    + fmt::Debug
    + Send
    + Sync
    + 'static
{
    /// The name of the subject.
    const NAME: &'static str;
    /// The name of the adapter's package.
    const PACKAGE: &'static str;

    /// Opens the connections of the HTTP client.
    type Dialler: Dial + Clone + Default + Send + Sync + 'static;

    /// Runs the runtime on this thread until `work` is done.
    fn block_on<T>(work: impl Future<Output = T>) -> T;

    /// Waits for this time.
    fn sleep(time: Duration) -> impl Future<Output = ()> + Send;

    /// A dialler with these settings for TLS.
    fn dialler(tls: Arc<ClientConfig>) -> Self::Dialler;

    /// Makes the connection over a stream that is connected already: with TLS, if the target wants it.
    fn secure(
        dialler: &Self::Dialler,
        stream: Memory,
        target: &Target,
    ) -> impl Future<Output = io::Result<Socket>> + Send;
}

/// The sockets of a runtime.
pub trait Sockets: Runtime + Sized {
    /// Accepts connections.
    type Listener: Listener<Self, Stream = Self::Tcp, Address = SocketAddr> + Sync;
    /// A connection, before it is wrapped.
    type Tcp: Send + Unpin + 'static;

    /// Registers a listening socket with the runtime, within [`block_on`](UnderTest::block_on).
    ///
    /// # Errors
    ///
    /// The runtime cannot use the socket.
    fn listener(listener: net::TcpListener) -> io::Result<Self::Listener>;

    /// Accepts a connection, with `TCP_NODELAY`.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Tcp>> + Send;

    /// Opens a connection.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Tcp>> + Send;
}

/// A stream of bytes that readers, sessions and hyper can be given.
pub trait Stream:
    Read<Error = io::Error> + Write<Error = io::Error> + rt::Read + rt::Write + Send + Unpin + 'static
{
}

impl<S> Stream for S where
    S: Read<Error = io::Error> + Write<Error = io::Error> + rt::Read + rt::Write + Send + Unpin + 'static
{
}

/// The HTTP client of a runtime.
pub type EventSource<R> = sse_driver::EventSource<HttpConnector<<R as UnderTest>::Dialler>, <R as Runtime>::Timer>;
