//! The timers of the runtimes: one wake-up for each, none after it is dropped, and no threads of their own.

#[path = "../every_runtime/mod.rs"]
#[macro_use]
mod every_runtime;

use core::{
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
};

use sse_conformance::runtimes::UnderTest;
use sse_driver::transport::Timer;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Sets 500 timers and drops half of them, and sleeps to let the runtime work.
async fn check<R: UnderTest>() {
    let runtime = R::NAME;
    const COUNT: usize = 500;
    let time = Duration::from_millis(200);
    R::sleep(Duration::from_millis(1)).await;
    let threads = threads();

    let [kept, dropped] = [(); 2].map(|()| Arc::new(Wakes::default()));
    let set = |wakes: &Arc<Wakes>| -> Vec<R::Timer> {
        let waker = Waker::from(Arc::clone(wakes));
        let mut context = Context::from_waker(&waker);
        let mut timers: Vec<R::Timer> = (0..COUNT).map(|_| R::Timer::default()).collect();
        for timer in &mut timers {
            let deadline = timer.now() + time;
            // What was set before does not count any more.
            assert_eq!(timer.poll_until(&mut context, timer.now() + time / 2), Poll::Pending, "{runtime}");
            assert_eq!(timer.poll_until(&mut context, deadline), Poll::Pending, "{runtime}");
        }
        timers
    };
    let timers = set(&kept);
    drop(set(&dropped));
    R::sleep(2 * time).await;

    assert_eq!(dropped.0.load(Ordering::SeqCst), 0, "{runtime}: wake-ups from timers that are gone");
    assert_eq!(kept.0.load(Ordering::SeqCst), COUNT, "{runtime}: wake-ups from timers that are there");
    if let (Some(before), Some(after)) = (threads, self::threads()) {
        assert!(after <= before, "{runtime}: {before} threads before, {after} with {COUNT} timers");
    }
    drop(timers);
}

/// How many threads this process has, where that can be read.
fn threads() -> Option<usize> {
    fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}

/// One test, because the threads of another one would count.
#[test]
fn timers_wake_once_or_not_at_all() {
    macro_rules! check {
        ($module:ident $runtime:path, ()) => {
            <$runtime>::block_on(check::<$runtime>());
        };
    }
    for_every_runtime!(check!());
}
