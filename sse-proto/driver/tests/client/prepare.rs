//! The hook that is asked for each request.

use core::future::pending;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use sse_proto::client::{FailReason, Loss, NetworkError, Request};

use crate::{
    Change, config, now, opened, poll,
    script::{Answer, Step},
    secs, source,
};

#[test]
fn a_fresh_token_goes_out_with_every_attempt() {
    let answers = vec![Answer::Error("refused"), opened(vec![Step::End]), Answer::Never];
    let (source, clock, script) = source(config(), answers);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let mut source = source.prepare(move |mut request: Request| {
        seen.lock().unwrap().push((request.attempt, request.cause));
        let token = format!("Bearer {}", request.attempt);
        async move {
            request.headers.set("Authorization", token)?;
            Ok(request)
        }
    });
    for _ in 0..2 {
        loop {
            match now(source.next_change()).unwrap() {
                Change::Reestablishing { delay, .. } => break clock.pass(delay),
                Change::Open(_) => {}
                change => panic!("{change:?}"),
            }
        }
    }
    assert!(poll(source.next_change()).is_pending());
    let end = Loss::End { in_mid_event: false };
    assert_eq!(*asked.lock().unwrap(), [(0, None), (1, Some(Loss::Unreachable)), (2, Some(end))]);
    let tokens = script
        .requests()
        .iter()
        .map(|request| request.headers.value("authorization").unwrap().to_vec())
        .collect::<Vec<_>>();
    assert_eq!(tokens, [b"Bearer 0", b"Bearer 1", b"Bearer 2"]);
}

#[test]
fn a_redirect_is_not_asked_for_again() {
    let answers = vec![Answer::Redirect("/x"), Answer::Redirect("http://away.example/"), Answer::Never];
    let (source, _, script) = source(config(), answers);
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let mut source = source.prepare(move |mut request| {
        count.fetch_add(1, Ordering::Relaxed);
        request.headers.append("Authorization", "Bearer 1").unwrap();
        core::future::ready(Ok(request))
    });
    assert!(poll(source.next()).is_pending());
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // What was put in goes along, but not to another origin (D-10).
    let sent = script.requests();
    let token = |number: usize| sent[number].headers.value("authorization");
    assert_eq!([token(0), token(1), token(2)], [Some(&b"Bearer 1"[..]), Some(b"Bearer 1"), None]);
    assert_eq!(sent[1].url, "http://example.com/x");
}

#[test]
fn an_error_of_the_hook_is_one_of_the_network() {
    let errors = [Err(NetworkError::Transient), Err(NetworkError::Aborted)];
    let (source, clock, script) = source(config().method("POST").unwrap(), Vec::new());
    let mut errors = errors.into_iter();
    let mut source = source.prepare(move |_| core::future::ready(errors.next().unwrap()));
    let Some(Change::Reestablishing { cause, delay, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::Unreachable);
    clock.pass(delay);
    assert_eq!(now(source.next()).unwrap().unwrap_err().reason, FailReason::Aborted);
    assert!(script.requests().is_empty());
}

#[test]
fn a_hook_that_never_comes_back_is_given_up() {
    let (source, clock, script) = source(config().connect_timeout(secs(5)), Vec::new());
    let mut source = source.prepare(|_| pending());
    assert!(poll(source.next_change()).is_pending());
    clock.pass(secs(5));
    let Some(Change::Reestablishing { cause, .. }) = now(source.next_change()) else { panic!() };
    assert_eq!(cause, Loss::ConnectTimeout);
    assert!(script.requests().is_empty());
}
