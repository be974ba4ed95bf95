//! A small server on each runtime, ready to be judged: what differs is the loop that accepts connections, and no more.

#[cfg(feature = "async-std")]
mod async_std;
mod service;
#[cfg(feature = "smol")]
mod smol;
mod tokio;

use core::time::Duration;
use std::{
    io,
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

use sse_driver::transport::Runtime;

use self::service::State;
use crate::server::Target;

/// A server on a free port of 127.0.0.1, in a thread of its own. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// The subject: the name of the runtime.
    pub name: &'static str,
    address: SocketAddr,
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
}

type Stop = Arc<core::sync::atomic::AtomicBool>;

/// A server to be, with its name.
pub type Start = (&'static str, fn() -> io::Result<Server>);

/// Every server there is.
pub fn all() -> Vec<Start> {
    vec![
        ("tokio", tokio::start as fn() -> io::Result<Server>),
        #[cfg(feature = "smol")]
        ("smol", smol::start),
        #[cfg(feature = "async-std")]
        ("async-std", async_std::start),
    ]
}

impl Server {
    /// Runs `serve`, which takes connections until it is told to stop, with a log that gets an event every few
    /// milliseconds.
    fn start<K: Runtime + 'static>(
        name: &'static str,
        serve: fn(std::net::TcpListener, Arc<State<K>>, Stop),
    ) -> io::Result<Self>
    where
        K::Timer: Send,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::<K>::new());
        let stop = Stop::default();
        let (ticking, ticks) = (Arc::clone(&stop), Arc::clone(&state));
        let ticker = thread::spawn(move || {
            let mut number = 0_u64;
            while !ticking.load(core::sync::atomic::Ordering::Relaxed) {
                number += 1;
                ticks.publish(number);
                thread::sleep(TICK);
            }
            ticks.close();
        });
        let (serving, stopping) = (state, Arc::clone(&stop));
        let server = thread::spawn(move || serve(listener, serving, stopping));
        Ok(Self { name, address, stop, threads: vec![ticker, server] })
    }

    /// What is to be judged. The times are those of a machine that is busy with other tests.
    pub fn target(&self) -> Target {
        let url = |path: &str| format!("http://{}/{path}", self.address);
        Target {
            echo: Some(url("echo")),
            counter: Some(url("sessions")),
            finished: Some(url("finished")),
            idle: Some(url("idle")),
            memory: cfg!(target_os = "linux").then(|| url("memory")),
            resume: true,
            shared: true,
            watch: Duration::from_millis(400),
            first_byte: Duration::from_secs(10),
            whole_event: Duration::from_secs(10),
            silence: Duration::from_secs(10),
            ..Target::new(url("events"))
        }
    }
}

/// The time between two events.
const TICK: Duration = Duration::from_millis(10);

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, core::sync::atomic::Ordering::Relaxed);
        // The loop looks at `stop` when the next connection comes.
        drop(TcpStream::connect(self.address));
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}
