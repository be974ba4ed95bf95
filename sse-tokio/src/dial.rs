//! Connections for the HTTP client.

use std::{future::Future, io, pin::Pin};

use sse_driver::transport::{Dial, Socket, Target};
#[cfg(feature = "tls")]
use sse_driver::transport::{Tls, TlsSession, agreed_on_http2};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::transport::Io;

/// Opens TCP connections, and TLS over them for `https`.
#[derive(Clone, Debug, Default)]
pub struct Dialler {
    #[cfg(feature = "tls")]
    tls: Tls,
}

#[cfg(feature = "tls")]
impl Dialler {
    /// Uses these settings for TLS, for example other roots or a certificate of the client.
    pub const fn with_tls(config: std::sync::Arc<crate::transport::rustls::ClientConfig>) -> Self {
        Self { tls: Tls::new(config) }
    }

    /// Makes a connection of a custom stream, for example one through a proxy: with TLS if the target wants it.
    ///
    /// # Errors
    ///
    /// The handshake failed, or no certificate can be for this host.
    pub async fn secure<S>(&self, stream: S, target: &Target) -> io::Result<Socket>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Some(TlsSession { config, name }) = self.tls.session(target)? else {
            return Ok(Socket::new(Io::new(stream)));
        };
        let stream = tokio_rustls::TlsConnector::from(config).connect(name, stream).await?;
        let http2 = agreed_on_http2(stream.get_ref().1);
        Ok(Socket::new(Io::new(stream)).http2(http2))
    }

    fn check(&self, target: &Target) -> io::Result<()> {
        self.tls.session(target).map(drop)
    }
}

#[cfg(not(feature = "tls"))]
impl Dialler {
    /// Makes a connection of a custom stream, for example one through a proxy. TLS needs the feature `tls`.
    ///
    /// # Errors
    ///
    /// The target wants TLS.
    pub async fn secure<S>(&self, stream: S, target: &Target) -> io::Result<Socket>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.check(target)?;
        Ok(Socket::new(Io::new(stream)))
    }

    fn check(&self, target: &Target) -> io::Result<()> {
        target.without_tls()
    }
}

impl Dial for Dialler {
    type Future = Pin<Box<dyn Future<Output = io::Result<Socket>> + Send>>;

    fn dial(&self, target: Target) -> Self::Future {
        let dialler = self.clone();
        Box::pin(async move {
            dialler.check(&target)?;
            let tcp = TcpStream::connect((target.host.as_str(), target.port)).await?;
            tcp.set_nodelay(true)?;
            dialler.secure(tcp, &target).await
        })
    }
}
