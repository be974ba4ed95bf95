//! What is reestablished, and for how long.

use core::time::Duration;

use sse_proto::{
    Timestamp,
    client::{FailReason, Loss, NetworkError, Output},
};

use crate::{CLOSED, Client, config, idle, random, secs};

///
#[test]
fn an_aborted_or_impossible_request_fails_and_any_other_is_tried_again() {
    for (error, reason) in
        [(NetworkError::Aborted, FailReason::Aborted), (NetworkError::Permanent, FailReason::Permanent)]
    {
        let mut client = Client::new();
        client.request();
        client.source.handle_error(error);
        assert_eq!(client.failure(), reason);
    }
    let mut client = Client::new();
    client.request();
    client.source.handle_error(NetworkError::Transient);
    let (Loss::Unreachable, delay, 1) = client.reestablishing() else { panic!() };
    assert!(delay >= Duration::from_secs(3));
    client.reconnect();
}

/// D-04.
#[test]
fn a_lost_stream_comes_back_after_the_reconnection_time_and_not_before() {
    let mut client = Client::open();
    client.source.handle_error(NetworkError::Transient);
    let delay = Duration::from_secs(3);
    let cause = Loss::Broken { in_mid_event: false };
    assert_eq!(client.reestablishing(), (cause, delay, 1));
    let until = Timestamp::default() + delay;
    assert_eq!(client.poll(), Output::Wait { until: Some(until) });
    client.now = Timestamp::from_millis(2999);
    assert_eq!(client.poll(), Output::Wait { until: Some(until) });
    client.now = until;
    client.request();
}

/// D-07: at the end of its line, in a block that is never dispatched, and for all connections after.
#[test]
fn retry_takes_effect_at_once_and_stays() {
    let mut client = Client::open();
    client.data("retry: 5000\n");
    assert_eq!(client.poll(), idle());
    assert_eq!(client.lose(), Duration::from_secs(5));
    client.reconnect();
    client.accept();
    client.data("retry: 1000x\n");
    assert_eq!(client.poll(), idle());
    client.now = client.now + Duration::from_secs(5);
    assert_eq!(client.lose(), Duration::from_secs(5));
}

/// Reconnection can be switched off.
#[test]
fn without_reconnection_the_source_is_one_connection() {
    let once = || config().max_reconnections(0);
    let mut complete = Client::open_with(once());
    complete.data("data: a\n\n");
    complete.source.handle_end();
    assert_eq!(complete.event(), "a");
    assert_eq!(complete.poll(), CLOSED);

    let mut cut = Client::open_with(once());
    cut.data("data: a");
    cut.source.handle_end();
    let cause = Loss::End { in_mid_event: true };
    assert_eq!(cut.failure(), FailReason::GaveUp { cause, attempts: 0 });

    let mut broken = Client::open_with(once());
    broken.source.handle_error(NetworkError::Transient);
    let cause = Loss::Broken { in_mid_event: false };
    assert_eq!(broken.failure(), FailReason::GaveUp { cause, attempts: 0 });

    let mut unreachable = Client::with(once());
    unreachable.request();
    unreachable.source.handle_error(NetworkError::Transient);
    assert_eq!(unreachable.failure(), FailReason::GaveUp { cause: Loss::Unreachable, attempts: 0 });
}

/// The number of attempts in a row has a limit, and a connection that opens resets the count.
#[test]
fn so_many_attempts_in_a_row_are_made_and_no_more() {
    let mut client = Client::open_with(config().max_reconnections(3));
    for _ in 0..2 {
        client.pass(secs(5));
        client.break_off();
        for attempt in 1..=3 {
            assert_eq!(client.reconnect().attempt, attempt);
            if attempt < 3 {
                client.break_off();
            }
        }
        // The third was good, so that the count begins anew.
        client.accept();
    }
    client.pass(secs(5));
    client.break_off();
    for _ in 1..=2 {
        client.reconnect();
        client.break_off();
    }
    client.reconnect();
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::GaveUp { cause: Loss::Unreachable, attempts: 3 });
    assert_eq!(client.poll(), CLOSED);
}

