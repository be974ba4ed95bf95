//! The server itself: a thread with a small runtime of its own.

use core::{
    future::poll_fn,
    net::SocketAddr,
    task::{Context, Poll},
    time::Duration,
};
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Instant,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime,
    sync::{Notify, oneshot},
    task::JoinSet,
    time::sleep,
};

use super::{Answer, Names, Script, SeenRequest, Step, answer::write_answer, receive::read_request};

/// A running server. It stops when it is dropped, and with it every connection that was held.
#[derive(Debug)]
pub struct Peer {
    seen: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// Starts a server with this script on a free port.
    ///
    /// # Errors
    ///
    /// There is no free port, or no thread.
    pub fn start(script: Script) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let ports = {
            let _entered = runtime.enter();
            [Port::new()?, Port::new()?]
        };
        let shared = Arc::new(Shared {
            names: [ports[0].address.to_string(), ports[1].address.to_string()],
            ports: Mutex::new(ports),
            opened: Notify::new(),
            script: Mutex::new(Progress { steps: script.0.into(), ..Progress::default() }),
        });
        let refusal = shared.take_refusal();
        if refusal.is_none() {
            let _entered = runtime.enter();
            shared.open_ports()?;
        }
        let (stop, stopped) = oneshot::channel();
        let seen = Arc::clone(&shared);
        let thread = thread::Builder::new().name(String::from("scripted server")).spawn(move || {
            // A dropped sender stops the server.
            runtime.block_on(async {
                tokio::select! { _ = stopped => {}, () = serve(&shared, refusal) => {} }
            });
        })?;
        Ok(Self { seen, stop: Some(stop), thread: Some(thread) })
    }

    /// The URL of the server, with the path `/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.seen.names().peer)
    }

    /// The address of the server. `{peer}` in a header value of the script stands for it.
    pub fn address(&self) -> SocketAddr {
        self.seen.address(0)
    }

    /// A second address, and so another origin, where the same script is played. `{other}` in a header value of the
    /// script stands for it.
    pub fn other_address(&self) -> SocketAddr {
        self.seen.address(1)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.seen.lock().requests.iter().map(|(request, _)| request.clone()).collect()
    }

    /// The number of requests so far.
    pub fn request_count(&self) -> usize {
        self.seen.lock().requests.len()
    }

    /// The time between the end of the connection with each index and the next request.
    pub fn gaps(&self) -> Vec<Option<Duration>> {
        let progress = self.seen.lock();
        let starts = progress.requests.iter().skip(1).map(|(_, moment)| *moment);
        starts.zip(&progress.ends).map(|(start, end)| end.map(|end| start.saturating_duration_since(end))).collect()
    }

    pub(crate) fn names(&self) -> Names<'_> {
        self.seen.names()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was printed, and there is nothing to do about it here.
            let _ = thread.join();
        }
    }
}

/// What the connections share, and the peer sees.
#[derive(Debug)]
pub(super) struct Shared {
    names: [String; 2],
    ports: Mutex<[Port; 2]>,
    /// The ports have been opened.
    opened: Notify,
    script: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    steps: VecDeque<Step>,
    requests: Vec<(SeenRequest, Instant)>,
    /// When the connection of the request with that index ended.
    ends: Vec<Option<Instant>>,
}

impl Shared {
    pub(super) fn names(&self) -> Names<'_> {
        Names { peer: &self.names[0], other: &self.names[1] }
    }

    /// The connection with this index is about to end: the client cannot know it earlier than now.
    pub(super) fn mark_end(&self, index: usize) {
        if let Some(end) = self.lock().ends.get_mut(index) {
            *end = Some(Instant::now());
        }
    }

    /// How long the port is to be closed before the next connection; the time is taken out of the script.
    fn take_refusal(&self) -> Option<Duration> {
        let mut progress = self.lock();
        let mut refusal = None;
        while let Some(Step::Refuse(time)) = progress.steps.front() {
            refusal = Some(refusal.unwrap_or(Duration::ZERO).saturating_add(*time));
            progress.steps.pop_front();
        }
        refusal
    }

    fn address(&self, index: usize) -> SocketAddr {
        self.ports()[index].address
    }

    fn open_ports(&self) -> io::Result<()> {
        for port in self.ports().iter_mut() {
            port.open()?;
        }
        self.opened.notify_one();
        Ok(())
    }

    /// Closes both ports at once: whoever connects from now on is refused.
    fn close_ports(&self) {
        self.ports().iter_mut().for_each(|port| port.listener = None);
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        for listener in self.ports().iter().filter_map(|port| port.listener.as_ref()) {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted.map(|(stream, _)| stream));
            }
        }
        Poll::Pending
    }

    fn ports(&self) -> MutexGuard<'_, [Port; 2]> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A port that nobody else gets, whether it is open or not: a socket is bound to it that does not listen.
#[derive(Debug)]
struct Port {
    address: SocketAddr,
    _reserved: TcpSocket,
    listener: Option<TcpListener>,
}

impl Port {
    fn new() -> io::Result<Self> {
        let reserved = TcpSocket::new_v4()?;
        reserved.set_reuseaddr(true)?;
        reserved.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self { address: reserved.local_addr()?, _reserved: reserved, listener: None })
    }

    fn open(&mut self) -> io::Result<()> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        self.listener = Some(socket.listen(128)?);
        Ok(())
    }
}

/// Takes connections, while the ports are open, until the server is stopped.
async fn serve(shared: &Arc<Shared>, refusal: Option<Duration>) {
    let mut connections = JoinSet::new();
    if let Some(time) = refusal {
        connections.spawn(reopen(Arc::clone(shared), time));
    }
    loop {
        tokio::select! {
            accepted = poll_fn(|cx| shared.poll_accept(cx)) => if let Ok(stream) = accepted {
                connections.spawn(connection(Arc::clone(shared), stream));
            },
            () = shared.opened.notified() => {}
        }
    }
}

async fn reopen(shared: Arc<Shared>, after: Duration) {
    sleep(after).await;
    // If it cannot be opened, the client stays refused, and the case fails.
    let _ = shared.open_ports();
}

/// Plays the next step of the script on a connection.
async fn connection(shared: Arc<Shared>, mut stream: TcpStream) {
    // Without it a byte would wait for the acknowledgement of the one before; where it cannot be set, it does.
    let _ = stream.set_nodelay(true);
    let Ok(request) = read_request(&mut stream).await else { return };
    let (index, step) = {
        let mut progress = shared.lock();
        progress.requests.push((request, Instant::now()));
        progress.ends.push(None);
        (progress.requests.len() - 1, progress.steps.pop_front())
    };
    let refusal = shared.take_refusal();
    if refusal.is_some() {
        shared.close_ports();
    }
    match step {
        Some(Step::Answer(answer)) => write_answer(&shared, index, stream, &answer).await,
        Some(Step::Drop | Step::Refuse(_)) => {
            shared.mark_end(index);
            drop(stream);
        }
        None => write_answer(&shared, index, stream, &Answer::events("")).await,
    }
    if let Some(time) = refusal {
        reopen(shared, time).await;
    }
}
