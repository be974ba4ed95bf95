//! Transports that tell when they are connected, and transports that do not.

use sse_proto::client::{FailReason, Loss};

use crate::{
    Change, Source, config, now, opened, poll,
    script::{Answer, Clock, Script, Step},
    secs, source,
};

#[test]
fn connecting_and_waiting_for_the_answer_have_their_own_times() {
    let answers = vec![Answer::Later(Box::new(Answer::Connected(Box::new(Answer::Never)))), Answer::Never];
    let clock = Clock::default();
    let script = Script::new(answers).telling();
    let config = config().connect_timeout(secs(5)).head_timeout(secs(60));
    let mut source = Source::with_timer(config, script, clock.clone());
    assert!(poll(source.next_change()).is_pending());
    assert_eq!(clock.alarm().unwrap().since_epoch(), secs(5));
    clock.pass(secs(4));
    assert!(poll(source.next_change()).is_pending());
    clock.pass(secs(59));
    assert!(poll(source.next_change()).is_pending());
    clock.pass(secs(1));
    let Some(Change::Reestablishing { cause, delay, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::HeadTimeout);
    clock.pass(delay);
    assert!(poll(source.next_change()).is_pending());
    clock.pass(secs(5));
    let Some(Change::Reestablishing { cause, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::ConnectTimeout);
}

#[test]
fn a_transport_that_does_not_tell_has_the_time_for_the_answer() {
    let config = config().connect_timeout(secs(5)).head_timeout(secs(60));
    let (mut source, clock, script) = source(config, vec![Answer::Never]);
    assert!(poll(source.next_change()).is_pending());
    assert_eq!(clock.alarm().unwrap().since_epoch(), secs(60));
    clock.pass(secs(60));
    let Some(Change::Reestablishing { cause, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::HeadTimeout);
    // The announcement comes with the connection gone already.
    assert_eq!(script.dropped(), 1);
}

/// D-11: a refused connection is no request that was sent.
#[test]
fn a_post_that_found_no_server_is_sent_when_there_is_one() {
    let post = || config().method("POST").unwrap();
    let clock = Clock::default();
    let script = Script::new(vec![Answer::Error("refused"), opened(vec![Step::Break])]).telling();
    let mut source = Source::with_timer(post(), script.clone(), clock.clone());
    let Some(Change::Reestablishing { delay, .. }) = now(source.next_change()) else { panic!() };
    clock.pass(delay);
    assert!(matches!(now(source.next_change()), Some(Change::Open(_))));
    let failure = now(source.next()).unwrap().unwrap_err();
    assert!(matches!(failure.reason, FailReason::NotResent { .. }));
    assert_eq!((failure.error, script.requests().len()), (Some("broken"), 2));

    let (mut unknown, _, _) = crate::source(post(), vec![Answer::Error("refused")]);
    let failure = now(unknown.next()).unwrap().unwrap_err();
    assert_eq!(failure.reason, FailReason::NotResent { cause: Loss::Unreachable });
}
