//! The methods of requests.

use core::{error::Error, fmt};

use super::headers::is_token;
use crate::Text;

/// The method cannot be used to ask for a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidMethod {
    /// The method.
    pub method: Text,
}

impl fmt::Display for InvalidMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a method to ask for a stream with, such as `GET` or `POST`", self.method)
    }
}

impl Error for InvalidMethod {}

/// Checks the method that a caller gives, and writes it as Fetch does ("normalize a method").
pub(super) fn check(method: Text) -> Result<Text, InvalidMethod> {
    let same = |known: &&&str| method.eq_ignore_ascii_case(known);
    if method.is_empty() || !method.bytes().all(is_token) || ["CONNECT", "TRACE", "TRACK"].iter().any(|m| same(&m)) {
        return Err(InvalidMethod { method });
    }
    let known = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    Ok(known.iter().find(same).map_or_else(|| method.clone(), |known| Text::from_static(known)))
}

/// Whether the method is safe (RFC 9110, section 9.2.1), so that the request can be sent again.
pub(super) fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}
