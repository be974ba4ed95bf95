//! Connections for the HTTP client.

use std::{future::Future, io, pin::Pin};

use sse_proto::driver::http::{Dial, Socket, Target};
#[cfg(feature = "tls")]
use sse_proto::driver::http::{Tls, TlsSession, agreed_on_http2};
use tokio::net::TcpStream;

use crate::Io;

/// Opens TCP connections, and TLS over them for `https`.
#[derive(Clone, Debug, Default)]
pub struct Dialler {
    #[cfg(feature = "tls")]
    tls: Tls,
}

impl Dialler {
    /// Uses these settings for TLS: other roots, say, or a certificate of the client's own.
    #[cfg(feature = "tls")]
    pub const fn with_tls(config: std::sync::Arc<crate::rustls::ClientConfig>) -> Self {
        Self { tls: Tls::new(config) }
    }
}

impl Dial for Dialler {
    type Future = Pin<Box<dyn Future<Output = io::Result<Socket>> + Send>>;

    #[cfg(feature = "tls")]
    fn dial(&self, target: Target) -> Self::Future {
        let session = self.tls.session(&target);
        Box::pin(async move {
            let session = session?;
            connection(connect(target).await?, session).await
        })
    }

    #[cfg(not(feature = "tls"))]
    fn dial(&self, target: Target) -> Self::Future {
        Box::pin(async move { Ok(Socket::new(Io::new(connect(target.without_tls()?).await?))) })
    }
}

async fn connect(target: Target) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect((target.host.as_str(), target.port)).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// The connection over this socket: TLS if there is a session for it.
#[cfg(feature = "tls")]
async fn connection(tcp: TcpStream, session: Option<TlsSession>) -> io::Result<Socket> {
    let Some(TlsSession { config, name }) = session else { return Ok(Socket::new(Io::new(tcp))) };
    let stream = tokio_rustls::TlsConnector::from(config).connect(name, tcp).await?;
    let http2 = agreed_on_http2(stream.get_ref().1);
    Ok(Socket::new(Io::new(stream)).http2(http2))
}
