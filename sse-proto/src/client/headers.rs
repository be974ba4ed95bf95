//! Header fields as plain values.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;

use bytes::Bytes;

use super::{RequestError, response::split_list};
use crate::Text;

/// A list of HTTP header fields, in order. Names are compared without regard to case.
///
/// `Debug` shows the names, and the values of a few fields that hold no secrets, for example `Content-Type`.
///
/// When a redirect leads a request to another origin, `Authorization`, `Cookie`, `Host` and `Proxy-Authorization` are
/// left out, as Fetch does. All other fields go with it, whatever they hold, and so do those that a hook has added to the
/// request before the redirect. A key in a custom field (for example `X-Api-Key`) is certain to stay with its origin only
/// if no redirect is followed: [`ClientConfig::redirects`](super::ClientConfig::redirects) of 0.
///
/// ```
/// use sse_proto::client::Headers;
///
/// let mut headers = Headers::new();
/// headers.set("Authorization", "Bearer 1")?;
/// headers.set("authorization", "Bearer 2")?;
/// assert_eq!(headers.value("Authorization"), Some(&b"Bearer 2"[..]));
/// headers.remove("Authorization");
/// assert_eq!(headers.value("Authorization"), None);
/// assert!(headers.append("X-Evil", "1\r\nX-Other: 2").is_err());
/// # Ok::<(), sse_proto::client::RequestError>(())
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Headers(Vec<(Text, Bytes)>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field, in addition to any of the same name.
    ///
    /// # Errors
    ///
    /// The name is not a token, or the value holds a control character other than the tab.
    pub fn append(&mut self, name: impl Into<Text>, value: impl Into<Bytes>) -> Result<(), RequestError> {
        let (name, value) = checked(name.into(), value.into())?;
        self.push(name, value);
        Ok(())
    }

    /// Sets a field, in place of all of the same name.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append); the fields are unchanged then.
    pub fn set(&mut self, name: impl Into<Text>, value: impl Into<Bytes>) -> Result<(), RequestError> {
        let (name, value) = checked(name.into(), value.into())?;
        self.remove(&name);
        self.push(name, value);
        Ok(())
    }

    /// Removes all fields of this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    /// Adds a field that was checked, or received.
    pub(crate) fn push(&mut self, name: Text, value: Bytes) {
        self.0.push((name, value));
    }

    /// The value of the first field of this name.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The values of all fields of this name.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }
}

impl<N: Into<Text>, V: Into<Bytes>> FromIterator<(N, V)> for Headers {
    /// Takes the fields of a received message, which are not checked.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Most values are left out, so that no secret ends up in a log: an API key may be in a field of any name.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| {
            let harmless = HARMLESS.iter().any(|harmless| name.eq_ignore_ascii_case(harmless));
            (name, if harmless { String::from_utf8_lossy(value) } else { Cow::Borrowed("...") })
        });
        f.debug_map().entries(shown).finish()
    }
}

/// Header fields that are meant for one origin only (D-10).
pub(super) const CREDENTIALS: [&str; 3] = ["Authorization", "Cookie", "Proxy-Authorization"];

/// Header fields whose values may be shown to anybody.
const HARMLESS: [&str; 10] = [
    "Accept",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Date",
    "Pragma",
    "Retry-After",
    "Transfer-Encoding",
];

/// Returns the field if it can be sent.
fn checked(name: Text, value: Bytes) -> Result<(Text, Bytes), RequestError> {
    let valid = name.bytes().take_while(|byte| is_token(*byte)).count();
    if valid == 0 || valid < name.len() {
        return Err(RequestError::HeaderName { name: Text::from(&name[..valid]) });
    }
    check(&name, &value)?;
    Ok((name, value))
}

/// Checks that a value can be sent in the field of this name.
pub(super) fn check(name: &Text, value: &[u8]) -> Result<(), RequestError> {
    match value.iter().position(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) {
        Some(at) => Err(RequestError::HeaderValue { name: name.clone(), at }),
        None => Ok(()),
    }
}

/// Adds `types` to `accept`, another list of media types. Where both lists name a type, the parameters of `types` win.
pub(super) fn with_types(accept: &[u8], types: &[u8]) -> Bytes {
    let essence = |member: &[u8]| {
        let essence = member.split(|byte| *byte == b';').next().unwrap_or_default();
        essence.trim_ascii().to_ascii_lowercase()
    };
    let named: Vec<_> = split_list(types).map(essence).collect();
    let kept = split_list(accept).filter(|member| !named.contains(&essence(member)));
    let list: Vec<_> = kept.map(<[u8]>::trim_ascii).chain([types]).collect();
    list.join(&b", "[..]).into()
}

/// The characters of a token (RFC 9110, section 5.6.2).
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
