//! The bare state machine against a scripted server, under a clock that jumps from one thing to the next.

use core::{panic::AssertUnwindSafe, time::Duration};
use std::{collections::VecDeque, panic};

use sse_proto::{
    Timestamp,
    client::{Change, EventSource, Headers, NetworkError, Output, Request, ResponseHead},
};

use super::{Entry, HttpCase, Journal, Observed, Reaction, Unsupported, Verdict, entry::Progress};
use crate::{
    Level,
    peer::{Answer, End, Framing, Names, SeenRequest, Step},
    runner::message,
};

/// More outputs than this without any time passing are a machine that spins.
const SPIN: usize = 10_000;
/// More requests than this are a tight loop: no script is that long.
const LOOP: usize = 200;
/// So long has it to be quiet before it is taken that nothing comes any more.
const QUIET: Duration = Duration::from_secs(60);
/// The names of the two servers.
const NAMES: Names<'_> = Names { peer: "peer.test", other: "other.test" };

pub(super) fn run(case: &HttpCase) -> Verdict {
    // The world lives within the call, so nothing is seen again that a panic may have left half done.
    let result = panic::catch_unwind(AssertUnwindSafe(|| World::new(case).map(|mut world| world.run())));
    let seen = match result {
        Err(payload) => return Verdict::Failed(vec![format!("the panic {:?}", message(&*payload))]),
        Ok(Err(unsupported)) => return Verdict::Skipped(unsupported.to_string()),
        Ok(Ok(Err(problem))) => return Verdict::Failed(vec![String::from(problem)]),
        Ok(Ok(Ok(seen))) => seen,
    };
    let problems = case.expected.named(NAMES).problems(&seen);
    if problems.is_empty() || case.level == Level::MustNotBreak { Verdict::Passed } else { Verdict::Failed(problems) }
}

struct World<'a> {
    case: &'a HttpCase,
    machine: EventSource,
    journal: Journal,
    now: Timestamp,
    steps: VecDeque<Step>,
    refused_until: Option<Timestamp>,
    /// What the connection there is will bring, and when.
    coming: VecDeque<(Timestamp, Arrival)>,
    requests: Vec<(SeenRequest, Timestamp)>,
    /// When the connection of the request with that index ended.
    ends: Vec<Option<Timestamp>>,
}

enum Arrival {
    Data(Vec<u8>),
    End,
    Error(NetworkError),
    Head(ResponseHead),
}

impl<'a> World<'a> {
    fn new(case: &'a HttpCase) -> Result<Self, Unsupported> {
        let config = case.setup.config(&format!("http://{}/", NAMES.peer))?;
        let mut world = Self {
            case,
            machine: EventSource::new(config),
            journal: Journal::new(case.action.clone()),
            now: Timestamp::default(),
            steps: case.script.0.iter().cloned().collect(),
            refused_until: None,
            coming: VecDeque::new(),
            requests: Vec::new(),
            ends: Vec::new(),
        };
        world.refuse();
        Ok(world)
    }

