//! Generators of streams for property tests, for use with proptest.

use proptest::{collection::vec, option, prelude::*, sample::Index};
use sse_proto::{EventId, EventType, Message, Retry};

/// Streams of every kind of this module, up to roughly `size` pieces long.
pub fn stream(size: usize) -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        1 => bytes(size),
        4 => token_soup(size),
        2 => well_formed(size),
        3 => mutated(size),
    ]
    .boxed()
}

/// Up to `size` bytes of any value.
pub fn bytes(size: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=size)
}

/// Up to `size` tokens that mean something to a reader, in any order.
pub fn token_soup(size: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(token(), 0..=size).prop_map(|tokens| tokens.concat())
}

/// The encodings of up to `size` drafts, with the ends of lines exchanged for others, and perhaps a BOM in front.
pub fn well_formed(size: usize) -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop_oneof![Just("\n"), Just("\r"), Just("\r\n")];
    let block = (draft(), line_end).prop_map(|(draft, line_end)| {
        let block = String::from_utf8_lossy(&draft.message().to_bytes()).replace('\n', line_end);
        block.into_bytes()
    });
    (any::<bool>(), vec(block, 0..=size.div_ceil(8))).prop_map(|(with_bom, blocks)| {
        let bom = if with_bom { BOM } else { "" };
        [bom.as_bytes(), &blocks.concat()].concat()
    })
}

/// Well-formed streams with a few bytes changed, lost, doubled or put in.
pub fn mutated(size: usize) -> impl Strategy<Value = Vec<u8>> {
    let mutation = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Change(at, byte)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::Double(from, to)),
        (any::<Index>(), token()).prop_map(|(at, token)| Mutation::Insert(at, token)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::Remove(from, to)),
    ];
    (well_formed(size), vec(mutation, 1..6)).prop_map(|(mut stream, mutations)| {
        for mutation in mutations {
            mutation.apply(&mut stream);
        }
        stream
    })
}

/// Streams that end where a data line has just begun, and how many bytes of data its event has before that line: a limit
/// of as many leaves no room for the LF that would join the two.
pub fn begun_data() -> impl Strategy<Value = (Vec<u8>, usize)> {
    let before = proptest::sample::select(vec!["", BOM, ":\n\n", "data: x\n\n", "event: x\n", "id: 1\nretry: 5\n"]);
    let value = vec(prop_oneof![token(), "[a-z]{1,12}".prop_map(String::into_bytes)], 0..4).prop_map(|tokens| {
        let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
        tokens.concat().into_iter().filter(|byte| !is_break(byte)).collect::<Vec<_>>()
    });
    let line_end = proptest::sample::select(vec!["\n", "\r", "\r\n"]);
    let begun = proptest::sample::select(vec!["data", "data:", "data: ", "data:x", "data\n", "data:\n"]);
    (before, vec((value, line_end), 1..4), begun).prop_map(|(before, lines, begun)| {
        let len = lines.iter().map(|(value, _)| value.len()).sum::<usize>() + lines.len() - 1;
        let lines = lines.iter().flat_map(|(value, end)| [b"data: ", &**value, end.as_bytes()]);
        let lines = lines.collect::<Vec<_>>().concat();
        ([before.as_bytes(), &lines, begun.as_bytes()].concat(), len)
    })
}

/// A message that can be sent, with its parts still to be seen.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Draft {
    /// A comment; it may hold line breaks.
    pub comment: Option<String>,
    /// An event type that [`EventType::new`] accepts.
    pub event_type: Option<EventType>,
    /// An ID that [`EventId::new`] accepts.
    pub id: Option<EventId>,
    /// A reconnection time.
    pub retry: Option<Retry>,
    /// Data; it may hold line breaks.
    pub data: Option<String>,
}

impl Draft {
    /// The message with these parts.
    pub fn message(&self) -> Message {
        let mut message = Message::new();
        if let Some(comment) = &self.comment {
            message = message.comment(comment.clone());
        }
        if let Some(event_type) = &self.event_type {
            message = message.event(event_type.clone());
        }
        if let Some(id) = &self.id {
            message = message.id(id.clone());
        }
        if let Some(retry) = self.retry {
            message = message.retry(retry);
        }
        if let Some(data) = &self.data {
            message = message.data(data.clone());
        }
        message
    }
}

