//! The open stream.

use core::mem;

use bytes::{Buf, Bytes};

use super::{Current, EventSource, FailReason, Loss, Output};
use crate::{Timestamp, decode::Step};

impl EventSource {
    /// Goes on to the next thing that the stream has brought.
    #[inline]
    pub(super) fn decode(&mut self, now: Timestamp) -> Output {
        self.chunk.advance(mem::take(&mut self.used));
        let (used, step) = self.decoder.advance(&self.chunk);
        self.used = used;
        match step {
            Step::Comment => {
                self.current = Current::Comment;
                Output::Comment
            }
            Step::Event => {
                self.current = Current::Event;
                self.trouble.productive();
                Output::Event
            }
            Step::Failed(error) => {
                self.close();
                Output::Failed(FailReason::Decode(error))
            }
            Step::Finding(finding) => Output::Finding(finding),
            Step::LastEventId => Output::LastEventId,
            Step::Retry(retry) => Output::Retry(retry),
            Step::Skipped(excess) => Output::Skipped(excess),
            Step::More => {
                self.chunk = Bytes::new();
                self.used = 0;
                match self.lost.take() {
                    None => self.await_data(now),
                    Some(loss) => self.weigh(loss, now),
                }
            }
        }
    }

    /// Drops what was received.
    pub(super) fn forget(&mut self) {
        self.current = Current::Nothing;
        self.chunk = Bytes::new();
        self.used = 0;
        self.lost = None;
    }

    /// Everything that has come has been decoded: the silence begins, or goes on.
    fn await_data(&mut self, now: Timestamp) -> Output {
        if mem::take(&mut self.heard) {
            self.since = Some(now);
        }
        match self.deadline(self.request.timeouts.idle, now) {
            Ok(until) => Output::Wait { until },
            Err(()) => self.weigh(Loss::IdleTimeout { in_mid_event: false }, now),
        }
    }
}
