//! Connections over `futures_io`, with TLS if the feature `futures-tls` is on.

use alloc::boxed::Box;
use core::{fmt, future::Future, marker::PhantomData, pin::Pin};
use std::io;

use futures_io::{AsyncRead, AsyncWrite};

use super::FuturesIo;
use crate::transport::{Dial, Socket, Target};
#[cfg(feature = "futures-tls")]
use crate::transport::{Tls, TlsSession, agreed_on_http2};

/// Opens the TCP connections of one runtime.
pub trait ConnectTcp: 'static {
    /// The connection.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Connects to the first address of the host that can be reached, with `TCP_NODELAY`.
    fn connect(target: &Target) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// Opens TCP connections, and TLS over them for `https`.
pub struct Dialler<T> {
    #[cfg(feature = "futures-tls")]
    tls: Tls,
    tcp: PhantomData<fn() -> T>,
}

#[cfg(feature = "futures-tls")]
impl<T> Dialler<T> {
    /// Uses these settings for TLS, for example other roots or a certificate of the client.
    pub const fn with_tls(config: alloc::sync::Arc<rustls::ClientConfig>) -> Self {
        Self { tls: Tls::new(config), tcp: PhantomData }
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
            return Ok(Socket::new(FuturesIo::new(stream)));
        };
        let stream = futures_rustls::TlsConnector::from(config).connect(name, stream).await?;
        let http2 = agreed_on_http2(stream.get_ref().1);
        Ok(Socket::new(FuturesIo::new(stream)).http2(http2))
    }

    fn check(&self, target: &Target) -> io::Result<()> {
        self.tls.session(target).map(drop)
    }
}

#[cfg(not(feature = "futures-tls"))]
impl<T> Dialler<T> {
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
        Ok(Socket::new(FuturesIo::new(stream)))
    }

    fn check(&self, target: &Target) -> io::Result<()> {
        target.without_tls()
    }
}

impl<T: ConnectTcp> Dial for Dialler<T> {
    type Future = Pin<Box<dyn Future<Output = io::Result<Socket>> + Send>>;

    fn dial(&self, target: Target) -> Self::Future {
        let dialler = self.clone();
        Box::pin(async move {
            dialler.check(&target)?;
            dialler.secure(T::connect(&target).await?, &target).await
        })
    }
}

impl<T> Clone for Dialler<T> {
    fn clone(&self) -> Self {
        Self {
            #[cfg(feature = "futures-tls")]
            tls: self.tls.clone(),
            tcp: PhantomData,
        }
    }
}

impl<T> Default for Dialler<T> {
    fn default() -> Self {
        Self {
            #[cfg(feature = "futures-tls")]
            tls: Tls::default(),
            tcp: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Dialler<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialler").finish_non_exhaustive()
    }
}
