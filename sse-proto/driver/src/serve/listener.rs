//! What a server accepts connections from.

use core::future::Future;
use std::io;

use crate::transport::Runtime;

/// Accepts the connections of a server. The adapters implement it for their runtime's TCP and Unix listeners.
///
/// What else there is before HTTP, such as a handshake of TLS, belongs into the future that [`accept`](Self::accept)
/// returns: each connection has a task of its own, which awaits it, and no client waits for another one's handshake.
pub trait Listener<K: Runtime>: Send + 'static {
    /// The stream of a connection, which [`Runtime::io`] wraps.
    type Stream: Send + 'static;
    /// The address of a client, which requests carry as [`PeerAddress`]; `()` if there is none.
    type Address: Clone + Send + Sync + 'static;
    /// The rest of opening a connection; [`Ready`](core::future::Ready) if nothing is left to do.
    type Opening: Future<Output = io::Result<Self::Stream>> + Send + 'static;

    /// Waits for the next connection, and returns it with the address of its client. Small events should not wait for acknowledgements: set `TCP_NODELAY` here.
    ///
    /// # Errors
    ///
    /// There is no connection now: too many files are open, for example. The server tries again a little later.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Opening, Self::Address)>> + Send;
}

/// The address of the client that has sent a request, among the extensions of the request: of the type
/// [`Listener::Address`], which is `SocketAddr` over TCP. Behind a proxy it is the proxy's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PeerAddress<A>(
    /// The address.
    pub A,
);
