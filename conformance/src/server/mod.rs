//! Judges servers from outside: a URL is asked for events, and what comes is looked at, with the times at which it comes.
//!
//! ```no_run
//! use sse_conformance::server::{self, Target};
//!
//! let target = Target::new("http://127.0.0.1:8080/events");
//! let report = server::run("mine", &target);
//! for result in &report.results {
//!     println!("{result}");
//! }
//! report.assert_passed();
//! ```
//!
//! What a URL alone cannot show is asked for with the other fields of [`Target`]; without them these checks are skipped.

pub(crate) mod client;
mod connections;
mod echo;
mod report;
mod resume;
mod stream;

use core::time::Duration;

use self::client::Client;
pub use self::report::{CheckResult, ServerReport, Verdict};
use crate::Level;

/// The server to be judged, and what it has to show.
#[derive(Clone, Debug)]
pub struct Target {
    /// The stream of events. It should carry some while it is watched.
    pub url: String,
    /// Takes a message by POST, as JSON of the form `{"data":…,"event":…,"id":…,"retry":…,"comment":…}` where each
    /// field may be missing, and answers with a stream that has just this message, and ends; a message that it
    /// refuses has a status from 400 to 499.
    pub echo: Option<String>,
    /// Says in decimal digits how many streams are open.
    pub counter: Option<String>,
    /// A stream that is over for good.
    pub finished: Option<String>,
    /// A stream without any events.
    pub idle: Option<String>,
    /// Says in decimal digits how many bytes of memory the server takes.
    pub memory: Option<String>,
    /// Whether the stream at `url` goes on behind an event that it has sent before.
    pub resume: bool,
    /// Whether the stream at `url` is common to all clients, which have to get the same events in the same order. Where
    /// each client has its own stream, this is false, and S-024 is skipped.
    pub shared: bool,
    /// How many clients are to listen at once, if the stream is `shared`.
    pub parallel: usize,
    /// How long the stream is watched.
    pub watch: Duration,
    /// The longest time until the first byte.
    pub first_byte: Duration,
    /// The longest time from the first byte of an event to its last.
    pub whole_event: Duration,
    /// The longest silence of a stream without events.
    pub silence: Duration,
}

impl Target {
    /// This URL, watched for 10 seconds, with a second until the first byte, another one for each event, a silence of
    /// 45 seconds and 100 clients.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            echo: None,
            counter: None,
            finished: None,
            idle: None,
            memory: None,
            resume: false,
            shared: false,
            parallel: 100,
            watch: Duration::from_secs(10),
            first_byte: Duration::from_secs(1),
            whole_event: Duration::from_secs(1),
            silence: Duration::from_secs(45),
        }
    }
}

/// Runs all checks that `target` has something for, one after the other. If the server does not answer at all, that is the
/// only result.
///
/// # Panics
///
/// The runtime cannot be built: the system has no more file descriptors, say.
pub fn run(name: &str, target: &Target) -> ServerReport {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut results = Vec::new();
    runtime.block_on(async {
        let client = Client::default();
        if !stream::check(&client, target, &mut results).await {
            return;
        }
        resume::check(&client, target, &mut results).await;
        connections::check(&client, target, &mut results).await;
        echo::check(&client, target, &mut results).await;
    });
    results.sort_by_key(|result| result.id);
    ServerReport { subject: name.into(), results }
}

/// The checks by their IDs: how much each counts, and what it is about.
const CHECKS: [(&str, Level, &str); 24] = [
    ("S-001", Level::Must, "status 200 and text/event-stream"),
    ("S-002", Level::Should, "no charset, or utf-8"),
    ("S-003", Level::Should, "Cache-Control has no-cache or no-store"),
    ("S-004", Level::Should, "no Content-Length on a stream without end"),
    ("S-005", Level::Must, "the body is UTF-8"),
    ("S-006", Level::Must, "the body has only fields of the standard, and comments"),
    ("S-007", Level::Should, "the last block of a stream that ends has its blank line"),
    ("S-008", Level::Must, "retry has only digits, and no ID has U+0000"),
    ("S-009", Level::Should, "no block has an event type and no data"),
    ("S-010", Level::Must, "events come when they are made, and whole"),
    ("S-011", Level::Should, "a stream without events is kept alive"),
    ("S-012", Level::Must, "a reconnection goes on behind the last event, without gap or repetition"),
    ("S-013", Level::Should, "an unknown Last-Event-ID is no error"),
    ("S-014", Level::Should, "a strange Last-Event-ID is no error and comes back in no header"),
    ("S-015", Level::Should, "a client that leaves is noticed"),
    ("S-016", Level::Info, "other methods and other types"),
    ("S-017", Level::Should, "events come one by one where gzip would be accepted"),
    ("S-018", Level::Must, "what is sent is what is read"),
    ("S-019", Level::Must, "a line break in a value makes no other field and no other event"),
    ("S-020", Level::Must, "spaces, blank lines, 1 MiB, U+0000 and byte order marks survive in data"),
    ("S-021", Level::Should, "a stream that is over answers 204"),
    ("S-022", Level::Info, "HTTP/2"),
    ("S-023", Level::Should, "readers that do not read cost no memory"),
    ("S-024", Level::Must, "parallel clients of a shared stream get the same events in the same order"),
];
