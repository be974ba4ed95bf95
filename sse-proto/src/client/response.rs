//! What the answer means (section 9.2.2 of the HTML Standard).

use alloc::string::String;
use core::{error::Error, fmt};

use super::{Headers, headers::is_token, url::Url};
use crate::{DecodeError, Text};

/// The head of an answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The header fields as received.
    pub headers: Headers,
}

/// Why the connection failed for good: the standard does not try again after any of these.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FailReason {
    /// The caller's side gave the attempt up.
    Aborted,
    /// The body is compressed, or otherwise encoded, which was not asked for.
    ContentEncoding {
        /// The encoding.
        found: Text,
    },
    /// The type of the answer is not `text/event-stream`.
    ContentType {
        /// The type that was understood, `None` if there was none.
        found: Option<Text>,
    },
    /// A limit was passed.
    Decode(DecodeError),
    /// The request cannot be made at all, so that trying again would be futile: no such scheme, say.
    Futile,
    /// A redirect to a URL that cannot be followed: no URL, another scheme, or from https to http (D-10).
    Redirect {
        /// Where it pointed.
        location: Text,
    },
    /// A status other than 200; 204 is how a server tells a client to stop.
    Status(u16),
    /// More redirects in a row than are followed.
    TooManyRedirects {
        /// How many are followed.
        limit: u32,
    },
}

impl fmt::Display for FailReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aborted => f.write_str("the request was given up"),
            Self::ContentEncoding { found } => {
                write!(f, "the server sent the body in the encoding {found:?}, which was not asked for")
            }
            Self::ContentType { found: Some(found) } => {
                write!(f, "the server sent the type {found:?} instead of text/event-stream")
            }
            Self::ContentType { found: None } => {
                f.write_str("the server sent no content type instead of text/event-stream")
            }
            Self::Decode(error) => error.fmt(f),
            Self::Futile => f.write_str("the request cannot be made"),
            Self::Redirect { location } => write!(f, "the redirect to {location:?} cannot be followed"),
            Self::Status(204) => f.write_str("the server has no more events (status 204)"),
            Self::Status(status) => write!(f, "the server answered with status {status} instead of 200"),
            Self::TooManyRedirects { limit } => write!(f, "more than {limit} redirects in a row"),
        }
    }
}

impl Error for FailReason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            _ => None,
        }
    }
}

/// What to do with an answer.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Accept,
    Fail(FailReason),
    Redirect { url: Text, permanent: bool },
}

impl ResponseHead {
    pub(super) fn verdict(&self, url: &str) -> Verdict {
        match self.status {
            200 => match self.mime_essence() {
                Some(essence) if essence == "text/event-stream" => match self.encoding() {
                    None => Verdict::Accept,
                    Some(found) => Verdict::Fail(FailReason::ContentEncoding { found }),
                },
                found => Verdict::Fail(FailReason::ContentType { found: found.map(Text::from) }),
            },
            status @ (301 | 302 | 303 | 307 | 308) => match self.headers.value("location") {
                // Fetch takes a redirect without a location as an ordinary answer.
                None => Verdict::Fail(FailReason::Status(status)),
                Some(location) => redirect(url, &String::from_utf8_lossy(location), matches!(status, 301 | 308)),
            },
            status => Verdict::Fail(FailReason::Status(status)),
        }
    }

    /// The encoding of the body, if it is not the plain one: as text it would be garbled.
    fn encoding(&self) -> Option<Text> {
        let mut encodings = self.headers.values("content-encoding").filter(|value| !value.is_empty());
        let found = encodings.find(|value| !value.eq_ignore_ascii_case(b"identity"))?;
        Some(Text::from(&*String::from_utf8_lossy(found)))
    }

    /// The essence of the last valid type, in lower case ("extract a MIME type" of the Fetch Standard).
    fn mime_essence(&self) -> Option<String> {
        self.headers.values("content-type").flat_map(split_list).filter_map(essence).last()
    }
}

fn redirect(from: &str, location: &str, permanent: bool) -> Verdict {
    let refused = || Verdict::Fail(FailReason::Redirect { location: Text::from(location) });
    let Some(base) = Url::parse(from) else { return refused() };
    let Some(target) = base.resolve(location.trim_matches([' ', '\t'])) else { return refused() };
    let allowed = Url::parse(&target).is_some_and(|target| target.is_https() || (target.is_http() && !base.is_https()));
    if allowed { Verdict::Redirect { url: Text::from(target), permanent } } else { refused() }
}

/// The members of a header value, split at commas outside of quoted strings.
fn split_list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |byte| {
        let was_escaped = core::mem::take(&mut escaped);
        match byte {
            b'\\' if quoted && !was_escaped => escaped = true,
            b'"' if !was_escaped => quoted = !quoted,
            b',' => return !quoted,
            _ => {}
        }
        false
    })
}

/// Type and subtype without parameters, if they are tokens and name no range of types.
fn essence(value: &[u8]) -> Option<String> {
    let essence = value.split(|byte| *byte == b';').next()?;
    let essence = core::str::from_utf8(essence).ok()?.trim_matches([' ', '\t', '\r', '\n']);
    let (main, sub) = essence.split_once('/')?;
    let valid = [main, sub].iter().all(|part| !part.is_empty() && part.bytes().all(is_token));
    (valid && essence != "*/*").then(|| essence.to_ascii_lowercase())
}
