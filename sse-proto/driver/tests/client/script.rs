//! A transport that does as it is told, and a clock that is set by hand.

use core::{
    cell::Cell,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use sse_driver::transport::{Connect, Read, Response, Timer};
use sse_proto::{
    Timestamp,
    bytes::Bytes,
    client::{Request, ResponseHead},
};

/// What a connection does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Data(&'static str),
    /// Nothing, once; the task is not woken.
    Pause,
    /// Nothing, from now on.
    Hold,
    End,
    Break,
}

/// What comes of a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Stream(Body),
    Status(u16, Body),
    Redirect(&'static str),
    Error(&'static str),
    /// None yet, once; then the other.
    Later(Box<Answer>),
    /// Connected, once; then the other.
    Connected(Box<Answer>),
    Never,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Body(VecDeque<Step>);

impl Body {
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        Self(steps.into())
    }
}

impl Read for Body {
    type Error = &'static str;

    fn poll_read(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, &'static str>> {
        match self.0.front() {
            None | Some(Step::End) => Poll::Ready(Ok(None)),
            Some(Step::Break) => Poll::Ready(Err("broken")),
            Some(Step::Hold) => Poll::Pending,
            Some(Step::Pause) => {
                self.0.pop_front();
                Poll::Pending
            }
            Some(Step::Data(data)) => {
                let data = Bytes::from_static(data.as_bytes());
                self.0.pop_front();
                Poll::Ready(Ok(Some(data)))
            }
        }
    }
}

/// Gives the answers one after the other, and keeps the requests. Clones are the same script.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    answers: VecDeque<Answer>,
    requests: Vec<Request>,
    /// Futures that have been dropped before they were ready.
    dropped: usize,
    tells: bool,
}

impl Script {
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        Self(Arc::new(Mutex::new(Shared { answers: answers.into(), ..Shared::default() })))
    }

    /// Tells when it is connected.
    pub(crate) fn telling(self) -> Self {
        self.shared().tells = true;
        self
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared().requests.clone()
    }

    pub(crate) fn dropped(&self) -> usize {
        self.shared().dropped
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }
}

impl Connect for Script {
    type Body = Body;
    type Error = &'static str;
    type Future = Answering;

    fn connect(&mut self, request: Request) -> Answering {
        let mut shared = self.shared();
        shared.requests.push(request);
        let answer = shared.answers.pop_front().unwrap_or(Answer::Never);
        Answering { answer: Some(answer), connected: shared.tells.then_some(false), script: self.clone() }
    }

    fn is_connected(&self, answer: &Answering) -> Option<bool> {
        answer.connected
    }
}

pub(crate) struct Answering {
    answer: Option<Answer>,
    connected: Option<bool>,
    script: Script,
}

impl Future for Answering {
    type Output = Result<Response<Body>, &'static str>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut location = None;
        let (status, body) = match self.answer.take().expect("polled after it was ready") {
            Answer::Stream(body) => (200, body),
            Answer::Status(status, body) => (status, body),
            Answer::Redirect(to) => {
                location = Some(("Location", to));
                (307, Body::default())
            }
            Answer::Error(error) => return Poll::Ready(Err(error)),
            Answer::Later(answer) => {
                self.answer = Some(*answer);
                return Poll::Pending;
            }
            Answer::Connected(answer) => {
                self.answer = Some(*answer);
                self.connected = Some(true);
                return Poll::Pending;
            }
            Answer::Never => {
                self.answer = Some(Answer::Never);
                return Poll::Pending;
            }
        };
        let headers = [("Content-Type", "text/event-stream")].into_iter().chain(location).collect();
        Poll::Ready(Ok(Response { head: ResponseHead { status, headers }, body }))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if self.answer.is_some() {
            self.script.shared().dropped += 1;
        }
    }
}

/// A clock that is set by hand. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<Mutex<Set>>);

#[derive(Debug, Default)]
struct Set {
    now: Timestamp,
    alarm: Option<(Timestamp, Waker)>,
    reads: usize,
}

impl Clock {
    /// Lets time pass, and wakes whom the alarm is for.
    pub(crate) fn pass(&self, time: Duration) {
        let mut set = self.0.lock().unwrap();
        set.now = set.now + time;
        let now = set.now;
        if let Some((_, waker)) = set.alarm.take_if(|(at, _)| *at <= now) {
            waker.wake();
        }
    }

    pub(crate) fn alarm(&self) -> Option<Timestamp> {
        self.0.lock().unwrap().alarm.as_ref().map(|(at, _)| *at)
    }

    pub(crate) fn reads(&self) -> usize {
        self.0.lock().unwrap().reads
    }
}

impl Timer for Clock {
    fn now(&self) -> Timestamp {
        let mut set = self.0.lock().unwrap();
        set.reads += 1;
        set.now
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        let mut set = self.0.lock().unwrap();
        if set.now >= deadline {
            return Poll::Ready(());
        }
        set.alarm = Some((deadline, cx.waker().clone()));
        Poll::Pending
    }

    fn seed(&self) -> u64 {
        1
    }
}

/// A number of wake-ups.
#[derive(Default)]
pub(crate) struct Wakes(std::sync::atomic::AtomicUsize);

impl Wakes {
    pub(crate) fn count(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

impl std::task::Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

/// A body that cannot leave its thread.
#[derive(Debug)]
pub(crate) struct LocalBody(pub(crate) std::rc::Rc<Cell<usize>>);

impl Read for LocalBody {
    type Error = std::convert::Infallible;

    fn poll_read(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Self::Error>> {
        let count = self.0.get();
        self.0.set(count + 1);
        Poll::Ready(Ok((count == 0).then(|| Bytes::from_static(b"data: local\n\n"))))
    }
}
