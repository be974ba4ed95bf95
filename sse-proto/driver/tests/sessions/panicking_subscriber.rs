//! Panics of the subscriber of `tracing`.

use core::cell::Cell;

use sse_driver::SessionConfig;
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::set_global_default,
};

use crate::{panics::panic_of, runtime::Session};

std::thread_local! {
    /// Whether reports of this thread panic.
    static PANICS: Cell<bool> = const { Cell::new(false) };
}

struct Panicking;

impl Subscriber for Panicking {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        assert!(!PANICS.get(), "a report");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_subscriber_that_panics_at_the_end_of_a_session_does_not_abort_the_process() {
    set_global_default(Panicking).unwrap();
    let (_sender, session) = Session::channel(SessionConfig::new());
    let while_unwinding = |session: Session| {
        PANICS.set(true);
        let panic = panic_of(move || {
            let _session = session;
            panic!("the task");
        });
        PANICS.set(false);
        assert_eq!(panic, "the task");
    };
    while_unwinding(session);
    #[cfg(feature = "stream")]
    {
        struct Nothing;

        impl futures_core::Stream for Nothing {
            type Item = &'static str;

            fn poll_next(
                self: core::pin::Pin<&mut Self>,
                _: &mut core::task::Context<'_>,
            ) -> core::task::Poll<Option<&'static str>> {
                core::task::Poll::Pending
            }
        }

        while_unwinding(Session::stream(SessionConfig::new(), Nothing));
    }
}
