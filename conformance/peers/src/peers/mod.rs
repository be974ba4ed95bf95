//! The contenders: each crate in the fastest API that it offers for bytes that are at hand.

mod eventsource_stream;
mod eventsrc;
mod limits;
mod ours;
mod russe;
mod sse_core;
mod sse_parse;
mod sse_stream;
mod sseer;

use bytes::Bytes;

use crate::{
    chunks::Chunking,
    tally::{Seen, Tally, Visit},
};

/// A decoder under test.
pub(crate) trait Decode {
    const NAME: &'static str;
    /// Whether its events carry the last event ID, and not only the ID of their own block.
    const LAST_EVENT_ID: bool = true;

    /// Reads the whole stream, cut as asked.
    fn decode(bytes: &Bytes, chunking: Chunking, visit: &mut impl Visit) -> Result<(), String>;
}

/// Which part a contender has in the comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    Ours,
    Peer,
    /// Not a decoder: what the machine can do with the bytes.
    Limit,
}

type Count = fn(&Bytes, Chunking) -> Result<Tally, String>;
type Collect = fn(&Bytes, Chunking, &mut Vec<Seen>) -> Result<(), String>;

/// One column of the reading tables.
#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) last_event_id: bool,
    pub(crate) count: Count,
    pub(crate) collect: Option<Collect>,
}

impl Contender {
    const fn decoder<D: Decode>(role: Role) -> Self {
        Self { name: D::NAME, role, last_event_id: D::LAST_EVENT_ID, count: count::<D>, collect: Some(D::decode) }
    }

    const fn limit(name: &'static str, count: Count) -> Self {
        Self { name, role: Role::Limit, last_event_id: false, count, collect: None }
    }
}

#[inline(never)]
fn count<D: Decode>(bytes: &Bytes, chunking: Chunking) -> Result<Tally, String> {
    let mut tally = Tally::default();
    D::decode(bytes, chunking, &mut tally)?;
    Ok(tally)
}

/// All contenders: ours, the peers, the limits.
pub(crate) const ALL: [Contender; 12] = [
    Contender::decoder::<ours::Lent>(Role::Ours),
    Contender::decoder::<ours::Owned>(Role::Ours),
    Contender::decoder::<sse_core::SseCore>(Role::Peer),
    Contender::decoder::<sse_stream::SseStream>(Role::Peer),
    Contender::decoder::<sseer::Sseer>(Role::Peer),
    Contender::decoder::<eventsrc::Eventsrc>(Role::Peer),
    Contender::decoder::<sse_parse::SseParse>(Role::Peer),
    Contender::decoder::<eventsource_stream::EventsourceStream>(Role::Peer),
    Contender::decoder::<russe::Russe>(Role::Peer),
    Contender::limit("line walk", limits::line_walk),
    Contender::limit("LF count", limits::newline_count),
    Contender::limit("memcpy", limits::copy),
];

/// Places in [`ALL`].
pub(crate) const LENT: usize = 0;
pub(crate) const OWNED: usize = 1;

/// The contender of this name.
pub(crate) fn named(name: &str) -> Result<Contender, String> {
    let found = ALL.into_iter().find(|contender| contender.name.replace(' ', "-") == name);
    found.ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|contender| contender.name.replace(' ', "-")).collect();
        format!("one of {}", names.join(", "))
    })
}
