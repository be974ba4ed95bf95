//! Connections for the HTTP client.

use std::io;

use async_std::net::TcpStream;
use sse_driver::{futures_io::ConnectTcp, transport::Target};

/// async-std's TCP.
#[derive(Clone, Copy, Debug)]
pub struct Tcp;

impl ConnectTcp for Tcp {
    type Stream = TcpStream;

    async fn connect(target: &Target) -> io::Result<TcpStream> {
        let tcp = TcpStream::connect((target.host.as_str(), target.port)).await?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }
}
