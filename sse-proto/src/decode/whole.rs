//! The way of blocks with an ID, a reconnection time or lines that end by CRLF, where they lie in the chunk as a whole.

use super::{
    Decoder, Mode,
    block::Place,
    field,
    plain::{DATA, EVENT, ID, RETRY, after_end},
};
use crate::Retry;

/// Chunks below this length are more likely to cut a block than not, which costs reading it again.
const LEAST: usize = 256;

impl Decoder {
    /// Reads the block that begins the chunk, if each of its lines is plain and only one has data, and says where the
    /// next block begins. Nothing is taken otherwise.
    #[inline]
    pub(super) fn whole(&mut self, chunk: &[u8]) -> Option<usize> {
        if self.mode != Mode::Block || chunk.len() < LEAST || self.report.last_event_ids || self.report.retries {
            return None;
        }
        if !matches!(chunk.first()?, b'd' | b'e' | b'i' | b'r') {
            return None;
        }
        let mut ends = self.rest.resume(chunk);
        let (mut data, mut event_type, mut id) = (None, 0..0, None);
        let mut retry: Option<Retry> = None;
        let mut at = 0;
        let end = loop {
            let end = ends.next(chunk)?;
            let next = after_end(chunk, end, &mut ends)?;
            if end == at {
                break next;
            }
            let line = chunk.get(at..end)?;
            match line.first()? {
                b'd' if line.starts_with(DATA) && data.is_none() => data = Some(at + DATA.len()..end),
                b'e' if line.starts_with(EVENT) => event_type = at + EVENT.len()..end,
                b'i' if line.starts_with(ID) => id = Some(at + ID.len()..end),
                b'r' if line.starts_with(RETRY) => retry = field::parse_retry(&line[RETRY.len()..]).or(retry),
                _ => return None,
            }
            at = next;
        };
        let data = data?;
        let id_value = id.clone().and_then(|id| chunk.get(id));
        if data.len() > self.longest.data
            || event_type.len() > self.longest.event_type
            || id_value.is_some_and(|id| id.len() > self.longest.id || has_nul(id))
        {
            return None;
        }
        if let Some(id) = id_value {
            self.confirm_id(id);
        }
        self.retry = retry.or(self.retry);
        self.block.data = Place::Chunk(data);
        self.block.event_type = if event_type.is_empty() { Place::Absent } else { Place::Chunk(event_type) };
        self.block.id = id.map_or(Place::Absent, Place::Chunk);
        self.rest.keep(ends.after(end), &chunk[end..]);
        self.offset += end as u64;
        Some(end)
    }
}

/// Whether a short value has a NUL; IDs are short.
#[inline]
fn has_nul(value: &[u8]) -> bool {
    !value.iter().all(|byte| *byte > 0)
}
