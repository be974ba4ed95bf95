//! Lines into blocks, blocks into events.

use alloc::string::String;
use core::{mem, ops::Range};

use memchr::memchr;

use super::{
    Decoder, Mode, Step,
    block::Place,
    excess::Excess,
    field::{self, Field, Line},
    finding::{Finding, Malformation},
    give::{Home, lossy},
    line::{self, Start},
    room::Room,
};
use crate::{OnExcess, Retry, ends::LineEnds, utf8};

impl Decoder {
    /// Decodes up to the next [`Step`] and returns how many bytes of `chunk` that took.
    ///
    /// This is what readers, drivers and the methods `decode`, [`decode_owned`](Self::decode_owned) and
    /// [`decode_item`](Self::decode_item) are made of. It borrows `chunk` for the call only, so that a loop can hold both the
    /// chunk and the decoder, and hand out events that borrow from them. After [`Step::Event`], [`event`](Self::event) or
    /// [`take_event`](Self::take_event) returns the event; it must be called with the same `chunk`, before the next step. The
    /// next call gets the rest of the chunk.
    ///
    /// ```
    /// use sse_proto::{Decoder, Step};
    ///
    /// let mut decoder = Decoder::new();
    /// let mut chunk = &b"data: a\n\ndata: b\n\n"[..];
    /// let mut data = Vec::new();
    /// loop {
    ///     let (used, step) = decoder.advance(chunk);
    ///     match step {
    ///         Step::Event => data.push(decoder.event(chunk).data().to_owned()),
    ///         Step::More => break, // time to receive the next chunk
    ///         Step::Failed(error) => return Err(error),
    ///         _ => {}
    ///     }
    ///     chunk = &chunk[used..];
    /// }
    /// assert_eq!(data, ["a", "b"]);
    /// # Ok::<(), sse_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn advance(&mut self, chunk: &[u8]) -> (usize, Step) {
        if self.mode == Mode::Block
            && let Some(lone) = self.lone_block(chunk, self.rest.resume(chunk))
        {
            self.lines.set_lone(lone.data.clone(), lone.event_type.clone());
            self.home = Home::Chunk;
            self.pass(chunk, &lone);
            return (lone.end(), Step::Event);
        }
        self.advance_further(chunk)
    }

    /// The same, where the chunk does not begin with one of the commonest blocks.
    #[inline]
    pub(super) fn advance_further(&mut self, chunk: &[u8]) -> (usize, Step) {
        let stopped = self.mode != Mode::General;
        let (used, came_to) = self.advance_quickly(chunk, 0);
        let (used, step) = match came_to {
            Quick::Event => (used, Step::Event),
            Quick::More => (used, Step::More),
            Quick::Stop => self.advance_slowly(chunk, used, stopped),
        };
        self.offset += used as u64;
        (used, step)
    }

    /// Reads on from where a quick way has stopped.
    pub(super) fn advance_from(&mut self, chunk: &[u8], at: usize) -> (usize, Step) {
        let (used, step) = match self.advance_quickly(chunk, at) {
            (used, Quick::Event) => (used, Step::Event),
            (used, Quick::More) => (used, Step::More),
            (used, Quick::Stop) => self.advance_slowly(chunk, used, true),
        };
        self.offset += used as u64;
        (used, step)
    }

    /// Reads on in the quick ways.
    #[inline(never)]
    fn advance_quickly(&mut self, chunk: &[u8], mut at: usize) -> (usize, Quick) {
        loop {
            let (next, came_to) = match self.mode {
                Mode::Block => self.read_more_blocks(chunk, at),
                Mode::Gather => self.gather_on(chunk, at, LineEnds::first_of(&chunk[at..])),
                Mode::General => return (at, Quick::Stop),
            };
            if came_to != Quick::Stop {
                return (next, came_to);
            }
            at = next;
        }
    }

    /// Reads on where no quick way can.
    #[inline(never)]
    fn advance_slowly(&mut self, chunk: &[u8], mut at: usize, mut stopped: bool) -> (usize, Step) {
        loop {
            let (next, step) = self.read_lines(chunk, at, stopped);
            if let Some(step) = step {
                return (next, step);
            }
            stopped = true;
            match self.advance_quickly(chunk, next) {
                (used, Quick::Event) => return (used, Step::Event),
                (used, Quick::More) => return (used, Step::More),
                (used, Quick::Stop) => at = used,
            }
        }
    }

    /// Ends a block that has been read in one of the quick ways, up to `end` of these bytes.
    #[inline]
    pub(super) fn end_block(&mut self, bytes: &[u8], end: usize) {
        if let Some(id) = self.lines.id.find(bytes) {
            self.set_id(id);
        }
        self.after_cr = end == bytes.len() && bytes.ends_with(b"\r");
        self.mode = if self.after_cr { Mode::General } else { Mode::Block };
    }

    /// Reads on in the way that all lines can take, until a block begins. Where a quick way has stopped here, the line
    /// that comes first is not for it.
    #[inline(never)]
    fn read_lines(&mut self, chunk: &[u8], mut at: usize, mut stopped: bool) -> (usize, Option<Step>) {
        self.rest.forget();
        if !self.lossy_data.is_empty() {
            self.lossy_data = String::new();
        }
        if let Some(step) = self.resume() {
            return (at, Some(step));
        }
        if self.start != Start::Decided {
            let (used, mistaken) = self.start.strip(&chunk[at..]);
            at += used;
            self.fragment(mistaken);
        }
        loop {
            if self.after_cr {
                match chunk.get(at) {
                    None => break,
                    Some(byte) => {
                        at += usize::from(*byte == b'\n');
                        self.after_cr = false;
                    }
                }
            }
            if !mem::take(&mut stopped) && self.begins_block() {
                self.block.data_buffer.renew();
                self.let_values_go();
                self.mode = Mode::Block;
                return (at, None);
            }
            let rest = &chunk[at..];
            let Some(len) = line::find_end(rest) else {
                if !rest.is_empty() {
                    self.block.spill(chunk);
                    if self.line == Line::Start {
                        self.line_offset = self.offset + at as u64;
                    }
                    if let Some(step) = self.fragment(rest) {
                        return (chunk.len(), Some(step));
                    }
                }
                break;
            };
            let end = at + len;
            let step = if self.line == Line::Start {
                self.line_offset = self.offset + at as u64;
                self.whole_line(chunk, at..end)
            } else {
                self.last_fragment(&chunk[at..end])
            };
            at = end + 1;
            if chunk[end] == b'\r' {
                match chunk.get(at) {
                    None => self.after_cr = true,
                    Some(byte) => at += usize::from(*byte == b'\n'),
                }
            }
            if let Some(step) = step {
                if step != Step::Event {
                    self.block.spill(chunk);
                }
                return (at, Some(step));
            }
        }
        if self.line == Line::Start && !self.block.open {
            self.let_all_go();
        }
        self.block.spill(chunk);
        (chunk.len(), Some(Step::More))
    }

    /// The next byte begins a block that may be plain. Where findings are wanted, every line has to be looked at in the
    /// general way.
    fn begins_block(&self) -> bool {
        let begins_line = self.line == Line::Start && self.start == Start::Decided && !self.after_cr;
        begins_line && !self.block.open && self.block.skipped.is_none() && !self.report.findings
    }

    /// What is still to be said of the lines that have been read.
    #[inline]
    fn resume(&mut self) -> Option<Step> {
        if let Some(error) = self.failed {
            return Some(Step::Failed(error));
        }
        if mem::take(&mut self.given) {
            self.block.clear();
        }
        self.queued.take()
    }

    /// Reads a line that lies in the chunk from its first to its last byte.
    #[inline]
    fn whole_line(&mut self, chunk: &[u8], range: Range<usize>) -> Option<Step> {
        let line = &chunk[range.clone()];
        if line.is_empty() {
            return self.blank_line(chunk);
        }
        let (field, prefix) = field::split(line);
        let value = &line[prefix..];
        let value_range = range.start + prefix..range.end;
        match field {
            Field::Data => {
                self.block.open = true;
                if self.block.skipped.is_some() {
                    return None;
                }
                if let Some(excess) = self.excess(field, 0, self.block.data_len(), value.len()) {
                    return self.pass_limit(field, excess);
                }
                self.block.push_data(chunk, value_range);
            }
            Field::Event => {
                self.block.open = true;
                if self.block.skipped.is_some() {
                    return None;
                }
                if let Some(excess) = self.excess(field, 0, 0, value.len()) {
                    return self.pass_limit(field, excess);
                }
                self.block.set_type(value_range);
            }
            Field::Id => {
                self.block.open = true;
                let excess = self.excess(field, 0, 0, value.len());
                let kept = excess.map_or(value.len(), |excess| excess.at);
                if memchr(0, &value[..kept]).is_some() {
                    return self.finding(Malformation::NulInId);
                }
                if let Some(excess) = excess {
                    return self.pass_limit(field, excess);
                }
                self.block.id = Place::Chunk(value_range);
            }
            Field::Retry => return self.retry_line(field::parse_retry(value)),
            Field::Comment => {
                if !self.report.comments {
                    return None;
                }
                if let Some(excess) = self.excess(field, 0, 0, value.len()) {
                    return self.pass_limit(field, excess);
                }
                self.comment = Place::Chunk(value_range);
            }
            Field::Unknown => return self.finding(Malformation::UnknownField),
        }
        let ill_formed = self.report.findings && core::str::from_utf8(value).is_err();
        self.end_of_kept_line(field, ill_formed, chunk)
    }

    pub(super) fn end_of_kept_line(&mut self, field: Field, ill_formed: bool, chunk: &[u8]) -> Option<Step> {
        let step = (field == Field::Comment).then_some(Step::Comment);
        if !ill_formed {
            return step;
        }
        if step.is_some() {
            self.comment.spill(chunk, &mut self.comment_buffer);
            self.queued = step;
        }
        self.finding(Malformation::IllFormedUtf8)
    }

    pub(super) fn retry_line(&mut self, retry: Option<Retry>) -> Option<Step> {
        match retry {
            Some(retry) => {
                self.retry = Some(retry);
                self.report.retries.then_some(Step::Retry(retry))
            }
            None => self.finding(Malformation::InvalidRetry),
        }
    }

    /// Dispatches the block (R-090 to R-097).
    #[inline]
    fn blank_line(&mut self, chunk: &[u8]) -> Option<Step> {
        let buffer = mem::take(&mut self.block.id_buffer);
        let changed = self.block.id.bytes(chunk, &buffer).is_some_and(|id| self.confirm_id(id));
        self.block.id_buffer = buffer;
        let step = if let Some(excess) = self.block.skipped {
            self.block.clear();
            self.skipped += 1;
            Some(Step::Skipped(excess))
        } else if self.block.data == Place::Absent {
            self.block.clear();
            None
        } else {
            self.block.open = false;
            self.home = Home::Block;
            self.given = true;
            Some(Step::Event)
        };
        if !changed || !self.report.last_event_ids {
            return step;
        }
        // The event comes first: whoever stores the ID has got it then.
        self.queued = step.and(Some(Step::LastEventId));
        step.or(Some(Step::LastEventId))
    }

    /// Makes this the last event ID (R-090), and says whether it was another one.
    #[inline]
    pub(super) fn confirm_id(&mut self, id: &[u8]) -> bool {
        // The same ill-formed ID is no change.
        let same = id == self.last_event_id.as_bytes()
            || utf8::checked(id).is_none() && *lossy(id, &mut self.lossy_id) == *self.last_event_id;
        if !same {
            self.set_id(id);
        }
        !same
    }

    /// Makes this the last event ID (R-090).
    #[inline]
    pub(super) fn set_id(&mut self, id: &[u8]) {
        if self.shared_id.is_some() && id == self.last_event_id.as_bytes() {
            return;
        }
        self.shared_id = None;
        self.last_event_id.clear();
        match utf8::checked(id) {
            Some(id) => self.last_event_id.push_str(id),
            None => self.last_event_id.push_str(lossy(id, &mut self.lossy_id)),
        }
    }

    pub(super) fn finding(&self, malformation: Malformation) -> Option<Step> {
        let finding = Finding { offset: self.line_offset, malformation };
        self.report.findings.then_some(Step::Finding(finding))
    }

    #[inline]
    pub(super) fn excess(&self, field: Field, in_line: usize, kept: usize, more: usize) -> Option<Excess> {
        Excess::check(&self.limits, field, in_line, kept, more)
    }

    pub(super) fn pass_limit(&mut self, field: Field, excess: Excess) -> Option<Step> {
        match excess.on_excess {
            OnExcess::Fail => {
                self.failed = Some(excess.error);
                Some(Step::Failed(excess.error))
            }
            OnExcess::SkipEvent if field == Field::Comment => {
                self.skipped += 1;
                Some(Step::Skipped(excess.error))
            }
            OnExcess::SkipEvent => {
                self.block.skip(excess.error);
                None
            }
        }
    }
}

/// What a quick way has come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Quick {
    Event,
    /// The chunk is used up.
    More,
    /// It goes on in another way.
    Stop,
}
