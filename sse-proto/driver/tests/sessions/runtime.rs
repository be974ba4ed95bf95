//! A runtime for sessions that are polled by hand.

use core::{
    cell::Cell,
    task::{Context, Poll, Waker},
    time::Duration,
};

use std::io;

use sse_driver::transport::{Runtime, Timer};
use sse_proto::{Timestamp, bytes::Bytes};

std::thread_local! {
    /// Whether timers of this thread panic when they are asked for a seed.
    pub(crate) static WITHOUT_SEED: Cell<bool> = const { Cell::new(false) };
}

/// A runtime whose clocks move on by a nanosecond each time that they are read.
#[derive(Debug)]
pub(crate) struct ByHand;

pub(crate) type EventLog = sse_driver::EventLog<ByHand>;
pub(crate) type Session = sse_driver::Session<ByHand>;

impl Runtime for ByHand {
    type Timer = Clock;
    type Io<S> = S;

    fn io<S>(stream: S) -> S {
        stream
    }
}

#[derive(Debug, Default)]
pub(crate) struct Clock(Cell<Duration>);

impl Timer for Clock {
    fn now(&self) -> Timestamp {
        self.0.set(self.0.get() + Duration::from_nanos(1));
        Timestamp::new(self.0.get())
    }

    fn poll_until(&mut self, _: &mut Context<'_>, _: Timestamp) -> Poll<()> {
        Poll::Pending
    }

    fn seed(&self) -> u64 {
        assert!(!WITHOUT_SEED.get(), "no seed");
        0
    }
}

/// Polls a session once.
pub(crate) fn poll(session: &mut Session) -> Poll<Option<io::Result<Bytes>>> {
    session.poll_bytes(&mut Context::from_waker(Waker::noop()))
}