    fn run(&mut self) -> Result<Observed, &'static str> {
        let mut outputs = 0;
        while outputs < SPIN && self.requests.len() < LOOP {
            outputs += 1;
            match self.machine.poll_output(self.now) {
                Output::Connect(request) => self.connect(*request),
                Output::Change(Change::Open(_)) => self.record(Entry::Open),
                Output::Event => self.record_event(),
                Output::Change(Change::Reestablishing { .. } | Change::Failed(_)) => {
                    self.disconnect();
                    let ready_state = self.machine.ready_state() as u8;
                    self.record(Entry::Error { ready_state });
                }
                Output::Wait { until } => match self.advance(until) {
                    Some(moment) if moment > self.now => {
                        self.now = moment;
                        outputs = 0;
                    }
                    Some(_) => {}
                    None => return Ok(self.observed()),
                },
                Output::Change(Change::Closed) => return Ok(self.observed()),
                Output::Change(_) => {}
            }
        }
        Err("the client spins")
    }

    /// Tells the machine what arrives next, if that comes before its deadline, and returns the new moment: `None` if
    /// there is nothing to come, or nothing that is worth waiting for.
    fn advance(&mut self, until: Option<Timestamp>) -> Option<Timestamp> {
        let arrival = self.coming.front().map(|(moment, _)| *moment);
        let next = [arrival, until].into_iter().flatten().min()?;
        // A stream that is held is silent, and that is no news to a client that waits for no more.
        let silence = self.case.setup.idle_timeout_ms.map(Duration::from_millis);
        let quiet = silence.map_or(QUIET, |silence| QUIET.min(silence / 2));
        match self.case.expected.progress(&self.journal.log(), self.requests.len()) {
            Progress::Complete if next.since(self.now) >= quiet => return None,
            Progress::Mismatch => return None,
            Progress::Complete | Progress::Partial => {}
        }
        if arrival == Some(next)
            && let Some((_, arrival)) = self.coming.pop_front()
        {
            match arrival {
                Arrival::Data(data) => self.machine.handle_data(data.into()),
                Arrival::End => self.end(next, EventSource::handle_end),
                Arrival::Error(error) => self.end(next, |machine| machine.handle_error(error)),
                Arrival::Head(head) => self.machine.handle_response(&head),
            }
        }
        Some(next.max(self.now))
    }

    fn end(&mut self, moment: Timestamp, tell: impl FnOnce(&mut EventSource)) {
        self.now = moment.max(self.now);
        self.mark_end();
        tell(&mut self.machine);
    }

    /// The connection is over, whoever ended it.
    fn disconnect(&mut self) {
        self.coming.clear();
        self.mark_end();
    }

    fn mark_end(&mut self) {
        let now = self.now;
        if let Some(end) = self.ends.last_mut()
            && end.is_none()
        {
            *end = Some(now);
            self.refuse();
        }
    }

    /// Closes the port if that is what comes next.
    fn refuse(&mut self) {
        while let Some(Step::Refuse(time)) = self.steps.front() {
            self.refused_until = Some(self.refused_until.unwrap_or(self.now).max(self.now) + *time);
            self.steps.pop_front();
        }
    }

    fn connect(&mut self, request: Request) {
        self.disconnect();
        self.machine.handle_connecting();
        if self.refused_until.is_some_and(|until| self.now < until) {
            self.coming.push_back((self.now, Arrival::Error(NetworkError::Transient)));
            return;
        }
        self.machine.handle_connected();
        self.requests.push((seen(request), self.now));
        self.ends.push(None);
        match self.steps.pop_front() {
            Some(Step::Answer(answer)) => self.answer(answer),
            Some(Step::Drop | Step::Refuse(_)) => {
                self.coming.push_back((self.now, Arrival::Error(NetworkError::Transient)));
            }
            None => self.answer(Answer::events("")),
        }
    }

    fn answer(&mut self, answer: Answer) {
        let mut moment = self.now;
        let headers = answer.headers.into_iter().map(|(name, value)| (name, NAMES.fill(&value)));
        let head = ResponseHead { status: answer.status, headers: headers.collect() };
        self.coming.push_back((moment, Arrival::Head(head)));
        for (index, piece) in answer.pieces.into_iter().enumerate() {
            if index > 0 {
                moment = moment + answer.delay;
            }
            self.coming.push_back((moment, Arrival::Data(piece)));
        }
        let ending = match (answer.end, answer.framing) {
            (End::Hold, _) => return,
            (End::Eof, _) | (End::Cut | End::Short, Framing::Close) => Arrival::End,
            (End::Cut | End::Reset | End::Short, _) => Arrival::Error(NetworkError::Transient),
        };
        self.coming.push_back((moment, ending));
    }

    fn record_event(&mut self) {
        let ready_state = self.machine.ready_state() as u8;
        if let Some(event) = self.machine.event() {
            let entry = Entry::Event {
                event_type: event.event_type().into(),
                data: event.data().into(),
                last_event_id: event.last_event_id().into(),
                ready_state,
            };
            self.record(entry);
        }
    }

    fn record(&mut self, entry: Entry) {
        match self.journal.record(entry) {
            Reaction::Close => {
                self.machine.close();
                self.disconnect();
            }
            Reaction::Continue => {}
            Reaction::Restart => {
                self.machine.restart();
                self.disconnect();
            }
        }
    }

    fn observed(&self) -> Observed {
        let starts = self.requests.iter().skip(1).map(|(_, moment)| *moment);
        let gaps = starts.zip(&self.ends).map(|(start, end)| end.map(|end| start.since(end)));
        Observed {
            log: self.journal.log(),
            requests: self.requests.iter().map(|(request, _)| request.clone()).collect(),
            gaps: gaps.collect(),
        }
    }
}

fn seen(request: Request) -> SeenRequest {
    let (_, rest) = request.url.split_once("://").unwrap_or_default();
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let path = if path.starts_with('/') { String::from(path) } else { format!("/{path}") };
    let own = |headers: &Headers| -> Vec<(String, Vec<u8>)> {
        headers.iter().map(|(name, value)| (String::from(name), value.to_vec())).collect()
    };
    let mut headers = own(&request.headers);
    if request.headers.value("host").is_none() {
        headers.push((String::from("Host"), authority.into()));
    }
    SeenRequest { method: request.method.as_str().into(), path, headers, body: request.body.to_vec() }
}
