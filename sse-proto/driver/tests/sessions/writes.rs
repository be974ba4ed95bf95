//! Writers that are not ready at once.

use core::{
    convert::Infallible,
    future::Future,
    pin::pin,
    task::{Context, Poll},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
};

use sse_driver::{SessionConfig, transport::Write};

use crate::runtime::Session;

/// A writer that takes something only while it may.
struct Gate {
    writes: Arc<AtomicBool>,
    flushes: Arc<AtomicBool>,
}

fn pass<T>(gate: &AtomicBool, value: T) -> Poll<Result<T, Infallible>> {
    if gate.load(Ordering::Relaxed) { Poll::Ready(Ok(value)) } else { Poll::Pending }
}

impl Write for Gate {
    type Error = Infallible;

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Infallible>> {
        pass(&self.writes, bytes.len())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        pass(&self.flushes, ())
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn the_last_flush_is_waited_for() {
    for source in ["channel", "handler", "log"] {
        let log = crate::runtime::EventLog::default();
        let session = match source {
            "channel" => Session::channel(SessionConfig::new()).1,
            "handler" => Session::run(SessionConfig::new(), async |_| {}),
            _ => {
                log.close();
                log.session().open()
            }
        };
        let flushes = Arc::new(AtomicBool::new(false));
        let gate = Gate { writes: Arc::new(AtomicBool::new(true)), flushes: Arc::clone(&flushes) };
        let mut writing = pin!(session.write_to(gate));
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(writing.as_mut().poll(&mut cx), Poll::Pending, "{source}");
        flushes.store(true, Ordering::Relaxed);
        assert_eq!(writing.as_mut().poll(&mut cx), Poll::Ready(Ok(())), "{source}");
    }
}

#[test]
fn a_sender_that_breaks_off_wakes_a_writer_whose_peer_takes_nothing() {
    let (sender, session) = Session::channel(SessionConfig::new().write_timeout(None));
    let gate = Gate { writes: Arc::default(), flushes: Arc::default() };
    let mut writing = pin!(session.write_to(gate));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(writing.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    // More to send is nothing to wake it for.
    sender.try_send("a").unwrap();
    assert!(!woken.0.load(Ordering::Relaxed));
    sender.abort("the upstream broke");
    assert!(woken.0.load(Ordering::Relaxed));
}
