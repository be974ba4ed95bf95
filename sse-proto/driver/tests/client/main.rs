//! The client's loop over a scripted transport and a virtual clock: nothing here sleeps, and nothing is a socket.

mod forms;
mod handle;
mod local;
mod prepare;
mod progress;
mod script;
mod secrets;
mod turns;

use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use sse_proto::client::{Backoff, ClientConfig};

use self::script::{Body, Clock, Script, Step};

type Source = sse_driver::EventSource<Script, Clock>;
type Change = sse_driver::Change<&'static str>;

/// A configuration whose waits have no random part.
fn config() -> ClientConfig {
    let exact = Backoff::new().jitter(Duration::ZERO);
    ClientConfig::get("http://example.com/events").unwrap().backoff(exact)
}

/// A source over a script, with its clock.
fn source(config: ClientConfig, answers: Vec<script::Answer>) -> (Source, Clock, Script) {
    let clock = Clock::default();
    let script = Script::new(answers);
    (Source::with_timer(config, script.clone(), clock.clone()), clock, script)
}

/// Polls once, with a waker that does nothing.
fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What must be there already.
fn now<F: Future>(future: F) -> F::Output {
    match poll(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing is ready"),
    }
}

fn opened(steps: Vec<Step>) -> script::Answer {
    script::Answer::Stream(Body::new(steps))
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
