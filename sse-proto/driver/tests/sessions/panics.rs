//! Panics of the application's code.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use sse_driver::server::{CloseReason, LogConfig, Observer, SessionInfo, SessionTotals};

use crate::runtime::{EventLog, WITHOUT_SEED, poll};

/// Panics at each report but that of a resumption, and that of the opening if it should not.
struct Panicking {
    when_opened: bool,
}

impl Observer for Panicking {
    fn opened(&self, _: &SessionInfo<'_>) {
        assert!(!self.when_opened, "opened");
    }

    fn lagged(&self, _: &SessionInfo<'_>, _: u64) {
        panic!("lagged");
    }

    fn closed(&self, _: &SessionInfo<'_>, _: CloseReason, _: SessionTotals) {
        panic!("closed");
    }
}

/// Returns the message of the panic that this ends with.
pub(crate) fn panic_of(run: impl FnOnce()) -> &'static str {
    catch_unwind(AssertUnwindSafe(run)).unwrap_err().downcast_ref::<&str>().copied().unwrap()
}

#[test]
fn an_observer_that_panics_twice_does_not_abort_the_process() {
    let log = EventLog::new(LogConfig::new().events(1));
    log.observe(Panicking { when_opened: true });
    assert_eq!(panic_of(|| drop(log.session().open())), "opened");
    log.observe(Panicking { when_opened: false });
    let mut session = log.session().open();
    for number in 0..5 {
        log.publish(format!("{number}")).unwrap();
    }
    assert_eq!(panic_of(move || while poll(&mut session).is_ready() {}), "lagged");
    assert_eq!(log.sessions(), 0);
}

#[test]
fn a_panic_of_an_observer_at_the_end_of_a_session_is_passed_on() {
    let log = EventLog::default();
    log.observe(Panicking { when_opened: false });
    let session = log.session().open();
    assert_eq!(panic_of(|| drop(session)), "closed");
    assert_eq!(log.sessions(), 0);
}

#[test]
fn a_session_that_panics_while_it_is_opened_does_not_count() {
    let log = EventLog::default();
    WITHOUT_SEED.set(true);
    assert_eq!(panic_of(|| drop(log.session().key("user").open_at_most(1))), "no seed");
    WITHOUT_SEED.set(false);
    assert_eq!((log.sessions(), log.sessions_of("user")), (0, 0));
    assert!(log.session().key("user").open_at_most(1).is_ok());
}
