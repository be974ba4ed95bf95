//! Why a request cannot be built.

use alloc::string::ToString;
use core::{error::Error, fmt};

use super::{NetworkError, url::ShownUrl};
use crate::Text;

/// Why a request cannot be built: the error of [`ClientConfig`](super::ClientConfig) and [`Headers`](super::Headers).
///
/// It holds no header values, and of a URL no user name, password, query and fragment. For a hook that prepares requests,
/// it converts to [`NetworkError::Permanent`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RequestError {
    /// The name of a header field is empty or holds a character that no such name may have.
    HeaderName {
        /// The name up to the first such character. What follows may be a value that was given by mistake.
        name: Text,
    },
    /// The transport sets this header field.
    HeaderReserved {
        /// The name.
        name: Text,
    },
    /// The value of a header field holds a control character, such as a line break.
    HeaderValue {
        /// The field's name.
        name: Text,
        /// The byte offset of the first such character.
        at: usize,
    },
    /// The value for the body cannot be serialized as JSON.
    #[cfg(feature = "json")]
    Json {
        /// What the serializer reports.
        reason: Text,
    },
    /// The method cannot be used to request a stream.
    Method {
        /// The method.
        method: Text,
    },
    /// The text is no URL that can be connected to.
    Url {
        /// The text without user name, password, query and fragment; `…` where these cannot be told apart, or where it is
        /// too long.
        url: Text,
        /// What is wrong with it.
        fault: UrlFault,
    },
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum UrlFault {
    /// Its host or its port is invalid. An IPv6 address needs brackets.
    Authority,
    /// Its path or its query holds one of `"`, `<`, `>` and `` ` ``, which has to be percent-encoded there.
    Character {
        /// The byte offset of the first such character.
        at: usize,
    },
    /// It has a user name or a password, which would not be sent.
    Credentials,
    /// The host that it was to be made of is empty, or is not a host alone: see
    /// [`ClientConfig::from_parts`](super::ClientConfig::from_parts).
    Host,
    /// It is relative, or has no host, or is no URL at all.
    NotAbsolute,
    /// The scheme that it was to be made of is not a scheme alone: see
    /// [`ClientConfig::from_parts`](super::ClientConfig::from_parts).
    Scheme,
    /// It holds a space or a control character, which has to be percent-encoded.
    Space {
        /// The byte offset of the first such character.
        at: usize,
    },
    /// It is longer than 65,534 bytes.
    TooLong,
}

impl RequestError {
    /// Creates the error for this URL, of which it keeps neither user name, password, query nor fragment. This is for
    /// transports that know more faults.
    pub fn url(url: &str, fault: UrlFault) -> Self {
        Self::Url { url: ShownUrl(url).to_string().into(), fault }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeaderName { name } if name.is_empty() => f.write_str(
                "a header name must be a token such as `X-Name`, and begins with another character or is empty",
            ),
            Self::HeaderName { name } => {
                let at = name.len();
                write!(
                    f,
                    "a header name must be a token such as `X-Name`, found another character after {name:?}, at byte {at}"
                )
            }
            Self::HeaderReserved { name } => {
                write!(f, "the header {name:?} is set by the transport: leave it out")
            }
            Self::HeaderValue { name, at } => {
                write!(f, "the value of the header {name:?} must not hold control characters, found one at byte {at}")
            }
            #[cfg(feature = "json")]
            Self::Json { reason } => write!(f, "the body cannot be written as JSON: {reason}"),
            Self::Method { method } => {
                write!(f, "{method:?} is not a method that can request a stream, such as `GET` or `POST`")
            }
            Self::Url { url, fault: UrlFault::Authority } => write!(
                f,
                "{url:?} has an invalid host or port: an IPv6 address needs brackets, and a port is a number up to 65535"
            ),
            Self::Url { url, fault: UrlFault::Character { at } } => {
                write!(f, "{url:?} holds a character at byte {at} that must be percent-encoded")
            }
            Self::Url { url, fault: UrlFault::Credentials } => {
                write!(f, "{url:?} must not hold a user name or a password: send a header `Authorization` instead")
            }
            Self::Url { url, fault: UrlFault::Host } => {
                write!(f, "{url:?} cannot be made: the host must be a name or an address alone, such as `example.com`")
            }
            Self::Url { url, fault: UrlFault::NotAbsolute } => {
                write!(f, "{url:?} is not an absolute URL such as `https://example.com/events`")
            }
            Self::Url { url, fault: UrlFault::Scheme } => {
                write!(f, "{url:?} cannot be made: the scheme must be a word alone, such as `https`")
            }
            Self::Url { url, fault: UrlFault::Space { at } } => {
                write!(f, "{url:?} holds a space or a control character at byte {at}: percent-encode it")
            }
            Self::Url { fault: UrlFault::TooLong, .. } => f.write_str("the URL is longer than 65534 bytes"),
        }
    }
}

impl Error for RequestError {}

impl From<RequestError> for NetworkError {
    /// The same request would fail again.
    fn from(_: RequestError) -> Self {
        Self::Permanent
    }
}
