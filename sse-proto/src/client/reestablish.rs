//! From a lost connection to the next request.

use alloc::boxed::Box;
use core::time::Duration;

use super::{EventSource, FailReason, Loss, Output, Phase, Request, Retry, State, method};
use crate::{EventId, StreamEnd, Text, Timestamp};

/// What is known of the connections since one was healthy.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// Reconnections in a row without a healthy connection.
    reconnections: u32,
    /// Why the connection was lost last.
    cause: Option<Loss>,
    /// Since when there has been no healthy connection.
    since: Option<Timestamp>,
    /// The stream was open once.
    was_open: bool,
    /// When the stream that is open was opened.
    opened_at: Option<Timestamp>,
    /// The stream that is open has brought an event.
    productive: bool,
    /// How long the server asked not to be asked again.
    pub(super) retry_after: Option<Duration>,
    /// The wait that was reported last as too long.
    reported: Option<Duration>,
}

impl Trouble {
    pub(super) fn opened(&mut self, now: Timestamp) {
        self.was_open = true;
        self.opened_at = Some(now);
        self.productive = false;
    }

    pub(super) const fn productive(&mut self) {
        self.productive = true;
    }

    pub(super) const fn attempt(&self) -> u32 {
        self.reconnections
    }

    /// Attempts in a row that led to no healthy connection. Of a stream that was open, the loss itself is none.
    fn failures(&self) -> u32 {
        self.reconnections.saturating_add(u32::from(!self.was_open))
    }
}

impl EventSource {
    /// Begins an attempt.
    pub(super) fn connect(&mut self, id_reported: bool, now: Timestamp) -> Output {
        let id = match self.sendable_id() {
            Ok(id) => id,
            Err(id) if !id_reported => {
                self.state = State::Due { id_reported: true };
                return Output::LastEventIdNotSent(id);
            }
            Err(_) => None,
        };
        let url = self.moved.as_ref().map_or(&self.config.url, |moved| &moved.url);
        let mut request = Request::new(&self.config, url, id.as_ref());
        if self.moved.as_ref().is_some_and(|moved| moved.as_get) {
            request.turn_to_get();
        }
        request.attempt = self.trouble.reconnections;
        request.cause = self.trouble.cause;
        self.asked_method = request.method.clone();
        self.lasting = true;
        self.trouble.since.get_or_insert(now);
        self.request = request;
        self.refusal = None;
        self.send()
    }

    /// Sends the request as it stands.
    pub(super) fn send(&mut self) -> Output {
        self.state = State::Requested;
        self.phase = Phase::Unknown;
        self.since = None;
        Output::Connect(Box::new(self.request.clone()))
    }

    /// Weighs a loss: whether the connection is reestablished, and after how long a wait. The wait begins now.
    pub(super) fn weigh(&mut self, loss: Loss, now: Timestamp) -> Output {
        let cause = loss.dropping(self.decoder.finish() == StreamEnd::InMidEvent);
        self.forget();
        let healthy = self.trouble.opened_at.take().is_some_and(|opened_at| {
            let ended_well = self.trouble.productive && matches!(cause, Loss::End { .. });
            ended_well || now.since(opened_at) >= self.config.backoff.healthy_after
        });
        if healthy || cause == Loss::Restarted {
            self.trouble.reconnections = 0;
            self.trouble.since = Some(now);
        }
        self.trouble.cause = Some(cause);
        let retry_after = self.trouble.retry_after.take();
        if cause == Loss::Restarted {
            self.reestablish(cause, Duration::ZERO, now);
            return self.poll_output(now);
        }
        if let Some(end) = self.end(cause) {
            self.state = end;
            return self.poll_output(now);
        }
        let backoff = self.config.backoff;
        // What the server asks for: the longer of its two ways to do so.
        let asked = self.decoder.retry().map(Retry::as_duration).max(retry_after);
        let used = asked.map_or(self.config.reconnection_time, |asked| asked.min(backoff.retry_ceiling));
        let least = used.max(backoff.floor);
        let delay = backoff.delay(least, self.trouble.failures(), &mut self.random);
        let attempt = self.trouble.reconnections.saturating_add(1);
        let chosen = self.config.policy.delay(cause, attempt, delay).map(|delay| delay.max(least));
        let since = self.trouble.since.unwrap_or(now);
        let in_time = |delay: &Duration| self.config.give_up_after.is_none_or(|limit| now + *delay <= since + limit);
        let Some(delay) = chosen.filter(in_time) else {
            self.state = State::Failed(self.give_up(cause));
            return self.poll_output(now);
        };
        self.reestablish(cause, delay, now);
        if let Some(asked) = asked.filter(|asked| *asked > backoff.retry_ceiling)
            && self.trouble.reported.replace(asked) != Some(asked)
        {
            return Output::DelayCapped { asked, used };
        }
        self.poll_output(now)
    }

    fn reestablish(&mut self, cause: Loss, delay: Duration, now: Timestamp) {
        self.trouble.reconnections = self.trouble.reconnections.saturating_add(1);
        self.state = State::Reestablishing { cause, delay, until: now + delay };
    }

    /// Where the connection is not reestablished: what the source comes to.
    fn end(&self, cause: Loss) -> Option<State> {
        let most = self.config.max_reconnections;
        if most == Some(0) && cause == (Loss::End { in_mid_event: false }) {
            return Some(State::Closed);
        }
        let too_many = most.is_some_and(|most| self.trouble.reconnections >= most);
        if too_many || (!self.config.retry_first && !self.trouble.was_open) {
            return Some(State::Failed(self.give_up(cause)));
        }
        (!self.may_repeat(cause)).then_some(State::Failed(FailReason::NotResent { cause }))
    }

    fn give_up(&self, cause: Loss) -> FailReason {
        FailReason::GaveUp { cause, attempts: self.trouble.reconnections }
    }

    /// Whether the request may be sent again (D-11).
    fn may_repeat(&self, cause: Loss) -> bool {
        let unsent = match cause {
            Loss::ConnectTimeout => true,
            Loss::Unreachable => self.phase == Phase::Connecting,
            _ => false,
        };
        let turned = self.moved.as_ref().is_some_and(|moved| moved.as_get);
        let safe = turned || method::is_safe(&self.asked_method);
        self.config.resend || unsent || safe || matches!(self.sendable_id(), Ok(Some(_)))
    }

    /// The last event ID, if there is one; as an error if it cannot be sent (D-09).
    fn sendable_id(&self) -> Result<Option<EventId>, EventId> {
        let id = self.decoder.last_event_id();
        if id.is_empty() {
            return Ok(None);
        }
        let id = EventId::received(Text::from(id));
        if id.fits_header() && id.len() <= self.config.limits.id.max { Ok(Some(id)) } else { Err(id) }
    }
}
