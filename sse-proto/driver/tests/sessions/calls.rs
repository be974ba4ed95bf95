//! Code of the application that uses the log while it is called.

use core::{
    fmt::{self, Write},
    time::Duration,
};
use std::{sync::mpsc, thread};

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
