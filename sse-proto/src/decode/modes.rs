//! Who reads the next byte: the modes of the decoder, and the hand-over between them.

use core::mem;

use super::{
    Decoder,
    carry::Carry,
    event::{Home, Parts},
    plain::Read,
    scan::{self, Block, Scan},
};
use crate::{DecodeError, Event, EventRef, Finding, Malformation, OnExcess, Step, chunk::Cursor};

/// Who reads the next byte.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Mode {
    /// It begins a block, or follows lines that were forgotten.
    Block,
    /// It belongs to a block that is carried.
    Carry,
    /// Nobody: a limit was exceeded.
    Failed(DecodeError),
    /// It is for `plain`.
    Plain,
    /// As `Plain`, after the bytes in the carry.
    Replay,
    /// It is one of the first bytes of the stream, where a BOM may be; those so far are in the carry.
    #[default]
    Start,
}

/// U+FEFF in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Decoder {
    /// Reads a block of the commonest kind, if one begins here.
    #[inline(always)]
    pub(super) fn simple(&self, bytes: &[u8], cursor: &mut Cursor) -> Option<Parts> {
        if self.mode != Mode::Block {
            return None;
        }
        scan::scan_simple(bytes, cursor, &self.rules).map(|block| Parts::of(Home::Chunk, &block))
    }

    /// Takes a short chunk that ends no block, or reads on in the general way.
    #[inline(always)]
    pub(super) fn advance_short(&mut self, bytes: &[u8], cursor: &mut Cursor) -> Step {
        if cursor.at == 0 && !self.after_cr {
            let is_taken = self.mode == Mode::Carry && self.carry.take_whole(bytes)
                || bytes.len() == 1 && self.take_byte(bytes[0]);
            if is_taken {
                cursor.at = bytes.len();
                return Step::More;
            }
        }
        self.advance_slow(bytes, cursor)
    }

    /// Takes a chunk of one byte.
    #[inline(never)]
    fn take_byte(&mut self, byte: u8) -> bool {
        let begins = self.mode == Mode::Block;
        if byte == b'\n' && self.mode == Mode::Carry && self.carry.is_heartbeat() {
            self.mode = Mode::Block;
            return true;
        }
        if !begins && self.mode != Mode::Carry || !self.carry.take_byte(byte, begins, &self.rules) {
            return false;
        }
        self.mode = Mode::Carry;
        true
    }

    /// Reads on in the general way.
    #[inline(never)]
    fn advance_slow(&mut self, bytes: &[u8], cursor: &mut Cursor) -> Step {
        self.event.home = Home::Nowhere;
        if self.queued.is_some() {
            return self.take_queued();
        }
        if cursor.at == 0
            && let Some(first) = bytes.first()
            && mem::take(&mut self.after_cr)
            && *first == b'\n'
        {
            *cursor = Cursor::new(1);
            self.plain.offset += 1;
        }
        let step = loop {
            if cursor.at >= bytes.len() && !matches!(self.mode, Mode::Failed(_) | Mode::Replay) {
                // Not worth its price after each of many short chunks.
                if self.mode != Mode::Carry || bytes.len() > 1024 {
                    self.let_go();
                }
                break Step::More;
            }
            let has_event = match self.mode {
                Mode::Block => self.scan_chunk(bytes, cursor),
                Mode::Carry => self.scan_carry(bytes, cursor),
                Mode::Start => self.begin_stream(bytes, cursor),
                Mode::Failed(error) => return Step::Failed(error),
                Mode::Plain | Mode::Replay => match self.read_plain(bytes, cursor) {
                    Some(step) => break step,
                    None => false,
                },
            };
            if has_event {
                break Step::Event;
            }
        };
        if cursor.at == bytes.len() && !bytes.is_empty() {
            self.after_cr = bytes.ends_with(b"\r");
        }
        step
    }

    /// Returns what was queued after the step before. An ID that is reported after its event ends the block.
    #[cold]
    fn take_queued(&mut self) -> Step {
        if self.queued == Some(Step::LastEventId) {
            self.mode = self.between_blocks();
        }
        self.queued.take().unwrap_or(Step::More)
    }

    /// Reads the first bytes of the stream, up to where it is known whether they are a BOM (R-058).
    fn begin_stream(&mut self, bytes: &[u8], cursor: &mut Cursor) -> bool {
        let (held, rest) = (self.carry.buffer.bytes.len(), &bytes[cursor.at..]);
        let wanted = BOM.get(held..).unwrap_or_default();
        let matched = wanted.iter().zip(rest).take_while(|(wanted, byte)| wanted == byte).count();
        if matched == wanted.len() {
            self.carry.buffer.bytes.clear();
            self.plain.offset += BOM.len() as u64;
            self.mode = self.between_blocks();
            cursor.at += matched;
        } else if matched == rest.len() {
            self.carry.buffer.bytes.extend_from_slice(rest);
            cursor.at += matched;
        } else if held == 0 {
            self.mode = self.between_blocks();
        } else {
            self.begin_replay();
        }
        false
    }

    /// Reads a block that begins in the chunk, and returns whether it gives an event.
    #[inline(never)]
    fn scan_chunk(&mut self, bytes: &[u8], cursor: &mut Cursor) -> bool {
        if self.rules.quiet && scan::skip_heartbeats(bytes, cursor) {
            if let Some(event) = self.simple(bytes, cursor) {
                self.event = event;
                return true;
            }
            if cursor.at == bytes.len() {
                return false;
            }
        }
        let mut block = Block { at: cursor.at, ..Block::default() };
        match scan::scan(bytes, &mut cursor.ends, &self.rules, &mut block, &mut self.joined, &mut self.retry) {
            Scan::Cut => {
                // Lines that are ignored need not be kept.
                let from = if block.is_open() { cursor.at } else { block.at };
                cursor.at = bytes.len();
                if from < bytes.len() {
                    if self.carry.begin(&bytes[from..], block.after(from), &self.rules) {
                        self.mode = Mode::Carry;
                    } else {
                        self.mode = Mode::Plain;
                        *cursor = Cursor::new(from);
                    }
                }
                false
            }
            Scan::Empty | Scan::Event => {
                cursor.at = block.at;
                self.event.dispatch(Home::Chunk, bytes, &block, &mut self.joined, &mut self.texts)
            }
            Scan::NotMine => {
                self.mode = Mode::Plain;
                *cursor = Cursor::new(cursor.at);
                false
            }
        }
    }

    /// Reads on in a block that a chunk has cut, and returns whether it gives an event.
    #[inline(never)]
    fn scan_carry(&mut self, bytes: &[u8], cursor: &mut Cursor) -> bool {
        match self.carry.scan(bytes, cursor, &self.rules, &mut self.joined, &mut self.retry) {
            Scan::Cut => false,
            Scan::Empty | Scan::Event => {
                self.mode = Mode::Block;
                let Carry { buffer, block, .. } = &self.carry;
                self.event.dispatch(Home::Carry, &buffer.bytes, block, &mut self.joined, &mut self.texts)
            }
            Scan::NotMine => {
                self.begin_replay();
                *cursor = Cursor::new(cursor.at);
                false
            }
        }
    }

    /// Reads on with `plain`.
    fn read_plain(&mut self, bytes: &[u8], cursor: &mut Cursor) -> Option<Step> {
        let read = if self.mode == Mode::Replay {
            self.replay()
        } else {
            self.plain.read(bytes, cursor, &self.rules, &mut self.joined)
        };
        match read {
            Read::Blank => self.end_plain_block(),
            Read::Comment { ill_formed: false } => Some(Step::Comment),
            Read::Comment { ill_formed: true } => {
                self.queued = Some(Step::Comment);
                self.finding(Malformation::IllFormedUtf8)
            }
            Read::Excess(error, OnExcess::Fail) => {
                self.mode = Mode::Failed(error);
                None
            }
            Read::Excess(error, OnExcess::SkipEvent) => {
                self.plain.skip(error, &mut self.joined);
                None
            }
            Read::Fault(malformation) => self.finding(malformation),
            Read::More => {
                self.mode = Mode::Plain;
                None
            }
            Read::Retry(retry) => {
                self.retry = Some(retry);
                self.rules.report.retries.then_some(Step::Retry(retry))
            }
            Read::SkippedComment(error) => {
                self.skipped += 1;
                Some(Step::Skipped(error))
            }
        }
    }

    pub(super) fn begin_replay(&mut self) {
        self.mode = Mode::Replay;
        self.carry.replayed = Cursor::default();
    }

    /// Lets `plain` read what is carried.
    pub(super) fn replay(&mut self) -> Read {
        let Carry { buffer, replayed, .. } = &mut self.carry;
        self.plain.read(&buffer.bytes, replayed, &self.rules, &mut self.joined)
    }

    /// Dispatches a block that `plain` has read (R-090 to R-097).
    fn end_plain_block(&mut self) -> Option<Step> {
        self.mode = self.between_blocks();
        let plain = &mut self.plain;
        let id = plain.id.as_ref().map(|id| &*id.bytes);
        let changed = id.is_some_and(|id| self.texts.set_id(id));
        let step = if let Some(excess) = plain.excess {
            self.skipped += 1;
            Some(Step::Skipped(excess))
        } else if plain.has_data {
            self.event = Parts::joined(&mut self.joined, &plain.event_type.bytes, id);
            Some(Step::Event)
        } else {
            None
        };
        plain.end_block();
        if !changed || !self.rules.report.last_event_ids {
            return step;
        }
        if step.is_some() {
            // The event comes first: whoever stores the ID has got it then. In this mode, no block is read before the ID.
            self.queued = Some(Step::LastEventId);
            self.mode = Mode::Plain;
        }
        step.or(Some(Step::LastEventId))
    }

    /// Who reads the first byte of a block.
    const fn between_blocks(&self) -> Mode {
        if self.rules.scans { Mode::Block } else { Mode::Plain }
    }

    /// Frees large buffers that are not in use at the end of a chunk: it may be long until the next one.
    fn let_go(&mut self) {
        let is_plain = matches!(self.mode, Mode::Plain | Mode::Replay) && !self.plain.begins_block();
        let is_carried = matches!(self.mode, Mode::Carry | Mode::Replay);
        if !is_carried {
            self.carry.buffer.let_go();
        }
        if !(is_plain || is_carried && self.carry.block.is_joined()) {
            self.joined.let_go();
        }
        if !is_plain {
            self.plain.let_go();
        }
        self.texts.let_go();
    }

    fn finding(&self, malformation: Malformation) -> Option<Step> {
        let finding = Finding { offset: self.plain.line_offset, malformation };
        self.rules.report.findings.then_some(Step::Finding(finding))
    }

    #[inline(always)]
    pub(super) fn event_in<'a>(&'a mut self, chunk: &'a [u8]) -> EventRef<'a> {
        let bytes = match self.event.home {
            Home::Carry => &self.carry.buffer.bytes,
            Home::Chunk => chunk,
            Home::Joined => &self.joined.bytes,
            Home::Nowhere => &[][..],
        };
        self.event.borrow(bytes, &mut self.texts)
    }

    /// Takes an event that does not lie in the chunk.
    #[inline(never)]
    pub(super) fn take_kept(&mut self, parts: Parts) -> Event {
        let buffer = match parts.home {
            Home::Carry => &mut self.carry.buffer,
            Home::Joined => &mut self.joined,
            Home::Chunk | Home::Nowhere => return Event::default(),
        };
        if parts.home == Home::Carry && buffer.bytes.len() <= COPIED {
            return parts.take(&&*buffer.bytes, &mut self.texts);
        }
        parts.take(&buffer.take(), &mut self.texts)
    }
}

/// An owned event that was carried or joined is copied up to this length, in bytes: the buffer of a longer one is
/// handed over, which costs more than a short copy.
const COPIED: usize = 1024;
