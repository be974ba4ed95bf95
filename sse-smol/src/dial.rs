//! Connections for the HTTP client.

use std::io;

use smol::net::TcpStream;
use sse_driver::{futures_io::ConnectTcp, transport::Target};

/// smol's TCP.
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
