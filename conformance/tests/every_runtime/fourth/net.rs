//! The standard library's sockets, which do not block.

use core::{
    future::{Future, Ready, poll_fn, ready},
    pin::Pin,
    task::{Context, Poll},
};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
};

use futures_io::{AsyncRead, AsyncWrite};
use sse_driver::{self, server, transport::Target};

use super::{Fourth, executor::Place};

/// Tries until the socket does not block, and waits in this place.
fn poll<T>(place: &Place, cx: &Context<'_>, mut act: impl FnMut() -> io::Result<T>) -> Poll<io::Result<T>> {
    loop {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                place.wait_for_socket(cx);
                return Poll::Pending;
            }
            done => return Poll::Ready(done),
        }
    }
}

/// A socket that listens.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    place: Place,
}

impl Listener {
    pub(super) fn new(socket: TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket, place: Place::default() })
    }

    pub(super) async fn accept(&self) -> io::Result<Tcp> {
        let (socket, _) = poll_fn(|cx| poll(&self.place, cx, || self.socket.accept())).await?;
        Tcp::new(socket)
    }
}

impl server::Listener<Fourth> for Listener {
    type Stream = Tcp;
    type Address = SocketAddr;
    type Opening = Ready<io::Result<Tcp>>;

    async fn accept(&mut self) -> io::Result<(Self::Opening, SocketAddr)> {
        let tcp = Listener::accept(self).await?;
        let address = tcp.socket.peer_addr()?;
        Ok((ready(Ok(tcp)), address))
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Tcp {
    socket: TcpStream,
    reading: Place,
    writing: Place,
}

impl Tcp {
    /// Connects, and blocks meanwhile, which does not last on loopback.
    pub(super) fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::new(TcpStream::connect(address)?)
    }

    fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, reading: Place::default(), writing: Place::default() })
    }
}

impl sse_driver::futures_io::ConnectTcp for Tcp {
    type Stream = Self;

    fn connect(target: &Target) -> impl Future<Output = io::Result<Self>> + Send {
        ready(Self::connect((target.host.as_str(), target.port)))
    }
}

impl AsyncRead for Tcp {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        poll(&self.reading, cx, || (&self.socket).read(buffer))
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        poll(&self.writing, cx, || (&self.socket).write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.shutdown(Shutdown::Write))
    }
}
