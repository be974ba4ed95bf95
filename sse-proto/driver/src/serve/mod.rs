//! A server: hyper reads requests and writes the heads of responses, and sessions are written by the driver itself.
//!
//! A connection of hyper keeps buffers and a state machine that a stream of events does not need, stops asking the body
//! while its peer takes nothing, and so can neither time out nor be cut. When the application returns the response of a
//! session, `service` therefore holds its body back (`handover`), hyper encodes and flushes the head, which `socket`
//! notices, and `connection` takes hyper's connection apart. A new task writes the body (`takeover`), framed as the head
//! says (`framing`), with the loop of [`Session::write_to`](crate::Session::write_to). The response's extensions carry a
//! handle to the session; the body itself may be what middleware made of it.

mod connection;
mod framing;
mod handover;
mod listener;
mod request;
mod service;
mod socket;
mod stop;
mod takeover;
mod timer;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    error::Error,
    fmt,
    future::{Future, IntoFuture, poll_fn},
    marker::PhantomData,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};
use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{rt, service::Service};
use sse_proto::server::{DrainConfig, Drained};

#[cfg(feature = "axum")]
pub use self::service::{OfTower, TowerService};
use self::{
    connection::{Connection, ConnectionConfig},
    stop::Stop,
};
pub use self::{
    listener::{Listener, PeerAddress},
    request::RequestBody,
    service::{IncomingService, IntoService, OfHyper, OfIncoming},
};
use crate::{
    Alarm,
    event_log::Sessions,
    trace,
    transport::{Runtime, Spawn},
};

