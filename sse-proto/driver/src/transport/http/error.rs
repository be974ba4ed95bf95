//! What can go wrong below the protocol.

use core::{error::Error, fmt};
use std::io;

use sse_proto::{Text, client::NetworkError};

/// Why a request got no answer, or why the body of the answer broke off.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection, or no TLS over it.
    Dial(io::Error),
    /// The connection broke, or what came was no HTTP.
    Http(hyper::Error),
    /// The URL's port is none: it is not a number up to 65535. It fails for good.
    Port(Text),
    /// The URL or a header field cannot be sent. It fails for good.
    Request(http::Error),
    /// The URL's scheme is neither `http` nor `https`. It fails for good.
    Scheme(Text),
}

impl HttpError {
    /// Whether trying again may help: not where there is no TLS, where the server's certificate is refused, or where the
    /// request cannot be sent at all.
    pub(super) fn classify(&self) -> NetworkError {
        match self {
            Self::Dial(error) if error.kind() == io::ErrorKind::Unsupported => NetworkError::Permanent,
            #[cfg(feature = "tls")]
            Self::Dial(error) if super::tls::is_refusal(error) => NetworkError::Permanent,
            #[cfg(feature = "tls")]
            Self::Http(error) if super::tls::is_refusal(error) => NetworkError::Permanent,
            Self::Dial(_) | Self::Http(_) => NetworkError::Transient,
            Self::Port(_) | Self::Request(_) | Self::Scheme(_) => NetworkError::Permanent,
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(error) => write!(f, "cannot connect: {error}"),
            Self::Http(error) => write!(f, "the connection broke: {error}"),
            Self::Port(port) => write!(f, "the port {port:?} is none: it must be a number up to 65535"),
            Self::Request(error) => write!(f, "the request cannot be sent: {error}"),
            Self::Scheme(scheme) => write!(f, "URLs with the scheme {scheme:?} cannot be asked for"),
        }
    }
}

/// The error within is part of what is displayed, so the source is its own.
impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Dial(error) => error.source(),
            Self::Http(error) => error.source(),
            Self::Request(error) => error.source(),
            Self::Port(_) | Self::Scheme(_) => None,
        }
    }
}
