//! What a response, or the lack of one, leads to.

use alloc::vec::Vec;
use core::{mem, time::Duration};

use bytes::Bytes;

use super::{
    EventSource, FailReason, Loss, Moved, Output, Phase, Refusal, RememberRedirects, ResponseHead, Ruling, State,
    response::{Redirect, Verdict},
};
use crate::Timestamp;

/// How long the body of a response that opens no stream is waited for.
const REFUSED_BODY: Duration = Duration::from_secs(1);

/// Whether the current state has reached its time limit.
pub(super) enum Deadline {
    /// Not before this moment; never, if there is none.
    Ahead(Option<Timestamp>),
    Passed,
}

impl EventSource {
    /// Judges the response to the current request.
    pub(super) fn judge(&mut self, head: &ResponseHead) -> State {
        let verdict = head.verdict(&self.request.method, &self.request.url, self.config.any_content_type);
        let standard = match &verdict {
            Verdict::Redirect(to) => return self.follow(to, head),
            Verdict::Accept => Ruling::Accept,
            Verdict::Fail(_) => Ruling::Fail,
        };
        match (self.config.policy.response(head, standard), head.encoding(), verdict) {
            (Ruling::Accept, None, _) => {
                self.response = Some(head.clone());
                self.recent.clear();
                State::Accepted
            }
            (Ruling::Accept, Some(found), _) => self.refuse(Ruling::Fail, FailReason::ContentEncoding { found }, head),
            (ruling, _, Verdict::Fail(reason)) => self.refuse(ruling, reason, head),
            (ruling, ..) => self.refuse(ruling, FailReason::Policy, head),
        }
    }

    /// Keeps some of the body of a refused response.
    pub(super) fn collect(&mut self, data: &[u8]) {
        let State::Refused { body, .. } = &mut self.state else { return };
        let room = self.config.refusal_body - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() >= room {
            self.refused(false);
        }
    }

    /// Ends the wait for the body of a refused response, and asks the policy once more.
    pub(super) fn refused(&mut self, complete: bool) {
        self.state = match mem::replace(&mut self.state, State::Closed) {
            State::Refused { ruling, reason, body } => {
                if let Some(refusal) = &mut self.refusal {
                    refusal.body = Bytes::from(body);
                    refusal.complete = complete;
                }
                self.rule(ruling, reason)
            }
            state => state,
        };
    }

    /// Asks the policy about a refused response whose body was received, and applies its ruling.
    fn rule(&mut self, ruling: Ruling, reason: FailReason) -> State {
        let refusal = self.refusal.get_or_insert_default();
        match self.config.policy.refused(refusal, ruling) {
            Ruling::Retry => {
                self.reconnects.retry_after = refusal.head.retry_after();
                State::Lost(Loss::Refused { status: refusal.head.status })
            }
            Ruling::Accept | Ruling::Fail => State::Failed(reason),
        }
    }

    /// Waits for the connection or the response, up to its timeout.
    pub(super) fn await_response(&mut self, now: Timestamp) -> Output {
        let (limit, loss) = match self.phase {
            Phase::Connecting => (self.request.timeouts.connect, Loss::ConnectTimeout),
            Phase::Connected | Phase::Unknown => (self.request.timeouts.head, Loss::HeadTimeout),
        };
        match self.deadline(limit, now) {
            Deadline::Ahead(until) => Output::Wait { until },
            Deadline::Passed => self.handle_loss(loss, now),
        }
    }

    /// Waits for the body of a refused response, up to [`REFUSED_BODY`].
    pub(super) fn await_refused_body(&mut self, now: Timestamp) -> Output {
        match self.deadline(Some(REFUSED_BODY), now) {
            Deadline::Ahead(until) => Output::Wait { until },
            Deadline::Passed => {
                self.refused(false);
                self.poll_output(now)
            }
        }
    }

    /// Returns when the current state will have lasted for `limit`.
    pub(super) fn deadline(&mut self, limit: Option<Duration>, now: Timestamp) -> Deadline {
        let since = *self.since.get_or_insert(now);
        match limit {
            None => Deadline::Ahead(None),
            Some(limit) if now < since + limit => Deadline::Ahead(Some(since + limit)),
            Some(_) => Deadline::Passed,
        }
    }

    /// Follows a redirect (R-025, D-05, D-10).
    fn follow(&mut self, to: &Redirect, head: &ResponseHead) -> State {
        if self.request.redirects >= self.config.redirects {
            let reason = FailReason::TooManyRedirects { limit: self.config.redirects };
            return self.refuse(Ruling::Fail, reason, head);
        }
        self.request.redirect(to);
        self.lasting &= match self.config.remember_redirects {
            RememberRedirects::All => true,
            RememberRedirects::Never => false,
            RememberRedirects::Permanent => to.permanent,
        };
        if self.lasting {
            let as_get = to.as_get || self.moved.as_ref().is_some_and(|moved| moved.as_get);
            self.moved = Some(Moved { url: to.url.clone(), as_get });
        }
        State::Redirected
    }

    fn refuse(&mut self, ruling: Ruling, reason: FailReason, head: &ResponseHead) -> State {
        let body = head.may_have_body() && self.request.method != "HEAD";
        self.refusal = Some(Refusal { head: head.clone(), body: Bytes::new(), complete: !body });
        if body && self.config.refusal_body > 0 {
            State::Refused { ruling, reason, body: Vec::new() }
        } else {
            self.rule(ruling, reason)
        }
    }
}
