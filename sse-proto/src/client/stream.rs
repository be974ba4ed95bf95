//! The open stream.

use core::mem;

use super::{Change, EventSource, FailReason, Loss, Output, judge::Deadline};
use crate::{Chunk, EventId, Step, Text, Timestamp};

impl EventSource {
    /// Decodes until there is something to report, or nothing left to decode.
    #[inline]
    pub(super) fn decode(&mut self, now: Timestamp) -> Output {
        match self.decoder.advance(&mut self.chunk) {
            Step::Event => {
                self.has_event = true;
                self.reconnects.productive();
                Output::Event
            }
            Step::Comment => Change::Comment(Text::from(self.decoder.comment())).into(),
            Step::Failed(error) => {
                self.close();
                Change::failed(FailReason::Decode(error)).into()
            }
            Step::Finding(finding) => Change::Finding(finding).into(),
            Step::LastEventId => {
                let id = EventId::received(Text::from(self.decoder.last_event_id()));
                Change::LastEventId(id).into()
            }
            Step::Retry(retry) => Change::Retry(retry).into(),
            Step::Skipped(excess) => Change::Skipped(excess).into(),
            Step::More => {
                self.chunk = Chunk::default();
                match self.lost.take() {
                    None => self.await_data(now),
                    Some(loss) => self.handle_loss(loss, now),
                }
            }
        }
    }

    /// Drops what was received.
    pub(super) fn forget(&mut self) {
        self.has_event = false;
        self.chunk = Chunk::default();
        self.lost = None;
    }

    /// Waits for data, up to the idle timeout, after everything received was decoded.
    fn await_data(&mut self, now: Timestamp) -> Output {
        if mem::take(&mut self.heard) {
            self.since = Some(now);
        }
        match self.deadline(self.request.timeouts.idle, now) {
            Deadline::Ahead(until) => Output::Wait { until },
            Deadline::Passed => self.handle_loss(Loss::IdleTimeout { in_mid_event: false }, now),
        }
    }
}
