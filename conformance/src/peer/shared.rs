//! What the connections of a scripted server share: its ports, and how far its script has come.

use core::{
    net::SocketAddr,
    task::{Context, Poll},
    time::Duration,
};
use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
};

use super::{Names, Script, SeenRequest, Step};

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
    /// Reserves the ports, which are closed at first, for this script. Ports belong to the runtime that is entered.
    pub(super) fn new(script: Script) -> io::Result<Self> {
        let ports = [Port::new()?, Port::new()?];
        Ok(Self {
            names: [ports[0].address.to_string(), ports[1].address.to_string()],
            ports: Mutex::new(ports),
            opened: Notify::new(),
            script: Mutex::new(Progress { steps: script.0.into(), ..Progress::default() }),
        })
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names { peer: &self.names[0], other: &self.names[1] }
    }

    pub(super) fn requests(&self) -> Vec<SeenRequest> {
        self.lock().requests.iter().map(|(request, _)| request.clone()).collect()
    }

    pub(super) fn request_count(&self) -> usize {
        self.lock().requests.len()
    }

    /// The time between the end of the connection with each index and the next request.
    pub(super) fn gaps(&self) -> Vec<Option<Duration>> {
        let progress = self.lock();
        let starts = progress.requests.iter().skip(1).map(|(_, moment)| *moment);
        starts.zip(&progress.ends).map(|(start, end)| end.map(|end| start.saturating_duration_since(end))).collect()
    }

    /// Records a request, and returns its index and the step of the script that is for it.
    pub(super) fn begin(&self, request: SeenRequest) -> (usize, Option<Step>) {
        let mut progress = self.lock();
        progress.requests.push((request, Instant::now()));
        progress.ends.push(None);
        (progress.requests.len() - 1, progress.steps.pop_front())
    }

    /// The connection with this index is about to end: the client cannot know it earlier than now.
    pub(super) fn mark_end(&self, index: usize) {
        if let Some(end) = self.lock().ends.get_mut(index) {
            *end = Some(Instant::now());
        }
    }

    /// How long the port is to be closed before the next connection; the time is taken out of the script.
    pub(super) fn take_refusal(&self) -> Option<Duration> {
        let mut progress = self.lock();
        let mut refusal = None;
        while let Some(Step::Refuse(time)) = progress.steps.front() {
            refusal = Some(refusal.unwrap_or(Duration::ZERO).saturating_add(*time));
            progress.steps.pop_front();
        }
        refusal
    }

    pub(super) fn address(&self, index: usize) -> SocketAddr {
        self.ports()[index].address
    }

    pub(super) fn open_ports(&self) -> io::Result<()> {
        for port in self.ports().iter_mut() {
            port.open()?;
        }
        self.opened.notify_one();
        Ok(())
    }

    /// Closes both ports at once: whoever connects from now on is refused.
    pub(super) fn close_ports(&self) {
        self.ports().iter_mut().for_each(|port| port.listener = None);
    }

    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        for listener in self.ports().iter().filter_map(|port| port.listener.as_ref()) {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted.map(|(stream, _)| stream));
            }
        }
        Poll::Pending
    }

    /// Waits until the ports are opened.
    pub(super) async fn opened(&self) {
        self.opened.notified().await;
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
