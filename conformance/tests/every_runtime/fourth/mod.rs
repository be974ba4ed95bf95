//! A fourth runtime, which only the tests have: one thread, the standard library's sockets, and an alarm clock. It is
//! in the list of the tests by one entry (`for_every_runtime!`).

mod executor;
mod net;

use core::{future::Future, net::SocketAddr, time::Duration};
use std::{io, sync::Arc};

use sse_conformance::runtimes::{Memory, Sockets, UnderTest};
use sse_driver::{
    futures_io::{Dialler, FuturesIo},
    transport::{Runtime, Socket, Spawn, Target, rustls::ClientConfig},
};

use self::{executor::Timer, net::Tcp};

/// Stands for the runtime.
#[derive(Debug)]
pub(crate) struct Fourth;

impl Runtime for Fourth {
    type Timer = Timer;
    type Io<S> = FuturesIo<S>;

    fn io<S>(stream: S) -> FuturesIo<S> {
        FuturesIo::new(stream)
    }
}

impl Spawn for Fourth {
    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        executor::spawn(task);
    }
}

impl UnderTest for Fourth {
    const NAME: &'static str = "fourth";
    const PACKAGE: &'static str = "no package";

    type Dialler = Dialler<Tcp>;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        executor::block_on(work)
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        executor::sleep(time)
    }

    fn dialler(tls: Arc<ClientConfig>) -> Dialler<Tcp> {
        Dialler::with_tls(tls)
    }

    async fn secure(dialler: &Dialler<Tcp>, stream: Memory, target: &Target) -> io::Result<Socket> {
        dialler.secure(stream, target).await
    }
}

impl Sockets for Fourth {
    type Listener = net::Listener;
    type Tcp = Tcp;

    fn listener(listener: std::net::TcpListener) -> io::Result<net::Listener> {
        net::Listener::new(listener)
    }

    async fn accept(listener: &net::Listener) -> io::Result<Tcp> {
        listener.accept().await
    }

    async fn connect(address: SocketAddr) -> io::Result<Tcp> {
        Tcp::connect(address)
    }
}
