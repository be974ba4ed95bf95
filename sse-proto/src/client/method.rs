//! The methods of requests.

use super::{RequestError, headers::is_token};
use crate::Text;

/// Checks the caller's method, and normalizes it as Fetch does ("normalize a method").
pub(super) fn check(method: Text) -> Result<Text, RequestError> {
    let same = |known: &&&str| method.eq_ignore_ascii_case(known);
    if method.is_empty() || !method.bytes().all(is_token) || ["CONNECT", "TRACE", "TRACK"].iter().any(|m| same(&m)) {
        return Err(RequestError::Method { method });
    }
    let known = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    Ok(known.iter().find(same).map_or_else(|| method.clone(), |known| Text::from_static(known)))
}

/// Whether the method is safe (RFC 9110, section 9.2.1), so that the request can be sent again.
pub(super) fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}
