//! The client machine under any script of answers, bytes, breaks, orders and clock steps: it does not panic, does not
//! spin, keeps to its waits and bounds, sends nothing twice that must not be, gives no credentials away, and says nothing
//! after it is closed.
//!
//! The first byte chooses the configuration. Then each letter is something that happens, see `Player::play`.

#![no_main]

use core::{convert::Infallible, time::Duration};

use libfuzzer_sys::fuzz_target;
use sse_proto::{
    EventId, Limit, Limits, Report, Timestamp,
    client::{
        Backoff, Change, ClientConfig, EventSource, Loss, NetworkError, Output, ReadyState, RememberRedirects, Request,
        ResponseHead,
    },
};

fuzz_target!(|input: &[u8]| {
    let [choice, script @ ..] = input else { return };
    let mut player = Player::new(*choice);
    player.drain();
    let mut rest = script;
    while let Some((letter, after)) = rest.split_first() {
        rest = player.play(*letter, after);
    }
    player.source.close();
    player.closed = true;
    player.drain();
});

const REFUSAL: usize = 8;
const RECENT: usize = 16;
const REDIRECTS: u32 = 3;
const FLOOR: Duration = Duration::from_millis(100);

const STATUSES: [u16; 10] = [200, 204, 301, 302, 303, 307, 308, 404, 429, 503];
const LOCATIONS: [&str; 8] = [
    "",
    "/x",
    "?y",
    "https://home.example:443/z",
    "https://away.example/",
    "http://home.example/",
    "//away.example",
    "\\",
];

struct Player {
    source: EventSource,
    now: Timestamp,
    /// A request that is sent twice does no harm, or is wanted.
    may_resend: bool,
    /// The announced reconnection must not come before this.
    not_before: Timestamp,
    attempt: u32,
    /// Requests that began an attempt.
    attempts: u32,
    /// What the next of them is allowed for.
    excused: bool,
    /// The transport has said that it is still connecting.
    connecting: bool,
    connected: bool,
    /// The request that was to be sent last.
    request: Option<Request>,
    /// Bytes handed over since the last drain.
    bytes: usize,
    closed: bool,
}

impl Player {
    fn new(choice: u8) -> Self {
        let bit = |number: u8| choice & (1 << number) != 0;
        let small = |max| if bit(0) { Limit::skip(max) } else { Limit::fail(max) };
        let limits = Limits::new().line(small(64)).data(small(128)).id(small(16)).event_type(small(16));
        let report = Report::new().comments(bit(1)).findings(bit(1)).last_event_ids(bit(1)).retries(bit(1));
        let backoff = Backoff::new().retry_ceiling(Duration::from_secs(60));
        let mut config = ClientConfig::get("https://home.example/events").unwrap();
        config = config.header("Authorization", "secret").unwrap().backoff(backoff).limits(limits).report(report);
        config = config.redirects(REDIRECTS).refusal_body(REFUSAL).recent_input(RECENT).jitter_seed(u64::from(choice));
        let which = if bit(2) { RememberRedirects::All } else { RememberRedirects::Permanent };
        config = config.remember_redirects(which);
        if bit(3) {
            config = config.resilient().any_content_type(true);
        }
        if bit(4) {
            let time = Duration::from_secs(10);
            config = config.idle_timeout(time).head_timeout(time).connect_timeout(time);
        }
        if bit(5) {
            config = config.max_reconnections(5).give_up_after(Duration::from_secs(600));
        }
        if bit(6) {
            config = config.method("POST").unwrap().body("body");
        }
        if bit(7) {
            config = config.last_event_id(EventId::from(1));
        }
        Self {
            source: EventSource::new(config),
            now: Timestamp::default(),
            may_resend: !bit(6),
            not_before: Timestamp::default(),
            attempt: 0,
            attempts: 0,
            excused: false,
            connecting: false,
            connected: false,
            request: None,
            bytes: 0,
            closed: false,
        }
    }

