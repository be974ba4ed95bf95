//! Errors of HTTP and of the connection.

use core::{error::Error, fmt};
use std::io;

use sse_proto::{Text, client::NetworkError};

/// Why a request got no response, or why the body of the response broke off.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// The connection, or TLS over it, could not be established.
    Dial(io::Error),
    /// The connection broke, or the peer did not speak HTTP.
    Http(hyper::Error),
    /// The URL's port is not a number up to 65535. Permanent.
    Port(Text),
    /// The URL or a header field cannot be sent. Permanent.
    Request(http::Error),
    /// The URL's scheme is neither `http` nor `https`. Permanent.
    Scheme(Text),
}

impl HttpError {
    /// Returns whether another attempt may help. It cannot where TLS is missing, where the server's certificate is refused,
    /// or where the request cannot be sent at all.
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

/// The error within is part of what is displayed, so the source is that of the error within.
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
