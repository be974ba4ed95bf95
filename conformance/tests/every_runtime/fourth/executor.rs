//! Tasks of one thread. A task that waits for a socket is woken every millisecond to ask again, because the standard
//! library cannot wait for several sockets at once.

use core::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    collections::BTreeMap,
    mem,
    sync::Arc,
    task::Wake,
    thread::{self, Thread},
    time::Instant,
};

use sse_proto::Timestamp;

/// How often sockets are asked.
const TICK: Duration = Duration::from_millis(1);

thread_local! {
    static SPAWNED: RefCell<Vec<Task>> = RefCell::default();
    /// The tasks that wait for a socket or a moment: when each is woken, by the number of its place.
    static WAITING: RefCell<BTreeMap<u64, (Instant, Waker)>> = RefCell::default();
}

/// A task that is polled when it was woken.
struct Task {
    work: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
}

/// Whether a task was woken since it was polled, and the thread that polls it.
struct Woken {
    is_set: AtomicBool,
    thread: Thread,
}

impl Woken {
    fn new() -> Arc<Self> {
        Arc::new(Self { is_set: AtomicBool::new(true), thread: thread::current() })
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        if !self.is_set.swap(true, Ordering::AcqRel) {
            self.thread.unpark();
        }
    }
}

/// Polls the work if it was woken.
fn poll<T>(work: Pin<&mut (impl Future<Output = T> + ?Sized)>, woken: &Arc<Woken>) -> Poll<T> {
    if !woken.is_set.swap(false, Ordering::AcqRel) {
        return Poll::Pending;
    }
    work.poll(&mut Context::from_waker(&Waker::from(Arc::clone(woken))))
}

/// Runs `main` and all tasks until `main` is done. The tasks end then.
pub(super) fn block_on<T>(main: impl Future<Output = T>) -> T {
    let mut main = pin!(main);
    let woken = Woken::new();
    let mut tasks: Vec<Task> = Vec::new();
    loop {
        if let Poll::Ready(done) = poll(main.as_mut(), &woken) {
            return done;
        }
        tasks.retain_mut(|task| poll(task.work.as_mut(), &task.woken).is_pending());
        tasks.append(&mut SPAWNED.take());
        let marks = tasks.iter().map(|task| &task.woken).chain([&woken]);
        if !marks.into_iter().any(|woken| woken.is_set.load(Ordering::Acquire)) {
            rest();
        }
        wake_due();
    }
}

/// Starts a task of this thread.
pub(super) fn spawn(work: impl Future<Output = ()> + 'static) {
    SPAWNED.with_borrow_mut(|tasks| tasks.push(Task { work: Box::pin(work), woken: Woken::new() }));
}

/// Sleeps until a task is woken, or the time of one that waits has come.
fn rest() {
    let next = WAITING.with_borrow(|waiting| waiting.values().map(|(until, _)| *until).min());
    match next {
        None => thread::park(),
        Some(next) => thread::park_timeout(next.saturating_duration_since(Instant::now())),
    }
}

/// Wakes the tasks whose time has come.
fn wake_due() {
    let now = Instant::now();
    let due = WAITING.with_borrow_mut(|waiting| {
        let (due, later) = mem::take(waiting).into_iter().partition(|(_, (until, _))| *until <= now);
        *waiting = later;
        due
    });
    BTreeMap::into_values(due).for_each(|(_, waker)| waker.wake());
}

/// A place among the tasks that wait.
#[derive(Debug)]
pub(super) struct Place(u64);

impl Default for Place {
    fn default() -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        Self(NUMBERS.fetch_add(1, Ordering::Relaxed))
    }
}

impl Place {
    /// Has the task woken after a tick.
    pub(super) fn wait_for_socket(&self, cx: &Context<'_>) {
        self.wait(cx, Instant::now() + TICK);
    }

    /// Has the task woken at this moment.
    fn wait(&self, cx: &Context<'_>, until: Instant) {
        WAITING.with_borrow_mut(|waiting| waiting.insert(self.0, (until, cx.waker().clone())));
    }
}

impl Drop for Place {
    /// Removes the task that waits here. One that waits in another thread is woken once more.
    fn drop(&mut self) {
        let waiting = WAITING.try_with(|waiting| waiting.borrow_mut().remove(&self.0));
        drop(waiting);
    }
}

/// A clock that starts when it is made, and one alarm.
#[derive(Debug)]
pub(crate) struct Timer {
    epoch: Instant,
    place: Place,
}

impl Default for Timer {
    fn default() -> Self {
        Self { epoch: Instant::now(), place: Place::default() }
    }
}

impl sse_driver::transport::Timer for Timer {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.epoch.elapsed())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        if deadline <= self.now() {
            return Poll::Ready(());
        }
        // A moment that no clock can name does not come.
        if let Some(until) = self.epoch.checked_add(deadline.since_epoch()) {
            self.place.wait(cx, until);
        }
        Poll::Pending
    }

    fn seed(&self) -> u64 {
        self.place.0
    }
}

pub(super) async fn sleep(time: Duration) {
    let mut timer = Timer::default();
    poll_fn(|cx| sse_driver::transport::Timer::poll_until(&mut timer, cx, Timestamp::new(time))).await;
}
