//! tokio.

use core::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::{io, net, sync::Arc};

use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    runtime, time,
};
use sse_driver::transport::{Socket, Target, rustls::ClientConfig};
use sse_tokio::transport::{Dialler, Tokio};

use super::{Memory, Sockets, UnderTest};

impl UnderTest for Tokio {
    const NAME: &'static str = "tokio";
    const PACKAGE: &'static str = "sse-tokio";

    type Dialler = Dialler;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        // Tasks have another thread than `work`, so that wake-ups cross threads.
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(work)
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        time::sleep(time)
    }

    fn dialler(tls: Arc<ClientConfig>) -> Dialler {
        Dialler::with_tls(tls)
    }

    async fn secure(dialler: &Dialler, stream: Memory, target: &Target) -> io::Result<Socket> {
        dialler.secure(stream, target).await
    }
}

impl Sockets for Tokio {
    type Listener = TcpListener;
    type Tcp = TcpStream;

    fn listener(listener: net::TcpListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
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

impl AsyncRead for Memory {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.poll_read(cx, buffer.remaining(), &mut |bytes| buffer.put_slice(bytes))
    }
}

impl AsyncWrite for Memory {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
