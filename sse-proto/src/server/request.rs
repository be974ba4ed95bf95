//! What a request for events asks for: the event to resume after, which IDs can be requested, and compression.

use alloc::vec::Vec;
use core::{error::Error, fmt};

use super::{
    coding::{AcceptedCodings, ContentCoding},
    reply::Reply,
};
use crate::{EventId, Text};

/// The longest ID that is read from a request, in bytes.
const MOST: usize = 1024;

/// A request for a stream of events, from any framework: it is read from the method and the header fields.
///
/// ```
/// use sse_proto::{EventId, server::{ContentCoding, Reply, Request}};
///
/// let fields = [("Host", "example.com"), ("Last-Event-ID", "42"), ("Accept-Encoding", "gzip")];
/// let request = Request::read("GET", fields)?;
/// assert_eq!(request.last_event_id(), Some(&EventId::from(42)));
/// assert_eq!(request.coding(&[ContentCoding::Zstd, ContentCoding::Gzip]), Some(ContentCoding::Gzip));
///
/// assert_eq!(Request::read("HEAD", fields), Err(Reply::Head));
/// # Ok::<(), Reply>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    last_event_id: Option<EventId>,
    codings: AcceptedCodings,
}

impl Request {
    /// Reads a request from its method and its header fields, in any order: pairs of names and values.
    ///
    /// # Errors
    ///
    /// The method is not GET: the [`Reply`] is the response.
    pub fn read<N: AsRef<str>, V: AsRef<[u8]>>(
        method: impl AsRef<str>,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, Reply> {
        if let Some(reply) = Reply::to(method.as_ref()) {
            return Err(reply);
        }
        let mut request = Self::default();
        let mut resumes = false;
        for (name, value) in fields {
            let (name, value) = (name.as_ref(), value.as_ref());
            if name.eq_ignore_ascii_case("last-event-id") && !resumes {
                resumes = true;
                request.last_event_id = last_event_id_in_header(value);
            } else if name.eq_ignore_ascii_case("accept-encoding") {
                request.codings.add(value);
            }
        }
        Ok(request)
    }

    /// Returns the ID in the header `Last-Event-ID`, the first one if there are several: `None` if the client is new, and
    /// [`EventId::unusable`] if the value cannot be used ([`last_event_id_in_header`]).
    pub fn last_event_id(&self) -> Option<&EventId> {
        self.last_event_id.as_ref()
    }

    /// Returns the compression for the response: the one of these that the client likes best, if it wants any
    /// ([`AcceptedCodings::choose`]).
    pub fn coding(&self, offered: &[ContentCoding]) -> Option<ContentCoding> {
        self.codings.choose(offered)
    }
}

/// Reads the value of a request's header `Last-Event-ID`: `None`, for a new client, if it is empty. The client chooses it,
/// so it proves nothing. Where a framework has other header types than the crate `http`, hand over the bytes.
///
/// A value that cannot be used (longer than 1 KiB, not UTF-8, or not a valid event ID) becomes [`EventId::unusable`],
/// an ID that no log knows: the client had an ID, and may miss something.
///
/// ```
/// use sse_proto::{EventId, server::last_event_id_in_header};
///
/// assert_eq!(last_event_id_in_header(b"42"), Some(EventId::from(42)));
/// assert_eq!(last_event_id_in_header(b""), None);
/// assert_eq!(last_event_id_in_header(&[b'x'; 2000]), Some(EventId::unusable()));
/// ```
pub fn last_event_id_in_header(value: &[u8]) -> Option<EventId> {
    (!value.is_empty()).then(|| usable(value).unwrap_or(EventId::unusable()))
}

fn usable(value: &[u8]) -> Option<EventId> {
    let text = core::str::from_utf8(value).ok().filter(|text| text.len() <= MOST)?;
    EventId::new(Text::from(text)).ok()
}

/// Reads the last event ID from the parameter `name` of a URL's query, the part after the `?`, under the same rules as
/// [`last_event_id_in_header`]: `None` if it is missing or empty. The first such parameter counts.
///
/// The standard knows only the header. A parameter is what replacements of the browser's `EventSource` send that cannot
/// set one, and what a page can put into the URL of its first connection. URLs end up in logs and histories: ask for it
/// only where that does no harm.
///
/// ```
/// use sse_proto::{EventId, server::last_event_id_in_query};
///
/// let query = "topic=a&lastEventId=4%2B2+b";
/// assert_eq!(last_event_id_in_query(query, "lastEventId"), Some(EventId::new("4+2 b")?));
/// assert_eq!(last_event_id_in_query(query, "Last-Event-ID"), None);
/// assert_eq!(last_event_id_in_query("lastEventId=a%0Ab", "lastEventId"), Some(EventId::unusable()));
/// # Ok::<(), sse_proto::FieldError>(())
/// ```
pub fn last_event_id_in_query(query: &str, name: &str) -> Option<EventId> {
    let parameters = query.split('&').map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")));
    let (_, value) = parameters.into_iter().find(|(key, _)| decoded(key).is_some_and(|key| key == name.as_bytes()))?;
    decoded(value).map_or(Some(EventId::unusable()), |value| last_event_id_in_header(&value))
}

/// Checks that a client can resume after this ID: that it comes back unchanged in a header. The empty ID is accepted:
/// it clears the client's ID.
///
/// [`EventLog::publish`](super::EventLog::publish) checks the IDs that it is given; a [`Store`](super::Store) should, too.
///
/// ```
/// use sse_proto::{EventId, server::{UnusableId, check_id}};
///
/// assert_eq!(check_id(&EventId::new("4 \u{4e2d}")?), Ok(()));
/// assert_eq!(check_id(&EventId::new("4 ")?), Err(UnusableId::OuterSpace));
/// # Ok::<(), sse_proto::FieldError>(())
/// ```
///
/// # Errors
///
/// The reason why a client cannot.
pub fn check_id(id: &EventId) -> Result<(), UnusableId> {
    if id.len() > MOST {
        return Err(UnusableId::TooLong { len: id.len(), most: MOST });
    }
    if let Some(at) = id.control_character() {
        return Err(UnusableId::ControlCharacter { at });
    }
    if id.starts_with([' ', '\t']) || id.ends_with([' ', '\t']) {
        return Err(UnusableId::OuterSpace);
    }
    if *id == EventId::unusable() {
        return Err(UnusableId::Reserved);
    }
    Ok(())
}

/// Why a client cannot ask for the event with an ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum UnusableId {
    /// It holds a control character other than the tab, which no value of an HTTP header may have; leave it out.
    ControlCharacter {
        /// The byte offset of the first one.
        at: usize,
    },
    /// It begins or ends with a space or a tab, which HTTP strips; leave them out.
    OuterSpace,
    /// It is [`EventId::unusable`]; choose any other.
    Reserved,
    /// It is longer than what [`last_event_id_in_header`] reads; choose a shorter one.
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The greatest length in bytes.
        most: usize,
    },
}

