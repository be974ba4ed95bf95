//! Lines into blocks, blocks into events.

use alloc::string::String;
use core::{mem, ops::Range};

use memchr::memchr;

use super::{
    Decoder, Mode, Ready, Step,
    block::Place,
    excess::Excess,
    field::{self, Field, Line},
    finding::{Finding, Malformation},
    give::lossy,
    line::{self, Start},
    plain::Plain,
};
use crate::{OnExcess, Retry, ends::LineEnds, utf8};

impl Decoder {
    /// Reads on until there is something to say, and returns how many bytes of `chunk` that took.
    ///
    /// Values that the step names lie in `chunk` or in the decoder: they are asked for with the same `chunk`. The next
    /// call takes up where this one stopped.
    #[inline]
    pub(crate) fn advance(&mut self, chunk: &[u8]) -> (usize, Step) {
        let quick = match self.mode {
            Mode::Block | Mode::Line => self.advance_blocks(chunk, 0, self.rest.resume(chunk)),
            Mode::Data => self.advance_data(chunk),
            Mode::Ignored => self.advance_ignored(chunk),
            Mode::General | Mode::Name => Quick::Stop(0),
        };
        let (used, step) = match quick {
            Quick::Step(used, step) => (used, step),
            Quick::Stop(at) => {
                let stopped = matches!(self.mode, Mode::Block | Mode::Line);
                self.rest.forget();
                let (used, step) = self.advance_from(chunk, at, stopped);
                self.settle();
                (used, step)
            }
        };
        self.offset += used as u64;
        (used, step)
    }

    #[inline(never)]
    fn advance_blocks(&mut self, chunk: &[u8], at: usize, ends: LineEnds) -> Quick {
        match self.plain_blocks(chunk, at, ends) {
            Plain::Event(found) => {
                self.block.data = found.data;
                self.block.event_type = found.event_type;
                self.block.id = found.id;
                Quick::Step(found.end, Step::Event)
            }
            Plain::More => Quick::Step(chunk.len(), Step::More),
            Plain::Stop(at) => Quick::Stop(at),
        }
    }

    /// Keeps what the chunk has of a data line that was cut, and reads on where it ends.
    #[inline]
    fn advance_data(&mut self, chunk: &[u8]) -> Quick {
        let mut ends = self.rest.resume(chunk);
        self.rest.forget();
        let end = ends.next(chunk);
        if !self.keep_data(&chunk[..end.unwrap_or(chunk.len())]) {
            return Quick::Stop(0);
        }
        let Some(end) = end else { return Quick::Step(chunk.len(), Step::More) };
        if chunk[end] != b'\n' {
            return Quick::Stop(end);
        }
        self.line = Line::Start;
        self.mode = Mode::Line;
        self.advance_blocks(chunk, end + 1, ends)
    }

    /// Leaves out what the chunk has of a comment that was cut, and reads on where it ends.
    fn advance_ignored(&mut self, chunk: &[u8]) -> Quick {
        let mut ends = self.rest.resume(chunk);
        self.rest.forget();
        let Some(end) = ends.next(chunk) else { return Quick::Step(chunk.len(), Step::More) };
        if chunk[end] != b'\n' {
            return Quick::Stop(end);
        }
        self.line = Line::Start;
        self.mode = if self.block.open { Mode::Line } else { Mode::Block };
        self.advance_blocks(chunk, end + 1, ends)
    }

    /// Finds the mode to go on in.
    fn settle(&mut self) {
        let at_start = self.at_line_start() && self.start == Start::Decided && self.failed.is_none();
        self.mode = if at_start && self.queued.is_none() && self.ready != Ready::Dispatch {
            self.ready = Ready::Nothing;
            if self.block.open { Mode::Line } else { Mode::Block }
        } else if self.line == Line::Value(Field::Data) && !self.report.findings {
            Mode::Data
        } else if matches!(self.line, Line::Name(Field::Data, _)) && self.reads_on_quickly() {
            Mode::Name
        } else if self.line == Line::Ignored && self.reads_on_quickly() {
            Mode::Ignored
        } else {
            Mode::General
        };
    }

    /// In the middle of a line: nothing is to be done before the next byte, or to be said of the line as such.
    fn reads_on_quickly(&self) -> bool {
        !self.report.findings && self.block.skipped.is_none() && self.failed.is_none() && self.queued.is_none()
    }