/// Serves an application on the connections of a listener: see [`Serve`].
pub fn serve<K, L, A, M>(listener: L, app: A) -> Serve<K, L, A::Service>
where
    K: Spawn,
    L: Listener<K>,
    A: IntoService<M>,
{
    Serve {
        listener,
        service: app.into_service(),
        config: ConnectionConfig {
            head_timeout: Some(Duration::from_secs(30)),
            keep_alive: true,
            write_timeout: Some(Duration::from_secs(60)),
        },
        max_connections: usize::MAX,
        shutdown_timeout: Duration::from_secs(30),
        signal: None,
        drains: Vec::new(),
        runtime: PhantomData,
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A server with its settings, to be awaited.
///
/// Requests are read and the heads of responses are written by hyper, over HTTP/1 and, with the feature `http2`, HTTP/2.
/// A [`Session`](crate::Session) that the application returns is then taken over: it is written without hyper. An idle
/// subscriber costs about 2 KB instead of 10 to 20, the
/// [write timeout](sse_proto::server::SessionConfig::write_timeout) and the cut at the end of a [drain](Sessions::drain)
/// are in force, and the session ends as soon as its client closes the connection, also if it closes its own direction
/// only, as hyper has it. All other responses are hyper's.
///
/// | case | what happens |
/// |---|---|
/// | HTTP/1.1, HTTP/1.0 | taken over: chunks, or bytes until the connection closes |
/// | middleware wrapped the body (traces, compression) | taken over: the wrapped body is written |
/// | middleware replaced the body, set a length, or cleared the extensions of the response | left to hyper |
/// | HTTP/2 | left to hyper: streams share the socket. A client that reads its connection and permits no more bytes on a stream keeps the session until the connection ends |
/// | the body of the request is still being read (an echo, a report on an upload) | left to hyper |
/// | a request with a body, to a service that takes hyper's own body ([`IntoService`]) | left to hyper |
/// | `HEAD` | the head alone, and the connection is kept |
/// | `OPTIONS`, where the application did not look at the method | status 204 with `Allow` |
/// | requests before on the same connection | answered by hyper, in their order |
/// | requests after on the same connection | not answered: the head says `Connection: close`, the client repeats them |
/// | a body of the request that nobody wants, `Expect: 100-continue` | discarded, and not asked for |
///
/// Connections run in tasks of their own. Dropping the future of the server closes them all.
///
/// A client that is gone without a word (it lost its network or its power) looks like one that does not read, as soon as the
/// buffers of its connection are full. On a quiet stream, whose heartbeats do not fill them, it is gone when the system gives
/// up: after about 15 minutes on Linux. A [`Listener`] of yours can shorten that by `TCP_USER_TIMEOUT`, and a
/// [`max_age`](sse_proto::server::SessionConfig::max_age) bounds it.
#[must_use = "a server does nothing unless awaited"]
pub struct Serve<K: Runtime, L, S> {
    listener: L,
    service: S,
    config: ConnectionConfig,
    max_connections: usize,
    shutdown_timeout: Duration,
    signal: Option<Boxed<()>>,
    drains: Vec<Boxed<Drained>>,
    runtime: PhantomData<fn() -> K>,
}

impl<K: Runtime, L, S> Serve<K, L, S> {
    /// Stops when this future is ready: accepts no more connections, closes those without a request, drains the sessions of
    /// [`drain`](Self::drain), and waits until the other responses have ended, for the
    /// [`shutdown_timeout`](Self::shutdown_timeout) at most.
    pub fn with_graceful_shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.signal = Some(Box::pin(signal));
        self
    }

    /// Drains the sessions of this log and of its group, or those of this group, when the server stops
    /// ([`Sessions::drain`]). Give one call for each.
    pub fn drain(mut self, sessions: impl Into<Sessions<K>>, config: DrainConfig) -> Self
    where
        K: 'static,
        K::Timer: Send + 'static,
    {
        let sessions = sessions.into();
        self.drains.push(Box::pin(async move { sessions.drain(config).await }));
        self
    }

    /// Sets how long a stop may take: 30 s by default. The connections that are left are closed then, whatever their
    /// clients do.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Sets how many connections there may be at a time, 1 at least: by default as many as the system allows. Further
    /// clients wait to be accepted.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Sets how long a client may take for the head of a request: 30 s by default; `None` sets no bound. A connection
    /// that is kept may be idle for as long, and the handshake of TLS has this time as well. Of a connection of HTTP/2 it
    /// bounds what comes before the first request: hyper sets no bound to one that is idle.
    pub fn head_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        /// As good as never, and still a time that hyper can add to its clock.
        const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
        self.config.head_timeout = timeout.into().map(|timeout| timeout.min(LONGEST));
        self
    }

    /// Sets how long a client may leave written bytes untouched before its connection is closed: 60 s by default; `None`
    /// waits for ever. Over HTTP/1 a session has a timeout of its own, in its settings
    /// ([`SessionConfig::write_timeout`](sse_proto::server::SessionConfig::write_timeout)).
    pub fn write_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.write_timeout = timeout.into();
        self
    }

    /// Sets whether a connection is kept for further requests after a response that is no session: it is by default.
    pub fn keep_alive(mut self, keep: bool) -> Self {
        self.config.keep_alive = keep;
        self
    }
}

impl<K, L, S, B> IntoFuture for Serve<K, L, S>
where
    K: Spawn + 'static,
    K::Timer: Send + 'static,
    K::Io<L::Stream>: rt::Read + rt::Write + Send + Unpin + 'static,
    L: Listener<K>,
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Stopped;
    type IntoFuture = Boxed<Stopped>;

    fn into_future(self) -> Boxed<Stopped> {
        Box::pin(self.run())
    }
}

