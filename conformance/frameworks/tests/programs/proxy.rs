//! A proxy that cuts the first connections.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};

/// The number of connections that are cut.
pub(crate) const CUTS: usize = 3;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut accepted = 0;
            while let Ok((client, _)) = listener.accept().await {
                // In the middle of an event, most likely: an event has less than 50 bytes, and the head some hundred.
                let bytes = if accepted < CUTS { 1000 + 13 * accepted as u64 } else { u64::MAX };
                accepted += 1;
                tokio::spawn(forward(client, server, bytes));
            }
        });
        Self { address }
    }
}

/// Forwards this number of bytes to the client, and closes both connections.
async fn forward(client: TcpStream, server: SocketAddr, bytes: u64) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let requests = tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    let _ = copy(&mut from_server.take(bytes), &mut to_client).await;
    let _ = to_client.shutdown().await;
    requests.abort();
}
