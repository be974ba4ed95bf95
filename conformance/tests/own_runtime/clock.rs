//! An executor whose time is a number: it goes on to the next deadline when there is nothing else to do.

use core::{
    cell::{Cell, RefCell},
    future::Future,
    mem,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{collections::BTreeMap, sync::Arc, task::Wake};

use sse_proto::Timestamp;

thread_local! {
    static NOW: Cell<Timestamp> = Cell::default();
    static ALARMS: RefCell<BTreeMap<u64, (Timestamp, Waker)>> = RefCell::default();
    static TIMERS: Cell<u64> = Cell::default();
    static TASKS: RefCell<Vec<Task>> = RefCell::default();
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

pub(crate) fn now() -> Timestamp {
    NOW.get()
}

/// Runs beside whatever [`run`] runs.
pub(crate) fn spawn(work: impl Future<Output = ()> + 'static) {
    TASKS.with_borrow_mut(|tasks| tasks.push(Box::pin(work)));
}

pub(crate) async fn sleep(time: Duration) {
    let mut timer = Timer::default();
    let deadline = now() + time;
    core::future::poll_fn(|cx| sse_driver::transport::Timer::poll_until(&mut timer, cx, deadline)).await;
}

/// Runs until `main` is ready. What was spawned ends there, too.
pub(crate) fn run<T>(main: impl Future<Output = T>) -> T {
    let mut main = pin!(main);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(done) = main.as_mut().poll(&mut context) {
            drop(TASKS.take());
            return done;
        }
        let mut tasks = TASKS.take();
        tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
        TASKS.with_borrow_mut(|spawned| tasks.append(spawned));
        TASKS.set(tasks);
        if !woken.0.swap(false, Ordering::Relaxed) {
            let next = ALARMS.with_borrow(|alarms| alarms.values().map(|(deadline, _)| *deadline).min());
            NOW.set(next.expect("somebody waits for what never comes"));
        }
        let due = ALARMS.with_borrow_mut(|alarms| {
            let (due, later) = mem::take(alarms).into_iter().partition(|(_, (deadline, _))| *deadline <= now());
            *alarms = later;
            due
        });
        BTreeMap::into_values(due).for_each(|(_, waker)| waker.wake());
    }
}

/// Polls until it is ready, or waits for something from elsewhere.
pub(crate) fn settle<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    loop {
        match poll(&mut Context::from_waker(&waker)) {
            Poll::Pending if woken.0.swap(false, Ordering::Relaxed) => {}
            polled => return polled,
        }
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One of the four traits: a clock with an alarm.
#[derive(Debug)]
pub(crate) struct Timer {
    number: u64,
}

impl Default for Timer {
    fn default() -> Self {
        TIMERS.set(TIMERS.get() + 1);
        Self { number: TIMERS.get() }
    }
}

impl sse_driver::transport::Timer for Timer {
    fn now(&self) -> Timestamp {
        now()
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        if deadline <= now() {
            return Poll::Ready(());
        }
        ALARMS.with_borrow_mut(|alarms| alarms.insert(self.number, (deadline, cx.waker().clone())));
        Poll::Pending
    }

    fn seed(&self) -> u64 {
        self.number
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        ALARMS.with_borrow_mut(|alarms| alarms.remove(&self.number));
    }
}
