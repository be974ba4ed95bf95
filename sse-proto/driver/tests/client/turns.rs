//! A server that sends without a pause does not keep the thread, however the caller asks for what it sends.

use core::{
    cell::Cell,
    convert::Infallible,
    future::ready,
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::{rc::Rc, sync::Arc};

use sse_driver::{
    EventReader, EventSource,
    transport::{Read, Response},
};
use sse_proto::{
    bytes::Bytes,
    client::{Request, ResponseHead},
};

use crate::{
    config,
    script::{Clock, Wakes},
};

/// A stream that never ends and never waits: the same block over and over.
#[derive(Clone)]
struct Endless {
    block: Bytes,
    reads: Rc<Cell<usize>>,
}

impl Endless {
    fn new(text: &str, times: usize) -> Self {
        Self { block: text.repeat(times).into(), reads: Rc::default() }
    }
}

impl Read for Endless {
    type Error = Infallible;

    fn poll_read(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Infallible>> {
        self.reads.set(self.reads.get() + 1);
        assert!(self.reads.get() <= 1000, "nobody yields");
        Poll::Ready(Ok(Some(self.block.clone())))
    }
}

/// Streams of one kind of thing each, in blocks of few bytes and of many.
fn streams() -> impl Iterator<Item = (&'static str, usize, Endless)> {
    let texts = ["data: x\n\n", ": x\n\n", "retry: 1\n\n", "id: 1\n\n", "event: other\ndata: x\n\n", "x\n"];
    texts.into_iter().flat_map(|text| [1, 2000].map(|times| (text, times, Endless::new(text, times))))
}

/// Runs endless work until it has yielded three times, and asserts that it reads on each time, and not too much.
fn check(name: &str, stream: &Endless, work: impl Future<Output = ()>) {
    stream.reads.set(0);
    let mut work = pin!(work);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    for turn in 1..=3 {
        let before = stream.reads.get();
        assert!(work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending(), "{name}");
        let reads = stream.reads.get() - before;
        let read = reads * stream.block.len();
        let most = 256 * 1024 + stream.block.len();
        assert!((1..=64).contains(&reads) && read <= most, "{name}: {reads} reads, {read} bytes");
        assert_eq!(wakes.count(), turn, "{name}: the task is woken to go on, and for nothing else");
    }
}

fn source(stream: &Endless) -> EventSource<impl sse_driver::transport::Connect<Error = Infallible>, Clock> {
    let body = stream.clone();
    let transport = move |_: Request| {
        let headers = [("Content-Type", "text/event-stream")].into_iter().collect();
        ready(Ok(Response { head: ResponseHead { status: 200, headers }, body: body.clone() }))
    };
    let report = sse_proto::Report::ALL;
    EventSource::with_timer(config().report(report), transport, Clock::default())
}

#[test]
fn a_client_yields_while_events_are_at_hand() {
    for (text, times, stream) in streams() {
        let name = format!("{text:?} {times} times");
        let mut events = source(&stream);
        check(&name, &stream, async { while events.next().await.is_some() {} });
        let mut events = source(&stream);
        check(&name, &stream, async { while events.next_ref().await.is_some() {} });
        let mut events = source(&stream);
        check(&name, &stream, async { while events.next_change().await.is_some() {} });
        let mut events = source(&stream);
        check(&name, &stream, async { while events.next_of("message").await.is_some() {} });
    }
}

#[test]
fn a_reader_yields_while_events_are_at_hand() {
    for (text, times, stream) in streams() {
        let name = format!("{text:?} {times} times");
        let mut events = EventReader::<Endless>::new(stream.clone());
        check(&name, &stream, async { while events.next().await.is_some() {} });
        let mut events = EventReader::<Endless>::new(stream.clone());
        check(&name, &stream, async { while events.next_ref().await.is_some() {} });
        let mut events = EventReader::<Endless>::new(stream.clone());
        check(&name, &stream, async { while events.next_of("message").await.is_some() {} });
    }
}

/// A stream that waits between its blocks is never held up by a turn that is over.
#[test]
fn a_wait_begins_a_new_turn() {
    struct Slow(Endless);

    impl Read for Slow {
        type Error = Infallible;

        fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Infallible>> {
            let read = self.0.poll_read(cx);
            if self.0.reads.get().is_multiple_of(2) { Poll::Pending } else { read }
        }
    }

    let stream = Endless::new("data: x\n\n", 1);
    let mut events = EventReader::<Slow>::new(Slow(stream.clone()));
    let mut work = pin!(async { while events.next().await.is_some() {} });
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    for _ in 0..200 {
        assert!(work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!((stream.reads.get(), wakes.count()), (400, 0));
}
