//! The server itself: a thread with a small runtime of its own.

use core::{future::poll_fn, net::SocketAddr, time::Duration};
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
};

use tokio::{net::TcpStream, runtime, sync::oneshot, task::JoinSet, time::sleep};

use super::{Answer, Names, Script, SeenRequest, Step, answer::write_answer, receive::read_request, shared::Shared};

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
        let shared = {
            let _entered = runtime.enter();
            Arc::new(Shared::new(script)?)
        };
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
        self.seen.requests()
    }

    /// The number of requests so far.
    pub fn request_count(&self) -> usize {
        self.seen.request_count()
    }

    /// The time between the end of the connection with each index and the next request.
    pub fn gaps(&self) -> Vec<Option<Duration>> {
        self.seen.gaps()
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
            () = shared.opened() => {}
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
    let (index, step) = shared.begin(request);
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