impl fmt::Display for UnusableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlCharacter { at } => {
                write!(f, "no header holds control characters but the tab: leave out the one at byte {at}")
            }
            Self::OuterSpace => f.write_str("HTTP strips spaces and tabs at the ends of a header: leave them out"),
            Self::Reserved => f.write_str("U+FFFD alone stands for IDs that cannot be used: choose another"),
            Self::TooLong { len, most } => write!(f, "it has {len} bytes: choose one of at most {most}"),
        }
    }
}

impl Error for UnusableId {}

/// A name or a value of a query as it was before it was encoded for the URL: `None` if it is longer than any ID may be.
fn decoded(text: &str) -> Option<Vec<u8>> {
    // Three characters may stand for one byte.
    if text.len() > 3 * MOST {
        return None;
    }
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                // Not encoded: a percent sign, as URLs in the wild have it.
                _ => b'%',
            },
            _ => first,
        });
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::{MOST, Reply, Request, last_event_id_in_query};
    use crate::EventId;

    #[test]
    fn a_request_is_read_from_fields_of_any_kind() {
        let id = |fields: &[(&str, &[u8])]| {
            let request = Request::read("GET", fields.iter().copied()).unwrap();
            request.last_event_id().map(|id| alloc::string::String::from(id.as_str()))
        };
        assert_eq!(id(&[]), None);
        assert_eq!(id(&[("last-event-id", b"")]), None);
        assert_eq!(id(&[("accept", b"*/*"), ("LAST-Event-ID", b"7")]).as_deref(), Some("7"));
        assert_eq!(id(&[("Last-Event-ID", b"7"), ("Last-Event-ID", b"8")]).as_deref(), Some("7"));
        assert_eq!(id(&[("Last-Event-ID", b"\xff")]).as_deref(), Some(EventId::unusable().as_str()));
        let none: [(&str, &str); 0] = [];
        for (method, reply) in [
            ("HEAD", Reply::Head),
            ("OPTIONS", Reply::Options),
            ("POST", Reply::NotAllowed),
            ("get", Reply::NotAllowed),
        ] {
            assert_eq!(Request::read(method, none), Err(reply), "{method}");
        }
    }

    #[test]
    fn a_query_is_decoded_as_forms_are() {
        let id = |query: &str| last_event_id_in_query(query, "id").map(|id| alloc::string::String::from(id.as_str()));
        assert_eq!(id("id=%E4%B8%AD").as_deref(), Some("\u{4e2d}"));
        assert_eq!(id("%69d=1&id=2").as_deref(), Some("1"));
        assert_eq!(id("x&id=100%&y").as_deref(), Some("100%"));
        assert_eq!(id("id=%zz%4").as_deref(), Some("%zz%4"));
        for query in ["", "id", "id=", "ID=1", "xid=1"] {
            assert_eq!(id(query), None, "{query}");
        }
        for query in ["id=%ff", "id=%00", "id=a%0db"] {
            assert_eq!(last_event_id_in_query(query, "id"), Some(EventId::unusable()), "{query}");
        }
    }

    #[test]
    fn an_id_of_a_query_is_bounded() {
        let query = |length| ["id=", &"%61".repeat(length)].concat();
        let longest = last_event_id_in_query(&query(MOST), "id");
        assert_eq!(longest.as_ref().map(|id| id.len()), Some(MOST));
        for length in [MOST + 1, 4 * MOST] {
            assert_eq!(last_event_id_in_query(&query(length), "id"), Some(EventId::unusable()));
        }
    }
}
