//! TLS on all runtimes: settings, the name to check, and which errors are permanent.

use alloc::sync::Arc;
use std::{io, sync::OnceLock};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error, RootCertStore, crypto::ring,
    pki_types::ServerName,
};

use super::Target;

/// The settings of TLS: custom ones, or the roots of webpki-roots and the versions of HTTP that the features allow.
/// Custom settings name those versions (`alpn_protocols`); without any, HTTP/1.1 is used.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    own: Option<Arc<ClientConfig>>,
}

impl Tls {
    /// Uses these settings, for example other roots or a certificate of the client.
    pub const fn new(config: Arc<ClientConfig>) -> Self {
        Self { own: Some(config) }
    }

    /// Returns the settings and the name to check for a connection to `target`: `None` if the target does not want TLS.
    ///
    /// # Errors
    ///
    /// No certificate can be for this host. Permanent.
    pub fn session(&self, target: &Target) -> io::Result<Option<TlsSession>> {
        if !target.tls {
            return Ok(None);
        }
        let name = ServerName::try_from(target.host.clone());
        let name = name.map_err(|error| io::Error::new(io::ErrorKind::Unsupported, error))?;
        Ok(Some(TlsSession { config: self.own.clone().unwrap_or_else(default_config), name }))
    }
}

/// Returns whether HTTP/2 was negotiated (ALPN).
pub fn agreed_on_http2(connection: &ClientConnection) -> bool {
    connection.alpn_protocol() == Some(b"h2")
}

/// What a handshake needs.
#[derive(Clone, Debug)]
pub struct TlsSession {
    /// The settings.
    pub config: Arc<ClientConfig>,
    /// The name that the server's certificate has to be for.
    pub name: ServerName<'static>,
}

/// The roots of webpki-roots, and the versions of HTTP that can be spoken.
fn default_config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        // The provider's own defaults cannot be unfit for the provider.
        let builder = builder.with_safe_default_protocol_versions().expect("ring supports the default versions of TLS");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        if cfg!(feature = "http2") {
            config.alpn_protocols.push(b"h2".to_vec());
        }
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Arc::new(config)
    });
    Arc::clone(config)
}

/// Returns whether an error, or one of its sources, is a refusal that no other attempt will change: of a certificate, or
/// because there is no common protocol. An expired certificate may soon be replaced, so that it is none.
pub fn is_refusal(mut error: &(dyn core::error::Error + 'static)) -> bool {
    loop {
        // What an `io::Error` carries is not its source.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let fault = carried.and_then(|carried| carried.downcast_ref::<Error>());
        if let Some(fault) = fault {
            return is_final(fault);
        }
        match error.source() {
            Some(source) => error = source,
            None => return false,
        }
    }
}

fn is_final(fault: &Error) -> bool {
    match fault {
        Error::AlertReceived(alert) => matches!(
            alert,
            AlertDescription::AccessDenied
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateRequired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::HandshakeFailure
                | AlertDescription::NoApplicationProtocol
                | AlertDescription::ProtocolVersion
                | AlertDescription::UnknownCA
                | AlertDescription::UnsupportedCertificate
        ),
        Error::InvalidCertificate(fault) => !matches!(
            fault,
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        ),
        Error::NoApplicationProtocol | Error::NoCertificatesPresented | Error::PeerIncompatible(_) => true,
        _ => false,
    }
}
