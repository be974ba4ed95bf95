//! From a lost connection to the next request.

use alloc::boxed::Box;
use core::time::Duration;

use super::{Change, EventSource, FailReason, Loss, Output, Phase, Request, Retry, State, method};
use crate::{EventId, StreamEnd, Text, Timestamp};

/// The reconnections since a connection was healthy.
#[derive(Debug, Default)]
pub(super) struct Reconnects {
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
    /// How long the server asked to wait, by the `Retry-After` of a refused response.
    pub(super) retry_after: Option<Duration>,
    /// The wait that was last reported as capped.
    reported: Option<Duration>,
}

impl Reconnects {
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

    /// Attempts in a row that led to no healthy connection. The loss of a stream that was open once does not count as a
    /// failed attempt.
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
                return Change::LastEventIdNotSent(id).into();
            }
            Err(_) => None,
        };
        let url = self.moved.as_ref().map_or(&self.config.url, |moved| &moved.url);
        let mut request = Request::new(&self.config, url, id.as_ref());
        if self.moved.as_ref().is_some_and(|moved| moved.as_get) {
            request.turn_to_get();
        }
        request.attempt = self.reconnects.reconnections;
        request.cause = self.reconnects.cause;
        self.asked_method = request.method.clone();
        self.lasting = true;
        self.reconnects.since.get_or_insert(now);
        self.request = request;
        self.refusal = None;
        self.send()
    }

    /// Returns the order to send the current request.
    pub(super) fn send(&mut self) -> Output {
        self.state = State::Requested;
        self.phase = Phase::Unknown;
        self.since = None;
        Output::Connect(Box::new(self.request.clone()))
    }

    /// Decides whether a lost connection is reestablished, and after how long a wait, which begins now.
    pub(super) fn handle_loss(&mut self, loss: Loss, now: Timestamp) -> Output {
        let cause = loss.dropping(self.decoder.finish() == StreamEnd::InMidEvent);
        self.forget();
        let healthy = self.reconnects.opened_at.take().is_some_and(|opened_at| {
            let ended_well = self.reconnects.productive && matches!(cause, Loss::End { .. });
            ended_well || now.since(opened_at) >= self.config.backoff.healthy_after
        });
        if healthy || cause == Loss::Restarted {
            self.reconnects.reconnections = 0;
            self.reconnects.since = Some(now);
        }
        self.reconnects.cause = Some(cause);
        let retry_after = self.reconnects.retry_after.take();
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
        let delay = backoff.delay(least, self.reconnects.failures(), &mut self.random);
        let attempt = self.reconnects.reconnections.saturating_add(1);
        let chosen = self.config.policy.delay(cause, attempt, delay).map(|delay| delay.max(least));
        let since = self.reconnects.since.unwrap_or(now);
        let in_time = |delay: &Duration| self.config.give_up_after.is_none_or(|limit| now + *delay <= since + limit);
        let Some(delay) = chosen.filter(in_time) else {
            self.state = State::Failed(self.give_up(cause));
            return self.poll_output(now);
        };
        self.reestablish(cause, delay, now);
        if let Some(asked) = asked.filter(|asked| *asked > backoff.retry_ceiling)
            && self.reconnects.reported.replace(asked) != Some(asked)
        {
            return Change::DelayCapped { asked, used }.into();
        }
        self.poll_output(now)
    }

    fn reestablish(&mut self, cause: Loss, delay: Duration, now: Timestamp) {
        self.reconnects.reconnections = self.reconnects.reconnections.saturating_add(1);
        self.state = State::Reestablishing { cause, delay, until: now + delay };
    }

    /// The final state, if settings or the request's method forbid to reestablish the connection.
    fn end(&self, cause: Loss) -> Option<State> {
        let most = self.config.max_reconnections;
        if most == Some(0) && cause == (Loss::End { in_mid_event: false }) {
            return Some(State::Closed);
        }
        let too_many = most.is_some_and(|most| self.reconnects.reconnections >= most);
        if too_many || (!self.config.retry_first && !self.reconnects.was_open) {
            return Some(State::Failed(self.give_up(cause)));
        }
        (!self.may_repeat(cause)).then_some(State::Failed(FailReason::NotResent { cause }))
    }

    fn give_up(&self, cause: Loss) -> FailReason {
        FailReason::GaveUp { cause, attempts: self.reconnects.reconnections }
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

    /// The last event ID, if it is not empty; as an error if it cannot be sent (D-09).
    fn sendable_id(&self) -> Result<Option<EventId>, EventId> {
        let id = self.decoder.last_event_id();
        if id.is_empty() {
            return Ok(None);
        }
        let id = EventId::received(Text::from(id));
        if id.fits_header() && id.len() <= self.config.limits.id.max { Ok(Some(id)) } else { Err(id) }
    }
}