    /// Lets the next thing happen, and gives what is left of the script.
    fn play<'a>(&mut self, letter: u8, rest: &'a [u8]) -> &'a [u8] {
        let argument = rest.first().copied().unwrap_or_default();
        let used = match letter {
            b'0'..=b'9' => {
                self.answer(STATUSES[usize::from(letter - b'0')], argument);
                1
            }
            // Bytes up to a tilde.
            b'd' => {
                let len = rest.iter().position(|byte| *byte == b'~').unwrap_or(rest.len());
                self.bytes += len;
                self.source.handle_data(rest[..len].to_vec().into());
                len + 1
            }
            b'e' => {
                self.excused |= self.connecting && !self.connected;
                self.source.handle_end();
                0
            }
            b'b' | b'a' | b'f' => {
                self.excused |= self.connecting && !self.connected;
                self.source.handle_error(match letter {
                    b'b' => NetworkError::Transient,
                    b'a' => NetworkError::Aborted,
                    _ => NetworkError::Permanent,
                });
                0
            }
            b'c' => {
                self.connecting = true;
                self.source.handle_connecting();
                0
            }
            b'C' => {
                self.connected = true;
                self.source.handle_connected();
                0
            }
            b't' => {
                self.now = self.now + Duration::from_millis(u64::from(argument) * 50);
                1
            }
            b'h' => {
                if let Some(mut request) = self.request.take() {
                    request.headers.append("Cookie", "secret").unwrap();
                    let request = self.source.handle_request(request);
                    assert!(at_home(&request) || request.headers.value("cookie").is_none(), "{}", request.url);
                    (self.connecting, self.connected) = (false, false);
                }
                0
            }
            // Several things at once, without a drain between them.
            b'+' => return rest,
            b'r' => {
                self.excused = true;
                self.not_before = Timestamp::default();
                self.source.restart();
                0
            }
            b'x' => {
                self.source.close();
                self.closed = true;
                0
            }
            _ => return rest,
        };
        let rest = rest.get(used..).unwrap_or_default();
        if rest.first() != Some(&b'+') {
            self.drain();
        }
        rest
    }

    fn answer(&mut self, status: u16, choice: u8) {
        let mut headers = Vec::new();
        if choice & 1 == 0 {
            headers.push(("Content-Type", "text/event-stream"));
        }
        if choice & 2 != 0 {
            headers.push(("Location", LOCATIONS[usize::from(choice >> 5)]));
        }
        if choice & 4 != 0 {
            headers.push(("Retry-After", "30"));
        }
        if choice & 8 != 0 {
            headers.push(("Content-Encoding", "gzip"));
        }
        self.source.handle_response(&ResponseHead { status, headers: headers.into_iter().collect() });
    }

    /// Polls until there is nothing left to do.
    fn drain(&mut self) {
        // A line can be a finding and a comment, a blank line an ID and an event.
        let most = 3 * core::mem::take(&mut self.bytes) + 16;
        for _ in 0..most {
            let output = self.source.poll_output(self.now);
            assert!(self.source.recent_input().len() <= RECENT);
            assert!(self.source.refusal().is_none_or(|refusal| refusal.body.len() <= REFUSAL));
            if self.closed {
                assert_eq!(output, Output::Change(Change::Closed), "after it was closed");
                assert_eq!(self.source.ready_state(), ReadyState::Closed);
                return;
            }
            match output {
                Output::Wait { until } => {
                    assert!(until.is_none_or(|until| until > self.now), "a wait that is over");
                    return;
                }
                Output::Connect(request) => self.check(&request),
                Output::Event => {
                    assert_eq!(self.source.ready_state(), ReadyState::Open);
                    assert!(self.source.event().unwrap().data().len() <= 3 * 128);
                }
                Output::Change(change) => self.check_change(change),
            }
        }
        panic!("more than {most} outputs");
    }

    fn check_change(&mut self, change: Change<Infallible, Infallible>) {
        match change {
            Change::Closed | Change::Failed(_) => self.closed = true,
            Change::Open(_) => assert_eq!(self.source.ready_state(), ReadyState::Open),
            Change::Comment(comment) => assert!(comment.len() <= 3 * 64),
            Change::Reestablishing { cause, delay, attempt, .. } => {
                assert_eq!(self.source.ready_state(), ReadyState::Connecting);
                assert!(delay >= FLOOR || cause == Loss::Restarted, "{delay:?} after {cause:?}");
                // The ceiling, and a quarter of it at random.
                assert!(delay <= Duration::from_secs(75), "{delay:?} after {cause:?}");
                self.excused |= matches!(cause, Loss::ConnectTimeout | Loss::Restarted);
                self.not_before = self.now + delay;
                self.attempt = attempt;
            }
            Change::DelayCapped { asked, used } => assert!(asked > used),
            Change::LastEventId(id) => assert_eq!(&*id, self.source.last_event_id()),
            _ => {}
        }
    }

    fn check(&mut self, request: &Request) {
        assert!(request.redirects <= REDIRECTS);
        let given_away = ["authorization", "cookie"].iter().any(|name| request.headers.value(name).is_some());
        assert!(at_home(request) || !given_away, "{}", request.url);
        assert!(request.url.starts_with("https://"), "{}", request.url);
        if request.redirects == 0 {
            assert!(self.now >= self.not_before, "too early");
            assert_eq!(request.attempt, self.attempt);
            let goes_on = request.headers.value("last-event-id").is_some();
            let first = self.attempts == 0;
            assert!(first || self.may_resend || goes_on || self.excused || request.method == "GET", "sent twice");
            self.attempts += 1;
            self.excused = false;
        }
        (self.connecting, self.connected) = (false, false);
        self.request = Some(request.clone());
    }
}

fn at_home(request: &Request) -> bool {
    let home = ["https://home.example/", "https://home.example:443/", "https://home.example?"];
    home.iter().any(|start| request.url.starts_with(start))
}