/// All the attempts in a row together have a time limit.
#[test]
fn a_wait_that_would_end_too_late_is_not_begun() {
    let mut client = Client::with(config().reconnection_time(secs(1)).give_up_after(secs(30)));
    client.request();
    // 2 + 4 + 8 seconds; the next wait would end after 30.
    for _ in 0..3 {
        client.break_off();
        client.reconnect();
    }
    assert_eq!(client.now.since_epoch(), secs(14));
    client.pass(secs(1));
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::GaveUp { cause: Loss::Unreachable, attempts: 3 });
}

#[test]
fn the_time_until_giving_up_begins_with_the_loss_of_a_healthy_connection() {
    let mut client = Client::open_with(config().reconnection_time(secs(1)).give_up_after(secs(10)));
    client.pass(secs(1000));
    client.break_off();
    client.reconnect();
    client.break_off();
    client.reconnect();
    // 1 + 2 seconds are gone. A connection that falls over at once is no healthy one.
    client.accept();
    client.break_off();
    client.reconnect();
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::GaveUp { cause: Loss::Unreachable, attempts: 3 });
}

/// the first connection is no exception by default.
#[test]
fn the_first_connection_is_tried_again_unless_the_caller_does_not_want_it() {
    let mut client = Client::with(config().retry_first(false));
    client.request();
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::GaveUp { cause: Loss::Unreachable, attempts: 0 });

    let mut client = Client::open_with(config().retry_first(false));
    client.break_off();
    client.reconnect();
    client.break_off();
    client.reconnect();
}

/// Each request says which attempt it is, and why it is made.
#[test]
fn requests_know_their_number_and_their_reason() {
    let mut client = Client::new();
    let request = client.request();
    assert_eq!((request.attempt, request.cause), (0, None));
    for attempt in 1..4 {
        client.source.handle_error(NetworkError::Transient);
        assert_eq!(client.reestablishing().2, attempt);
        let request = client.reconnect();
        assert_eq!((request.attempt, request.cause), (attempt, Some(Loss::Unreachable)));
    }
    client.accept();
    client.pass(secs(5));
    client.source.handle_end();
    let cause = Loss::End { in_mid_event: false };
    assert_eq!(client.reestablishing(), (cause, secs(3), 1));
    let request = client.reconnect();
    assert_eq!((request.attempt, request.cause), (1, Some(cause)));
    client.redirect(307, "/other");
    let request = client.request();
    assert_eq!((request.attempt, request.cause, request.redirects), (1, Some(cause), 1));
}

/// what the transport calls transient may be permanent for the caller, and the other way round.
#[test]
fn the_policy_has_the_last_word_on_network_errors() {
    struct Swapped;

    impl sse_proto::client::Policy for Swapped {
        fn network(&self, error: NetworkError) -> NetworkError {
            match error {
                NetworkError::Transient => NetworkError::Permanent,
                _ => NetworkError::Transient,
            }
        }
    }

    let mut client = Client::with(config().policy(Swapped));
    client.request();
    client.source.handle_error(NetworkError::Permanent);
    client.reestablishing();
    client.reconnect();
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::Permanent);
}

/// Waits grow while the server is away, and start anew once it was there.
#[test]
fn failures_lead_to_longer_waits_until_the_stream_was_open_again() {
    let config = random().reconnection_time(Duration::from_secs(1)).jitter_seed(7);
    let mut client = Client::with(config);
    client.request();
    let mut longest = Duration::ZERO;
    for expected in 1..50 {
        client.source.handle_error(NetworkError::Transient);
        let (_, delay, attempt) = client.reestablishing();
        assert_eq!(attempt, expected);
        assert!((Duration::from_secs(1)..=Duration::from_secs(30)).contains(&delay));
        longest = longest.max(delay);
        client.reconnect();
    }
    assert!(longest > Duration::from_secs(10));
    client.accept();
    client.data("data: a\n\n");
    client.event();
    assert!((Duration::from_secs(1)..=Duration::from_secs(2)).contains(&client.lose()));
}