/// Messages of every kind, those without any part among them.
pub fn draft() -> impl Strategy<Value = Draft> {
    let event_type = text().prop_filter_map("no type", |text| EventType::new(without_breaks(&text)).ok());
    let id = text().prop_filter_map("no ID", |text| EventId::new(without_breaks(&text).replace('\0', "")).ok());
    let retry = prop_oneof![any::<u64>(), 0..10_000_u64, Just(u64::MAX)].prop_map(Retry::from_millis);
    (option::of(text()), option::of(event_type), option::of(id), option::of(retry), option::of(text()))
        .prop_map(|(comment, event_type, id, retry, data)| Draft { comment, event_type, id, retry, data })
}

/// Short texts of any characters, in which those that mean something to a reader are frequent.
pub fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => any::<char>().prop_map(String::from),
        3 => proptest::sample::select(vec!["\n", "\r", "\r\n", " ", ":", "\0", BOM, "\u{85}", "\u{2028}", "豆", "😀"])
            .prop_map(String::from),
        2 => proptest::sample::select(FIELDS).prop_map(String::from),
        2 => "[ -~]{0,12}",
    ];
    vec(part, 0..6).prop_map(|parts| parts.concat())
}

const BOM: &str = "\u{feff}";

const FIELDS: &[&str] = &["data", "event", "id", "retry", "data: ", "event: ", "id: ", "retry: ", "data:", "id:"];

/// Where a stream is cut into tokens matters little; that the rare ones meet often does.
fn token() -> impl Strategy<Value = Vec<u8>> {
    const BREAKS: &[&[u8]] = &[b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r"];
    const MARKS: &[&[u8]] = &[b":", b" ", b"\0", b": ", b"\t", b"D", b"da", b"ta", b"x", b"5", b"1000", b"+", b"-"];
    const CUT: &[&[u8]] = &[
        b"\xef\xbb\xbf",
        b"\xef",
        b"\xef\xbb",
        b"\xbb\xbf",
        b"\xbf",
        b"\xe2\x82\xac",
        b"\xe2\x82",
        b"\xac",
        b"\xf0\x9f\x98\x80",
        b"\xf0\x9f",
        b"\x98\x80",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xff",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
    ];
    let one_of = |tokens: &'static [&'static [u8]]| proptest::sample::select(tokens).prop_map(<[u8]>::to_vec);
    prop_oneof![
        4 => one_of(BREAKS),
        2 => one_of(MARKS),
        2 => one_of(CUT),
        6 => proptest::sample::select(FIELDS).prop_map(|field| field.as_bytes().to_vec()),
        1 => "[0-9]{1,24}".prop_map(String::into_bytes),
        2 => "\\PC{0,8}".prop_map(String::into_bytes),
    ]
}

fn without_breaks(text: &str) -> String {
    text.replace(['\r', '\n'], "")
}

#[derive(Clone, Debug)]
enum Mutation {
    Change(Index, u8),
    Double(Index, Index),
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
}

impl Mutation {
    fn apply(&self, stream: &mut Vec<u8>) {
        let places = stream.len() + 1;
        match self {
            Self::Change(at, byte) => {
                if let Some(changed) = stream.get_mut(at.index(places)) {
                    *changed = *byte;
                }
            }
            Self::Double(from, to) => {
                let (from, to) = in_order(from.index(places), to.index(places));
                let copy = stream[from..to].to_vec();
                stream.splice(to..to, copy);
            }
            Self::Insert(at, token) => {
                let at = at.index(places);
                stream.splice(at..at, token.iter().copied());
            }
            Self::Remove(from, to) => {
                let (from, to) = in_order(from.index(places), to.index(places));
                // A hole of a few bytes leaves more of the stream's sense than one of half its length.
                stream.drain(from..to.min(from + 8));
            }
        }
    }
}

fn in_order(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}
