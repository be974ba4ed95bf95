//! The server on async-std.

use std::{
    future::{Future, Ready, ready},
    io,
    net::SocketAddr,
};

use async_std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use async_std::os::unix::net::{UnixListener, UnixStream};
use sse_driver::{
    server::{IntoService, Listener},
    transport::Spawn,
};

use crate::{server::Serve, transport::AsyncStd};

/// Serves an application on the connections of a listener.
///
/// The listener is one of async-std's, or any other [`Listener`], over TLS for example. The application is a service of hyper.
/// Sessions that it returns are written without hyper, so that a client which does not read harms nobody: see [`Serve`],
/// which has the settings.
///
/// ```no_run
/// use std::{convert::Infallible, io};
///
/// use hyper::{Request, body::Incoming, service::service_fn};
/// use async_std::net::TcpListener;
/// use sse_asyncstd::{EventLog, Session, last_event_id, serve, server::DrainConfig};
///
/// # async fn run(stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
/// let log = EventLog::default();
/// let events = log.clone();
/// let app = service_fn(move |request: Request<Incoming>| {
///     let session = Session::resume(&events, last_event_id(request.headers()).as_ref());
///     async { Ok::<_, Infallible>(session.into_http_response()) }
/// });
/// let listener = TcpListener::bind("127.0.0.1:8080").await?;
/// let stopped = serve(listener, app)
///     .with_graceful_shutdown(stop)
///     .drain(&log, DrainConfig::new()) // each client gets what there is, and a time to reconnect at
///     .await;
/// println!("{} connections were cut", stopped.cut);
/// # Ok(())
/// # }
/// ```
pub fn serve<L, A, M>(listener: L, app: A) -> Serve<L, A::Service>
where
    L: Listener<AsyncStd>,
    A: IntoService<M>,
{
    sse_driver::serve(listener, app)
}

impl Spawn for AsyncStd {
    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        async_std::task::spawn(task);
    }
}

/// With `TCP_NODELAY`.
impl Listener<AsyncStd> for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;
    type Opening = Ready<io::Result<TcpStream>>;

    async fn accept(&mut self) -> io::Result<(Self::Opening, SocketAddr)> {
        let (stream, address) = Self::accept(self).await?;
        Ok((ready(stream.set_nodelay(true).map(|()| stream)), address))
    }
}

#[cfg(unix)]
impl Listener<AsyncStd> for UnixListener {
    type Stream = UnixStream;
    type Address = ();
    type Opening = Ready<io::Result<UnixStream>>;

    async fn accept(&mut self) -> io::Result<(Self::Opening, ())> {
        let (stream, _) = Self::accept(self).await?;
        Ok((ready(Ok(stream)), ()))
    }
}
