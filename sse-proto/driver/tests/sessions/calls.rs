//! Code of the application that uses the log while it is called.

use core::{
    fmt::{self, Write},
    time::Duration,
};
use std::{
    sync::{Arc, Mutex, mpsc},
    task::{Context, Wake, Waker},
    thread,
};

use sse_driver::server::{Entry, StartAt};

use crate::runtime::EventLog;

/// Runs this in a thread of its own, and waits long only where it has locked itself out.
fn ends(run: impl FnOnce() + Send + 'static) {
    let (done, waiting) = mpsc::channel();
    thread::spawn(move || {
        run();
        done.send(()).unwrap();
    });
    waiting.recv_timeout(Duration::from_secs(20)).unwrap();
}

#[test]
fn what_a_log_is_formatted_into_may_use_it() {
    struct Publishes(EventLog);

    impl Write for Publishes {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.publish(text).map(drop).map_err(|_| fmt::Error)
        }
    }

    ends(|| {
        let log = EventLog::default();
        write!(Publishes(log.clone()), "{log:?}").unwrap();
    });
}

#[test]
fn a_waker_is_cloned_before_the_log_is_locked() {
    struct Task;

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    let task = Arc::new(Task);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = EventLog::default();
    // A filter is called with the log locked.
    let filter = {
        let (task, seen) = (Arc::downgrade(&task), Arc::clone(&seen));
        move |_: &Entry<'_>| {
            seen.lock().unwrap().push(task.strong_count());
            true
        }
    };
    let mut session = log.session().filter(filter).start_at(StartAt::Oldest).open();
    log.publish("hello").unwrap();
    let waker = Waker::from(task);
    while session.poll_bytes(&mut Context::from_waker(&waker)).is_ready() {}
    assert_eq!(*seen.lock().unwrap(), [2], "the waker and its clone");
}