    /// Reads on in the way that all lines can take. Where plain blocks were read up to here, this line is not plain.
    #[inline(never)]
    fn advance_from(&mut self, chunk: &[u8], mut at: usize, mut stopped: bool) -> (usize, Step) {
        if !self.lossy_data.is_empty() {
            self.lossy_data = String::new();
        }
        if let Some(step) = self.resume() {
            return (at, step);
        }
        if self.start != Start::Decided {
            let (used, mistaken) = self.start.strip(chunk);
            at = used;
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
            if !mem::take(&mut stopped) && self.at_line_start() {
                match self.advance_blocks(chunk, at, LineEnds::from(at)) {
                    Quick::Step(used, step) => return (used, step),
                    Quick::Stop(stop) => at = stop,
                }
            }
            let rest = &chunk[at..];
            let Some(len) = line::find_end(rest) else {
                if !rest.is_empty() {
                    self.block.spill(chunk);
                    if self.line == Line::Start {
                        self.line_offset = self.offset + at as u64;
                    }
                    if let Some(step) = self.fragment(rest) {
                        return (chunk.len(), step);
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
                return (at, step);
            }
        }
        self.block.spill(chunk);
        (chunk.len(), Step::More)
    }

    /// The next byte begins a line that may be plain. Where findings are wanted, every line has to be looked at in the
    /// general way.
    fn at_line_start(&self) -> bool {
        self.line == Line::Start && !self.after_cr && self.block.skipped.is_none() && !self.report.findings
    }

    /// What is still to be said of the lines that have been read.
    #[inline]
    fn resume(&mut self) -> Option<Step> {
        if let Some(error) = self.failed {
            return Some(Step::Failed(error));
        }
        if let Some(step) = self.queued.take() {
            return Some(step);
        }
        match self.ready {
            Ready::Nothing => None,
            Ready::Dispatch => {
                self.ready = Ready::Dispatched;
                self.block.open = false;
                Some(Step::Event)
            }
            Ready::Dispatched => {
                self.ready = Ready::Nothing;
                self.block.clear();
                None
            }
        }
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

    /// Dispatches the block.
    #[inline]
    fn blank_line(&mut self, chunk: &[u8]) -> Option<Step> {
        let id = mem::take(&mut self.block.id);
        let changed = self.confirm_id_at(&id, chunk);
        self.block.id = id;
        if let Some(excess) = self.block.skipped {
            self.block.clear();
            self.skipped += 1;
            return self.report_id(changed, Some(Step::Skipped(excess)));
        }
        if self.block.data == Place::Absent {
            self.block.clear();
            return self.report_id(changed, None);
        }
        if changed && self.report.last_event_ids {
            self.ready = Ready::Dispatch;
            return Some(Step::LastEventId);
        }
        self.ready = Ready::Dispatched;
        self.block.open = false;
        Some(Step::Event)
    }

    /// Makes what lies there the last event ID, and says whether it was another one.
    pub(super) fn confirm_id_at(&mut self, place: &Place, chunk: &[u8]) -> bool {
        let buffer = mem::take(&mut self.block.id_buffer);
        let changed = place.bytes(chunk, &buffer).is_some_and(|id| self.confirm_id(id));
        self.block.id_buffer = buffer;
        changed
    }

    /// Makes this the last event ID, and says whether it was another one.
    #[inline]
    pub(super) fn confirm_id(&mut self, id: &[u8]) -> bool {
        if id == self.last_event_id.as_bytes() {
            return false;
        }
        let id = match utf8::checked(id) {
            Some(id) => id,
            None => {
                // The same ill-formed ID is no change.
                let id = lossy(id, &mut self.lossy_id);
                if *id == *self.last_event_id {
                    return false;
                }
                id
            }
        };
        self.shared_id = None;
        self.last_event_id.clear();
        self.last_event_id.push_str(id);
        true
    }

    fn report_id(&mut self, changed: bool, step: Option<Step>) -> Option<Step> {
        if changed && self.report.last_event_ids {
            self.queued = step;
            return Some(Step::LastEventId);
        }
        step
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

/// What the quick ways have come to.
enum Quick {
    Step(usize, Step),
    /// The rest of the chunk is to be read in the general way.
    Stop(usize),
}
