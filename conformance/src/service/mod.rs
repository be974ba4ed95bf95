//! A test service: an HTTP server that has clients of this project follow streams, as a test harness tells it, and reports
//! what they get.
//!
//! The protocol is that of LaunchDarkly's `sse-contract-tests`, so that harness can judge our clients:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /` | 200 and `{"name", "capabilities"}` |
//! | `POST /` | makes a client for `{"streamUrl", "callbackUrl", …}`: 201, and its URL in `Location` |
//! | `POST` to a client's URL | `{"command":"restart"}` or `{"command":"listen","listen":{"type"}}`: 200 |
//! | `DELETE` of a client's URL | ends it: 204 |
//! | `DELETE /` | ends the service: 200 |
//!
//! What a client gets is sent by `POST` to the callback URL with a running number behind it.
//!
//! A service fetches URLs for anyone who can reach it, so a web page must not be among them. A body must be
//! `application/json` (415 otherwise), which a page cannot send to another origin without asking; a request with an
//! `Origin` that is not the service's own, or for a `Host` that is neither the address of the connection nor
//! `localhost` nor [allowed](Service::allow_hosts), gets a 403: a page of an attacker whose name resolves to this
//! machine has that name as its `Host`.

mod callback;
mod follow;
mod order;
mod routes;

use core::{net::SocketAddr, time::Duration};
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hyper::{server::conn::http1, service::service_fn};
use sse_driver::client::Handle;
use sse_tokio::transport::Io;
use tokio::{
    net::TcpListener,
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

pub(crate) use self::{callback::Calls, follow::follow};
use crate::runtimes;

/// What the service can do, by the harness's names.
pub const CAPABILITIES: [&str; 10] = [
    "bom",
    "comments",
    "event-type-listeners",
    "headers",
    "last-event-id",
    "post",
    "read-timeout",
    "report",
    "restart",
    "server-directed-shutdown-request",
];

/// How long the service waits for its last answers to be sent.
const FAREWELL: Duration = Duration::from_millis(500);

/// A test service that has a port, and does not answer yet.
#[derive(Debug)]
pub struct Service {
    listener: TcpListener,
    runtime: runtimes::Entry,
    hosts: Vec<String>,
}

impl Service {
    /// A service whose clients run on this runtime, at this address; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// The address cannot be had.
    pub async fn bind(address: SocketAddr, runtime: runtimes::Entry) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, runtime, hosts: Vec::new() })
    }

    /// Allows these names, or addresses without a port, as the `Host` of requests: that of the container, for example, by
    /// which a harness in another one reaches the service.
    #[must_use]
    pub fn allow_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// The address.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is told to quit.
    ///
    /// # Errors
    ///
    /// No connection can be accepted any more.
    pub async fn run(self) -> io::Result<()> {
        let Self { listener, runtime, hosts } = self;
        let shared = Arc::new(Shared { runtime, hosts, clients: Mutex::default(), quit: Notify::new() });
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = tokio::select! {
                accepted = listener.accept() => accepted?,
                () = shared.quit.notified() => break,
                Some(_) = connections.join_next() => continue,
            };
            let Ok(local) = stream.local_addr() else { continue };
            let shared = Arc::clone(&shared);
            let service = service_fn(move |request| routes::answer(Arc::clone(&shared), local.ip(), request));
            let connection = http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service);
            // How a connection with the harness ends is the harness's affair.
            connections.spawn(async { drop(connection.await) });
        }
        shared.clients().clear();
        // Whoever asked for it gets an answer; those that are kept open for later are not waited for.
        let _ = timeout(FAREWELL, async { while connections.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

/// What the connections share.
#[derive(Debug)]
struct Shared {
    runtime: runtimes::Entry,
    /// What may be the `Host` of a request beside the address of the connection.
    hosts: Vec<String>,
    clients: Mutex<Clients>,
    quit: Notify,
}

impl Shared {
    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clients there are, by their numbers.
#[derive(Debug, Default)]
struct Clients {
    running: HashMap<u64, Client>,
    last: u64,
}

impl Clients {
    fn add(&mut self, client: Client) -> u64 {
        self.last += 1;
        self.running.insert(self.last, client);
        self.last
    }

    fn clear(&mut self) {
        self.running.clear();
    }
}

/// A client that follows a stream. It ends when it is dropped.
#[derive(Debug)]
struct Client {
    handle: Handle,
    reporter: JoinHandle<()>,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.handle.close();
        self.reporter.abort();
    }
}
