//! Orders from other tasks.

use core::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    sync::{Arc, mpsc},
    task::Wake,
    thread,
};

use sse_driver::client::Handle;
use sse_proto::client::Loss;

use crate::{
    Change, config, now, opened, poll,
    script::{Answer, Step, Wakes},
    secs, source,
};

#[test]
fn a_handle_closes_the_source_from_another_thread() {
    let (mut source, _, _) = source(config(), vec![opened(vec![Step::Data("data: a\n\ndata: b\n\n"), Step::Hold])]);
    let handle = source.handle();
    assert_eq!(now(source.next()).unwrap().unwrap().data(), "a");
    thread::spawn(move || handle.close()).join().unwrap();
    // Nothing is delivered any more, though it has been received.
    assert_eq!(now(source.next()), None);
}

#[test]
fn whoever_waits_is_woken() {
    let (mut source, _, _) = source(config(), vec![opened(vec![Step::Hold])]);
    let [one, two] = [source.handle(), source.handle()];
    let wakes = Arc::new(Wakes::default());
    let waker = Arc::clone(&wakes).into();
    let mut cx = Context::from_waker(&waker);
    {
        let mut waiting = pin!(source.next());
        assert!(waiting.as_mut().poll(&mut cx).is_pending());
        assert_eq!(wakes.count(), 0);
        two.close();
        assert_eq!(wakes.count(), 1);
        assert_eq!(waiting.as_mut().poll(&mut cx), Poll::Ready(None));
    }
    drop(source);
    one.restart();
    assert_eq!(wakes.count(), 1);
}

#[test]
fn a_task_may_close_the_source_when_its_waker_is_dropped() {
    struct Closes(Handle);

    impl Wake for Closes {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Closes {
        fn drop(&mut self) {
            self.0.close();
        }
    }

    let (done, waiting) = mpsc::channel();
    thread::spawn(move || {
        let (mut source, _, _) = source(config(), vec![opened(vec![Step::Hold])]);
        let waker = Waker::from(Arc::new(Closes(source.handle())));
        assert!(pin!(source.next()).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        // Another task waits in its place, and drops the last of its wakers.
        done.send(now(source.next())).unwrap();
    });
    // The wait is long only where the thread has locked itself out.
    assert_eq!(waiting.recv_timeout(Duration::from_secs(20)).unwrap(), None);
}

#[test]
fn a_handle_restarts_the_source() {
    let answers = vec![opened(vec![Step::Hold]), Answer::Never];
    let (mut source, _, script) = source(config(), answers);
    let handle = source.handle();
    assert!(matches!(now(source.next_change()), Some(Change::Open(_))));
    handle.clone().restart();
    let Some(Change::Reestablishing { cause, delay, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!((cause, delay.is_zero()), (Loss::Restarted, true));
    assert!(poll(source.next_change()).is_pending());
    assert_eq!(script.requests().len(), 2);
    // A wait and a request under way are cut short as well.
    handle.restart();
    assert!(matches!(now(source.next_change()), Some(Change::Reestablishing { cause: Loss::Restarted, .. })));
    assert_eq!(script.dropped(), 1);
    handle.restart();
    handle.close();
    assert_eq!(now(source.next_change()), Some(Change::Closed));
    assert_eq!(now(source.next_change()), None);
}

#[test]
fn the_source_restarts_and_closes_by_itself_too() {
    let (mut source, _, script) = source(config(), vec![Answer::Never, opened(vec![Step::Hold])]);
    assert!(poll(source.next_change()).is_pending());
    source.restart();
    assert_eq!(script.dropped(), 1);
    assert!(matches!(now(source.next_change()), Some(Change::Reestablishing { cause: Loss::Restarted, .. })));
    assert!(matches!(now(source.next_change()), Some(Change::Open(_))));
    source.close();
    assert_eq!(now(source.next_change()), Some(Change::Closed));
}

#[test]
fn a_handle_can_be_sent_and_shared() {
    fn check<T: Clone + Send + Sync>() {}
    check::<Handle>();
}

/// What a restart may take begins with the restart, however long ago the last bytes came.
#[test]
fn a_restart_after_a_silence_has_its_whole_time() {
    for by_handle in [false, true] {
        let answers = vec![opened(vec![Step::Hold]), Answer::Error("refused"), Answer::Never];
        let config = config().connect_timeout(secs(1)).head_timeout(secs(1)).give_up_after(secs(20));
        let (mut source, clock, _) = source(config, answers);
        let handle = source.handle();
        assert!(matches!(now(source.next_change()), Some(Change::Open(_))));
        assert!(poll(source.next_change()).is_pending());
        clock.pass(secs(100));
        if by_handle {
            handle.restart();
        } else {
            source.restart();
        }
        let Some(Change::Reestablishing { cause: Loss::Restarted, .. }) = now(source.next_change()) else { panic!() };
        // Refused, but not given up.
        let Some(Change::Reestablishing { delay, .. }) = now(source.next_change()) else { panic!() };
        clock.pass(delay);
        assert!(poll(source.next_change()).is_pending());
        assert_eq!(clock.alarm().unwrap().since_epoch(), secs(101) + delay);
    }
}

/// The time of a request does not run while the application thinks about what came before.
#[test]
fn a_request_has_its_whole_time_after_a_slow_application() {
    let (mut source, clock, _) = source(config().head_timeout(secs(1)), vec![opened(vec![Step::Hold]), Answer::Never]);
    assert!(matches!(now(source.next_change()), Some(Change::Open(_))));
    source.restart();
    assert!(matches!(now(source.next_change()), Some(Change::Reestablishing { .. })));
    clock.pass(secs(100));
    assert!(poll(source.next_change()).is_pending());
    assert_eq!(clock.alarm().unwrap().since_epoch(), secs(101));
}
