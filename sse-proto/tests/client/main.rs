//! The client machine, driven by hand under a virtual clock: nothing here sleeps.

mod reconnection;
mod redirect;
mod request;
mod resending;
mod response;
mod restart;
mod resumption;
mod spread;
mod stream;
mod timeouts;
mod waits;

use core::time::Duration;

use sse_proto::{
    Timestamp,
    client::{
        Backoff, Change, ClientConfig, EventSource, FailReason, Loss, NetworkError, Output, Request, ResponseHead,
    },
};

const URL: &str = "http://example.com/events";

/// A machine and its clock.
struct Client {
    source: EventSource,
    now: Timestamp,
}

impl Client {
    fn new() -> Self {
        Self::with(config())
    }

    fn with(config: ClientConfig) -> Self {
        Self { source: EventSource::new(config), now: Timestamp::default() }
    }

    /// A client whose first request has been answered with an open stream.
    fn open() -> Self {
        Self::open_with(config())
    }

    fn open_with(config: ClientConfig) -> Self {
        let mut client = Self::with(config);
        client.request();
        client.accept();
        client
    }

    fn poll(&mut self) -> Output {
        self.source.poll_output(self.now)
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// The request that the machine wants sent now.
    fn request(&mut self) -> Request {
        match self.poll() {
            Output::Connect(request) => *request,
            output => panic!("{output:?} instead of a request"),
        }
    }

    fn answer(&mut self, status: u16, content_type: &str) {
        self.answer_with(status, &[("Content-Type", content_type)]);
    }

    fn answer_with(&mut self, status: u16, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
        self.source.handle_response(&ResponseHead { status, headers });
    }

    /// Opens the stream that was asked for.
    fn accept(&mut self) {
        self.answer(200, "text/event-stream");
        self.opened();
    }

    /// The open stream must be announced next.
    fn opened(&mut self) {
        let output = self.poll();
        assert!(matches!(output, Output::Change(Change::Open(_))), "{output:?} instead of an open stream");
    }

    /// Answers so that no stream is opened, with an empty body.
    fn refuse(&mut self, status: u16, content_type: &str) {
        self.answer(status, content_type);
        self.source.handle_end();
    }

    fn redirect(&mut self, status: u16, location: &str) {
        self.answer_with(status, &[("Location", location)]);
    }

    fn data(&mut self, data: &'static str) {
        self.source.handle_data(data.into());
    }

    /// The data of the event that must come next.
    fn event(&mut self) -> String {
        assert_eq!(self.poll(), Output::Event);
        self.source.event().unwrap().data().into()
    }

    /// Until when the machine wants to wait.
    fn wait(&mut self) -> Timestamp {
        match self.poll() {
            Output::Wait { until: Some(until) } => until,
            output => panic!("{output:?} instead of a wait"),
        }
    }

    /// Waits for the reconnection that has been announced, and takes its request.
    fn reconnect(&mut self) -> Request {
        self.now = self.wait();
        self.request()
    }

    /// Loses the connection in order, and gives the wait that is announced.
    fn lose(&mut self) -> Duration {
        self.source.handle_end();
        self.reestablishing().1
    }

    /// Loses the connection, or the request, to a network error.
    fn break_off(&mut self) -> Duration {
        self.source.handle_error(NetworkError::Transient);
        self.reestablishing().1
    }

    /// The announcement that must come next.
    fn reestablishing(&mut self) -> (Loss, Duration, u32) {
        match self.poll() {
            Output::Change(Change::Reestablishing { cause, delay, attempt, .. }) => (cause, delay, attempt),
            output => panic!("{output:?} instead of a reconnection"),
        }
    }

    /// The failure that must come next.
    fn failure(&mut self) -> FailReason {
        match self.poll() {
            Output::Change(Change::Failed(failure)) => failure.reason,
            output => panic!("{output:?} instead of a failure"),
        }
    }
}

/// A configuration whose waits have no random part.
fn config() -> ClientConfig {
    random().backoff(Backoff::new().jitter(Duration::ZERO))
}

/// A configuration whose waits have the random part that they have by default.
fn random() -> ClientConfig {
    ClientConfig::get(URL).unwrap()
}

fn post() -> ClientConfig {
    ClientConfig::post(URL)
        .unwrap()
        .backoff(Backoff::new().jitter(Duration::ZERO))
        .header("Content-Type", "application/json")
        .unwrap()
        .body("{}")
}

fn last_event_id(request: &Request) -> Option<&[u8]> {
    request.headers.value("Last-Event-ID")
}

const CLOSED: Output = Output::Change(Change::Closed);

fn idle() -> Output {
    Output::Wait { until: None }
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
