//! What receiving costs the heap: borrowed events next to nothing, and owned ones that are kept little more than their
//! text, whether they come one at a time or many at once. What hostile servers make HTTP keep is bounded.
//!
//! One test, because the counting allocator counts for the whole process.

#[macro_use]
mod every_runtime;
mod heap;

use core::{
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::io;

use sse_conformance::runtimes::{Duplex, Memory, UnderTest};
use sse_driver::{
    EventReader, EventSource,
    transport::{HttpConnector, Socket, Target},
};
use sse_proto::client::ClientConfig;

const EVENTS: usize = 2000;

macro_rules! check {
    ($text:expr, $events:expr, $($name:tt)*) => {
        let mut events = $events;
        let mut borrow = |count| block_on(async {
            for _ in 0..count {
                let event = events.next_ref().await.expect("no end").expect("no error");
                assert_eq!(event.data().len(), $text);
            }
        });
        borrow(EVENTS);
        let ((), borrowed) = heap::measure(|| borrow(EVENTS));
        let mut kept = Vec::with_capacity(EVENTS);
        let ((), owned) = heap::measure(|| block_on(async {
            for _ in 0..EVENTS {
                kept.push(events.next().await.expect("no end").expect("no error"));
            }
        }));
        let name = format!($($name)*);
        println!("{name}: {} allocations, {} bytes", borrowed.count as f64 / EVENTS as f64, owned.kept / EVENTS);
        assert!(borrowed.count <= EVENTS / 5, "{name}: {} allocations for {EVENTS} events", borrowed.count);
        assert!(owned.kept <= EVENTS * ($text + 256), "{name}: {} bytes kept for each event", owned.kept / EVENTS);
    };
}

#[test]
fn clients_keep_little() {
    macro_rules! check_runtime {
        ($module:ident $runtime:path, ()) => {
            // Around the timers, which are never waited for.
            <$runtime>::block_on(async {
                events_cost_little_more_than_their_text::<$runtime>();
                hostile_servers_cost_some_blocks::<$runtime>();
            });
        };
    }
    for_every_runtime!(check_runtime!());
}

fn events_cost_little_more_than_their_text<R: UnderTest>() {
    let runtime = R::NAME;
    for text in [20, 200, 1000] {
        let event = format!("data: {}\n\n", "x".repeat(text));
        for many in [false, true] {
            let come = if many { "many at once" } else { "alone" };
            let wire = || Wire::new("", &event, many);
            let reader = EventReader::<R::Io<Memory>>::new(Memory::new(wire()));
            check!(text, reader, "{runtime}: reader, {text} bytes, {come}");

            let chunk = if many { event.repeat(60_000 / event.len()) } else { event.clone() };
            let chunked = format!("{:x}\r\n{chunk}\r\n", chunk.len());
            let bodies = [("chunks", "Transfer-Encoding: chunked\r\n", &chunked), ("no chunks", "", &event)];
            for (framing, field, body) in bodies {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{field}\r\n");
                let wire = Wire::new(&head, body, many);
                let dial = move |_: Target| core::future::ready(Ok(Socket::new(R::io(Memory::new(wire.clone())))));
                let config = ClientConfig::get("http://localhost/").expect("a URL");
                let source = EventSource::<_, R::Timer>::new(config, HttpConnector::new(dial));
                check!(text, source, "{runtime}: HTTP with {framing}, {text} bytes, {come}");
            }
        }
    }
}

/// HTTP receives up to 64 KiB at once, and a head of no more; while one such block is read, the next one may be there. The
/// wrapper of streams with the traits of `futures_io` has one more, because they take initialised memory only.
fn hostile_servers_cost_some_blocks<R: UnderTest>() {
    let runtime = R::NAME;
    let opened = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
    let streams = [
        ("a head without end", opened.to_owned(), "X: 1234567890\r\n", false),
        ("a header field without end", format!("{opened}X:"), "x", false),
        ("comments", format!("{opened}\r\n"), ": x\n\n", true),
        ("lines without a meaning", format!("{opened}\r\n"), "xxxxxxx: y\n", true),
        ("a line without end and without a meaning", format!("{opened}\r\n"), "x", true),
        ("chunks of comments", format!("{opened}Transfer-Encoding: chunked\r\n\r\n"), "3\r\n:x\n\r\n", true),
    ];
    for (name, head, cycle, endless) in streams {
        let wire = Wire::new(&head, &cycle.repeat(1000), true);
        let dial = move |_: Target| core::future::ready(Ok(Socket::new(R::io(Memory::new(wire.clone())))));
        let config = ClientConfig::get("http://localhost/").expect("a URL");
        let mut events = EventSource::<_, R::Timer>::new(config, HttpConnector::new(dial));
        let (ended, used) = heap::measure(|| {
            let waker = waker();
            let mut next = pin!(events.next());
            // Each of these polls reads 256 KiB.
            (0..40).any(|_| next.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() || !endless)
        });
        println!("{runtime}: {name}: {} bytes at most, {} stay", used.peak, used.kept);
        assert_eq!(ended, !endless, "{runtime}: {name}");
        assert!(used.peak <= 5 * 64 * 1024, "{runtime}: {name}: {} bytes at most", used.peak);
        assert!(used.kept <= 4 * 64 * 1024, "{runtime}: {name}: {} bytes stay", used.kept);
    }
}

/// Polls until the work is done: what it waits for is there at the next poll.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let waker = waker();
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
    }
}

/// A waker of nobody, which is not that of those who only look.
fn waker() -> Waker {
    struct Nobody;

    impl std::task::Wake for Nobody {
        fn wake(self: std::sync::Arc<Self>) {}
    }

    Waker::from(std::sync::Arc::new(Nobody))
}

/// A connection that brings a head and then the same bytes for ever: with each read as much as there is room for, or once
/// those bytes, after a wait.
#[derive(Clone)]
struct Wire {
    head: Vec<u8>,
    cycle: Vec<u8>,
    at: usize,
    many: bool,
    waited: bool,
    /// A server says nothing before it is asked.
    asked: bool,
}

impl Wire {
    fn new(head: &str, cycle: &str, many: bool) -> Self {
        Self { head: head.into(), cycle: cycle.into(), at: 0, many, waited: false, asked: head.is_empty() }
    }

    fn poll(&mut self, room: usize, mut put: impl FnMut(&[u8])) -> Poll<io::Result<()>> {
        if !self.asked {
            return Poll::Pending;
        }
        if !self.head.is_empty() {
            put(&core::mem::take(&mut self.head));
            return Poll::Ready(Ok(()));
        }
        self.waited = !self.waited;
        if self.waited && !self.many && self.at == 0 {
            return Poll::Pending;
        }
        let mut left = room;
        while left > 0 {
            let part = &self.cycle[self.at..];
            let part = &part[..part.len().min(left)];
            put(part);
            left -= part.len();
            self.at = (self.at + part.len()) % self.cycle.len();
            if !self.many && self.at == 0 {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Duplex for Wire {
    fn poll_read(&mut self, _: &mut Context<'_>, room: usize, put: &mut dyn FnMut(&[u8])) -> Poll<io::Result<()>> {
        self.poll(room, put)
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        Poll::Ready(Ok(bytes.len()))
    }
}