impl<K, L, S, B> Serve<K, L, S>
where
    K: Spawn + 'static,
    K::Timer: Send + 'static,
    K::Io<L::Stream>: rt::Read + rt::Write + Send + Unpin + 'static,
    L: Listener<K>,
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    async fn run(mut self) -> Stopped {
        let connections = Connections(Stop::new());
        let mut alarm = Alarm::new(K::Timer::default());
        while let Some(accepted) = self.accept(&connections).await {
            match accepted {
                Ok((opening, address)) => self.start(opening, address, &connections),
                Err(error) => {
                    trace::not_accepted(&error);
                    self.wait_after(&error, &mut alarm).await;
                }
            }
        }
        let Self { listener, drains, shutdown_timeout, .. } = self;
        drop(listener);
        connections.end::<K>(&mut alarm, drains, shutdown_timeout).await
    }

    /// Waits for the next connection: `None` when the server stops.
    async fn accept(&mut self, connections: &Connections) -> Option<io::Result<(L::Opening, L::Address)>> {
        let Self { listener, signal, max_connections, .. } = self;
        let mut accepted = pin!(listener.accept());
        poll_fn(|cx| {
            if poll_signal(signal, cx).is_ready() {
                return Poll::Ready(None);
            }
            if connections.0.poll_fewer_than(cx, *max_connections).is_pending() {
                return Poll::Pending;
            }
            accepted.as_mut().poll(cx).map(Some)
        })
        .await
    }

    fn start(&self, opening: L::Opening, address: L::Address, connections: &Connections) {
        let mut member = connections.0.join();
        let (service, stop) = (self.service.clone(), Arc::clone(member.stop()));
        let connection = Connection::<K, _, _>::new(service, address, self.config, stop);
        K::spawn(async move {
            let Some(Some(takeover)) = member.until_cut(pin!(connection.run(opening))).await else { return };
            // In a task of its own, so that nothing is kept of this one, which is many times as large. In a box, because
            // the compiler keeps room for a future where it comes from and where it is pinned.
            let mut rest = Box::pin(takeover.run::<K::Timer>());
            K::spawn(async move {
                member.until_cut(rest.as_mut()).await;
            });
        });
    }

    /// Waits after an error of the listener. A connection that its client has given up is no reason to wait for long; too
    /// many open files are.
    async fn wait_after(&mut self, error: &io::Error, alarm: &mut Alarm<K::Timer>) {
        let is_the_clients = matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
        );
        let wait = if is_the_clients { Duration::from_millis(1) } else { Duration::from_secs(1) };
        let until = alarm.now() + wait;
        poll_fn(
            |cx| if poll_signal(&mut self.signal, cx).is_ready() { Poll::Ready(()) } else { alarm.poll(cx, until) },
        )
        .await;
    }
}

/// Polls the signal to stop. It stays ready.
fn poll_signal(signal: &mut Option<Boxed<()>>, cx: &mut Context<'_>) -> Poll<()> {
    let Some(waiting) = signal else { return Poll::Pending };
    if waiting.as_mut().poll(cx).is_pending() {
        return Poll::Pending;
    }
    *signal = Some(Box::pin(core::future::ready(())));
    Poll::Ready(())
}

/// The connections of a server. Dropping it closes them.
struct Connections(Arc<Stop>);

impl Connections {
    /// Ends the connections: after their responses, or when the time is over.
    async fn end<K: Runtime>(
        &self,
        alarm: &mut Alarm<K::Timer>,
        drains: Vec<Boxed<Drained>>,
        timeout: Duration,
    ) -> Stopped {
        self.0.begin();
        let deadline = alarm.now() + timeout;
        let mut drains: Vec<_> = drains.into_iter().map(Drain::Running).collect();
        poll_fn(|cx| {
            let running = drains.iter_mut().map(|drain| drain.poll(cx)).filter(Poll::is_pending).count();
            let ended = self.0.poll_fewer_than(cx, 1);
            if running == 0 && ended.is_ready() { Poll::Ready(()) } else { alarm.poll(cx, deadline) }
        })
        .await;
        let drained = drains.into_iter().filter_map(Drain::done).collect();
        Stopped { drained, cut: self.0.cut() }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// The drain of a group of sessions.
enum Drain {
    Running(Boxed<Drained>),
    Done(Drained),
}

impl Drain {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Running(drain) = self {
            match drain.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(drained) => *self = Self::Done(drained),
            }
        }
        Poll::Ready(())
    }

    fn done(self) -> Option<Drained> {
        match self {
            Self::Running(_) => None,
            Self::Done(drained) => Some(drained),
        }
    }
}

/// How a server stopped.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stopped {
    /// The number of connections that were closed because the [`shutdown_timeout`](Serve::shutdown_timeout) was over.
    pub cut: usize,
    /// The results of the drains that were done by then, in the order of the calls.
    pub drained: Vec<Drained>,
}

impl<K: Runtime, L, S> fmt::Debug for Serve<K, L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Serve");
        shown.field("config", &self.config).field("max_connections", &self.max_connections);
        shown.field("shutdown_timeout", &self.shutdown_timeout).finish_non_exhaustive()
    }
}
