//! Heartbeats that the application makes.

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    task::Context,
    time::Duration,
};
use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use sse_driver::{Message, SessionConfig, server::Heartbeat};

use crate::runtime::{Session, poll};

/// The number of times that a task was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn empty_heartbeats_that_are_always_due_leave_others_their_turn() {
    let mut made = 0;
    let make = move || {
        made += 1;
        assert!(made < 1000, "the session never returns");
        Message::new()
    };
    let each_nanosecond = Heartbeat::fixed(Duration::from_nanos(1));
    let (_sender, session) = Session::channel(SessionConfig::new().heartbeat(each_nanosecond.clone()));
    let by_function = session.with_heartbeat(make);
    let (_sender, by_nobody) = Session::channel(SessionConfig::new().heartbeat(each_nanosecond.made()));
    for mut session in [by_function, by_nobody] {
        assert!(poll(&mut session).is_ready(), "the first bytes");
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        assert!(session.poll_bytes(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(wakes.0.load(Ordering::SeqCst), 1, "woken to go on");
    }
}
