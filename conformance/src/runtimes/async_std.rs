//! async-std.

use core::{future::Future, net::SocketAddr, time::Duration};
use std::{io, net, sync::Arc};

use ::async_std::{
    net::{TcpListener, TcpStream},
    task,
};
use sse_asyncstd::transport::{AsyncStd, Dialler};
use sse_driver::transport::{Socket, Target, rustls::ClientConfig};

use super::{Memory, Sockets, UnderTest};

impl UnderTest for AsyncStd {
    const NAME: &'static str = "async-std";
    const PACKAGE: &'static str = "sse-asyncstd";

    type Dialler = Dialler;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        task::block_on(work)
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        task::sleep(time)
    }

    fn dialler(tls: Arc<ClientConfig>) -> Dialler {
        Dialler::with_tls(tls)
    }

    async fn secure(dialler: &Dialler, stream: Memory, target: &Target) -> io::Result<Socket> {
        dialler.secure(stream, target).await
    }
}

impl Sockets for AsyncStd {
    type Listener = TcpListener;
    type Tcp = TcpStream;

    fn listener(listener: net::TcpListener) -> io::Result<TcpListener> {
        Ok(listener.into())
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
