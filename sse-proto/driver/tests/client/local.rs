//! Transports that can be sent to other threads, and transports that cannot.

use core::{cell::Cell, future::Future};
use std::rc::Rc;

use sse_driver::{EventSource, transport::Response};
use sse_proto::client::{Request, ResponseHead};

use crate::{
    Source, config, now,
    script::{Clock, LocalBody},
};

#[test]
fn a_transport_may_belong_to_its_thread() {
    let reads = Rc::new(Cell::new(0));
    let seen = Rc::clone(&reads);
    let transport = move |_: Request| {
        let body = LocalBody(Rc::clone(&seen));
        async move {
            let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
            Ok(Response { head: ResponseHead { status: 200, headers }, body })
        }
    };
    let mut source = EventSource::with_timer(config().max_reconnections(0), transport, Clock::default());
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "local");
    assert!(now(source.next()).is_none());
    assert_eq!(reads.get(), 2);
}

#[test]
fn a_source_and_its_futures_can_be_sent_if_the_transport_can() {
    fn check(_: &(impl Send + ?Sized)) {}
    fn check_next<'a>(source: &'a mut Source) -> impl Future + Send + 'a {
        source.next()
    }
    fn check_next_ref<'a>(source: &'a mut Source) -> impl Future + Send + 'a {
        source.next_ref()
    }

    let (mut source, _, _) = crate::source(config(), Vec::new());
    source = source.prepare(|request| async move { Ok(request) });
    check(&source);
    drop(check_next(&mut source));
    drop(check_next_ref(&mut source));
}
