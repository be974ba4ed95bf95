//! Sockets for the HTTP client, with TLS over them where the URL asks for it.

#[cfg(feature = "tls")]
use std::sync::{Arc, OnceLock};
use std::{future::Future, io, pin::Pin};

use hyper_util::rt::TokioIo;
use sse_proto::driver::http::{Dial, Target};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// Opens TCP connections, and TLS over them for `https`.
#[derive(Clone, Debug, Default)]
pub struct Dialler {
    #[cfg(feature = "tls")]
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Dialler {
    /// Uses these settings for TLS: other roots, say, or a certificate of the client's own.
    #[cfg(feature = "tls")]
    pub fn with_tls(config: Arc<rustls::ClientConfig>) -> Self {
        Self { tls: Some(config) }
    }
}

/// What HTTP is spoken over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Dial for Dialler {
    type Stream = TokioIo<Box<dyn Stream>>;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Stream>> + Send>>;

    #[cfg(feature = "tls")]
    fn dial(&self, target: Target) -> Self::Future {
        let tls = target.tls.then(|| self.tls.clone().unwrap_or_else(default_tls));
        Box::pin(async move {
            let tcp = connect(&target).await?;
            let Some(tls) = tls else { return Ok(TokioIo::new(Box::new(tcp) as Box<dyn Stream>)) };
            let name = rustls::pki_types::ServerName::try_from(target.host).map_err(io::Error::other)?;
            let stream = tokio_rustls::TlsConnector::from(tls).connect(name, tcp).await?;
            Ok(TokioIo::new(Box::new(stream) as Box<dyn Stream>))
        })
    }

    #[cfg(not(feature = "tls"))]
    fn dial(&self, target: Target) -> Self::Future {
        Box::pin(async move {
            if target.tls {
                let missing = "https needs the feature `tls` of sse-tokio";
                return Err(io::Error::new(io::ErrorKind::Unsupported, missing));
            }
            Ok(TokioIo::new(Box::new(connect(&target).await?) as Box<dyn Stream>))
        })
    }
}

async fn connect(target: &Target) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect((target.host.as_str(), target.port)).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// The roots of webpki-roots, and HTTP/1.1.
#[cfg(feature = "tls")]
fn default_tls() -> Arc<rustls::ClientConfig> {
    static CONFIG: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        // The provider's own defaults cannot be unfit for the provider.
        let builder = builder.expect("ring supports the default versions of TLS");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    });
    Arc::clone(config)
}
