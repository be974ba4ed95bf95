//! smol.

use core::{future::Future, net::SocketAddr, time::Duration};
use std::{io, net, sync::Arc};

use ::smol::{
    Async, Timer,
    net::{TcpListener, TcpStream},
};
use sse_driver::transport::{Socket, Target, rustls::ClientConfig};
use sse_smol::transport::{Dialler, Smol};

use super::{Memory, Sockets, UnderTest};

impl UnderTest for Smol {
    const NAME: &'static str = "smol";
    const PACKAGE: &'static str = "sse-smol";

    type Dialler = Dialler;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        ::smol::block_on(work)
    }

    async fn sleep(time: Duration) {
        Timer::after(time).await;
    }

    fn dialler(tls: Arc<ClientConfig>) -> Dialler {
        Dialler::with_tls(tls)
    }

    async fn secure(dialler: &Dialler, stream: Memory, target: &Target) -> io::Result<Socket> {
        dialler.secure(stream, target).await
    }
}

impl Sockets for Smol {
    type Listener = TcpListener;
    type Tcp = TcpStream;

    fn listener(listener: net::TcpListener) -> io::Result<TcpListener> {
        Ok(Async::new(listener)?.into())
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        let (tcp, _) = listener.accept().await?;
        // Where it cannot be set, small writes are slower.
        let _ = tcp.set_nodelay(true);
        Ok(tcp)
    }

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }
}
