//! What a response means (section 9.2.2 of the HTML Standard).

use alloc::string::{String, ToString};

use super::{
    FailReason, Headers,
    headers::is_token,
    url::{self, ShownUrl, Url},
};
use crate::Text;

/// The head of a response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The header fields as received.
    pub headers: Headers,
}

/// What to do with a response.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Accept,
    Fail(FailReason),
    Redirect(Redirect),
}

/// A redirect that can be followed.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Redirect {
    pub(super) url: Text,
    pub(super) permanent: bool,
    /// The request becomes a `GET` without a body.
    pub(super) as_get: bool,
}

impl ResponseHead {
    /// The head of a response that opens a stream: status 200 and the type `text/event-stream`. For custom transports and
    /// their tests.
    ///
    /// ```
    /// use sse_proto::client::ResponseHead;
    ///
    /// let head = ResponseHead::event_stream();
    /// assert_eq!((head.status, head.headers.value("Content-Type")), (200, Some(&b"text/event-stream"[..])));
    /// ```
    pub fn event_stream() -> Self {
        let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
        Self { status: 200, headers }
    }

    /// What the response to a request with this method and URL means. With `any_type`, its type is not checked.
    pub(super) fn verdict(&self, method: &str, url: &str, any_type: bool) -> Verdict {
        match self.status {
            200 => match self.mime_essence() {
                essence if any_type || essence.as_deref() == Some("text/event-stream") => match self.encoding() {
                    None => Verdict::Accept,
                    Some(found) => Verdict::Fail(FailReason::ContentEncoding { found }),
                },
                found => Verdict::Fail(FailReason::ContentType { found: found.map(Text::from) }),
            },
            status @ (301 | 302 | 303 | 307 | 308) => match self.headers.value("location") {
                // Fetch treats a redirect without a location as an ordinary response, and one with several as an error.
                None => Verdict::Fail(FailReason::Status(status)),
                Some(_) if self.headers.values("location").count() > 1 => Verdict::Fail(FailReason::Status(status)),
                Some(location) => {
                    let as_get = match status {
                        301 | 302 => method == "POST",
                        303 => !matches!(method, "GET" | "HEAD"),
                        _ => false,
                    };
                    // One byte more shows that it is too long.
                    let location = &location[..location.len().min(url::LONGEST + 1)];
                    redirect(url, &String::from_utf8_lossy(location), matches!(status, 301 | 308), as_get)
                }
            },
            status => Verdict::Fail(FailReason::Status(status)),
        }
    }

    /// Whether a body may follow.
    pub(super) fn may_have_body(&self) -> bool {
        !matches!(self.status, 100..=199 | 204 | 205 | 304) && self.headers.value("content-length") != Some(b"0")
    }

    /// The encoding of the body, if it is encoded: as text it would be garbled.
    pub(super) fn encoding(&self) -> Option<Text> {
        let plain =
            |value: &&[u8]| [&b""[..], b"identity", b"chunked"].iter().any(|known| value.eq_ignore_ascii_case(known));
        let content = self.headers.values("content-encoding").flat_map(split_list);
        let encodings = content.chain(self.headers.values("transfer-encoding").flat_map(split_list));
        let found = encodings.map(<[u8]>::trim_ascii).find(|value| !plain(value))?;
        Some(Text::from(&*String::from_utf8_lossy(found)))
    }

    /// The essence of the last valid type, in lower case ("extract a MIME type" of the Fetch Standard).
    fn mime_essence(&self) -> Option<String> {
        self.headers.values("content-type").flat_map(split_list).filter_map(essence).last()
    }
}

fn redirect(from: &str, location: &str, permanent: bool, as_get: bool) -> Verdict {
    let refused = || Verdict::Fail(FailReason::Redirect { location: Text::from(ShownUrl(location).to_string()) });
    if location.len() > url::LONGEST {
        return refused();
    }
    let Some(base) = Url::parse(from) else { return refused() };
    let Some(target) = base.resolve(location.trim_matches([' ', '\t'])) else { return refused() };
    let allowed = Url::parse(&target).is_some_and(|target| {
        (target.is_https() || (target.is_http() && !base.is_https())) && !target.has_credentials()
    });
    if allowed && target.len() <= url::LONGEST {
        Verdict::Redirect(Redirect { url: Text::from(target), permanent, as_get })
    } else {
        refused()
    }
}

/// The members of a header value, split at commas outside of quoted strings.
pub(super) fn split_list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
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
