//! What a request asks for: the event to resume after.

use alloc::vec::Vec;

use crate::{EventId, Text};

/// The longest ID that is taken from a request, in bytes.
const MOST: usize = 1024;

/// Reads the value of a request's `Last-Event-ID` header: `None` if it is empty, longer than 1 KiB, not UTF-8 or no
/// event ID. It is whatever the client says, and no proof of anything.
///
/// ```
/// use sse_proto::{EventId, server::last_event_id};
///
/// assert_eq!(last_event_id(b"42"), Some(EventId::from(42)));
/// assert_eq!(last_event_id(b""), None);
/// assert_eq!(last_event_id(&[b'x'; 2000]), None);
/// ```
pub fn last_event_id(value: &[u8]) -> Option<EventId> {
    let text = core::str::from_utf8(value).ok()?;
    let fits = !text.is_empty() && text.len() <= MOST;
    fits.then(|| EventId::new(Text::from(text)).ok())?
}

/// Reads the last event ID from the parameter `name` of a URL's query, the part behind the `?`, under the same rules as
/// [`last_event_id`]. The first such parameter counts.
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
/// assert_eq!(last_event_id_in_query("lastEventId=a%0Ab", "lastEventId"), None);
/// # Ok::<(), sse_proto::FieldError>(())
/// ```
pub fn last_event_id_in_query(query: &str, name: &str) -> Option<EventId> {
    let parameters = query.split('&').map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")));
    let (_, value) = parameters.into_iter().find(|(key, _)| decoded(key).is_some_and(|key| key == name.as_bytes()))?;
    last_event_id(&decoded(value)?)
}

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
    use super::{MOST, last_event_id_in_query};
    use crate::EventId;

    #[test]
    fn a_query_is_decoded_as_forms_are() {
        let id = |query: &str| last_event_id_in_query(query, "id").map(|id| alloc::string::String::from(id.as_str()));
        assert_eq!(id("id=%E4%B8%AD").as_deref(), Some("\u{4e2d}"));
        assert_eq!(id("%69d=1&id=2").as_deref(), Some("1"));
        assert_eq!(id("x&id=100%&y").as_deref(), Some("100%"));
        assert_eq!(id("id=%zz%4").as_deref(), Some("%zz%4"));
        for query in ["", "id", "id=", "ID=1", "xid=1", "id=%ff", "id=%00", "id=a%0db"] {
            assert_eq!(id(query), None, "{query}");
        }
    }

    #[test]
    fn an_id_of_a_query_is_bounded() {
        let query = |length| ["id=", &"%61".repeat(length)].concat();
        let longest = last_event_id_in_query(&query(MOST), "id");
        assert_eq!(longest.as_ref().map(|id| id.len()), Some(MOST));
        assert_eq!(last_event_id_in_query(&query(MOST + 1), "id"), None::<EventId>);
    }
}
