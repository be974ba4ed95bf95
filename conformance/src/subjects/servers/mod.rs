//! A small server for every runtime, ready to be judged.

mod service;

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
};

use hyper::service::service_fn;

use self::service::State;
use crate::{
    runtimes::{self, UnderTest},
    server::Target,
};

/// A server on a free port of 127.0.0.1, in a thread of its own. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// The subject: the name of the runtime.
    pub name: &'static str,
    address: SocketAddr,
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
}

type Stop = Arc<AtomicBool>;

/// A server to be, with its name.
pub type Start = (&'static str, fn() -> io::Result<Server>);

/// Every server there is.
pub fn all() -> Vec<Start> {
    runtimes::all().into_iter().map(|runtime| (runtime.name, runtime.server)).collect()
}

impl Server {
    /// Starts a server on this runtime, with a log that gets an event every few milliseconds.
    pub(crate) fn start<R: UnderTest>() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::<R>::new());
        let stop = Stop::default();
        let (ticking, ticks) = (Arc::clone(&stop), Arc::clone(&state));
        let ticker = thread::spawn(move || {
            let mut number = 0_u64;
            while !ticking.load(Ordering::Relaxed) {
                number += 1;
                ticks.publish(number);
                thread::sleep(TICK);
            }
            ticks.close();
        });
        let stopping = Arc::clone(&stop);
        let server = thread::spawn(move || serve(listener, &state, &stopping));
        Ok(Self { name: R::NAME, address, stop, threads: vec![ticker, server] })
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

/// Serves until `stop` is set.
fn serve<R: UnderTest>(listener: TcpListener, state: &Arc<State<R>>, stop: &Stop) {
    R::block_on(async {
        let listener = R::listener(listener).expect("a listener");
        let state = Arc::clone(state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&state);
            async move { state.answer(request).await }
        });
        let stop = Arc::clone(stop);
        let stopped = async move {
            while !stop.load(Ordering::Relaxed) {
                R::sleep(TICK).await;
            }
        };
        sse_driver::serve(listener, service)
            .with_graceful_shutdown(stopped)
            .shutdown_timeout(Duration::from_secs(1))
            .await;
    });
}

/// The time between two events.
const TICK: Duration = Duration::from_millis(10);

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}
