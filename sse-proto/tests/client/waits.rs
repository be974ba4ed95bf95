//! How long the waits are.

use core::time::Duration;

use sse_proto::client::{Backoff, Change, FailReason, Loss, NetworkError, Output, Policy};

use crate::{Client, config, idle, random, secs};

/// The waits of so many attempts in a row that find no server.
fn refused(mut client: Client, count: usize) -> Vec<Duration> {
    client.request();
    let mut waits = Vec::new();
    for _ in 0..count {
        waits.push(client.break_off());
        client.reconnect();
    }
    waits
}

#[test]
fn the_span_grows_by_the_factor_to_the_ceiling() {
    let waits = refused(Client::with(config().reconnection_time(secs(1))), 7);
    assert_eq!(waits, [2, 4, 8, 16, 30, 30, 30].map(secs));
    let backoff = Backoff::new().factor(3).ceiling(secs(50)).jitter(Duration::ZERO);
    let waits = refused(Client::with(config().reconnection_time(secs(1)).backoff(backoff)), 5);
    assert_eq!(waits, [3, 9, 27, 50, 50].map(secs));
    let constant = backoff.factor(1);
    assert_eq!(refused(Client::with(config().reconnection_time(secs(1)).backoff(constant)), 3), [secs(1); 3]);
}

#[test]
fn waits_are_random_in_their_span_and_of_another_seed_others() {
    let waits = |seed| refused(Client::with(random().reconnection_time(secs(1)).jitter_seed(seed)), 100);
    let [one, two] = [waits(1), waits(2)];
    assert_eq!(one, waits(1));
    assert_ne!(one, two);
    for (number, wait) in one.iter().chain(&two).enumerate() {
        assert!((secs(1)..=secs(30)).contains(wait), "{wait:?} at {number}");
    }
    assert!(one[0] <= secs(2) && one[1] <= secs(4));
    // The whole span is used.
    assert!(one.iter().any(|wait| *wait > secs(25)) && one.iter().any(|wait| *wait < secs(5)));
}

/// the server's `retry` is the new base, also of the waits that grow.
#[test]
fn the_servers_retry_is_the_base() {
    let mut client = Client::open_with(config().reconnection_time(secs(1)));
    client.data("retry: 2000\ndata: a\n\n");
    client.event();
    assert_eq!(client.lose(), secs(2));
    client.reconnect();
    assert_eq!(client.break_off(), secs(4));
    client.reconnect();
    assert_eq!(client.break_off(), secs(8));
    assert_eq!(client.source.reconnection_time(), secs(2));
}

/// Waits grow while connections break soon after they open.
#[test]
fn a_server_that_falls_over_again_and_again_is_asked_less_and_less() {
    let mut client = Client::open_with(config().reconnection_time(secs(1)));
    let mut waits = Vec::new();
    for _ in 0..6 {
        client.data("data: a\n\n");
        client.event();
        waits.push(client.break_off());
        client.reconnect();
        client.accept();
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30].map(secs));
    client.pass(Duration::from_millis(999));
    assert_eq!(client.break_off(), secs(30));
    client.reconnect();
    client.accept();
    client.pass(secs(1));
    assert_eq!(client.break_off(), secs(1));
}

/// It is the way to poll: the server says when to come back, and means it.
#[test]
fn a_server_that_ends_in_order_after_an_event_is_asked_after_the_same_wait() {
    let mut client = Client::open_with(config().reconnection_time(secs(1)));
    for _ in 0..6 {
        client.data("data: a\n\n");
        client.event();
        assert_eq!(client.lose(), secs(1));
        assert_eq!(client.reconnect().attempt, 1);
        client.accept();
    }
    // But not one that ends without a word.
    assert_eq!(client.lose(), secs(2));
    client.reconnect();
    client.accept();
    assert_eq!(client.lose(), secs(4));
}

/// `retry: 0` is no licence to spin, and a year is no licence to stall.
#[test]
fn the_servers_retry_has_a_floor_and_a_ceiling() {
    let day = secs(24 * 60 * 60);
    for (line, asked, used) in [
        ("retry: 0\n", None, Duration::from_millis(100)),
        ("retry: 86400000\n", None, day),
        ("retry: 86400001\n", Some(day + Duration::from_millis(1)), day),
        ("retry: 99999999999999999999999999\n", Some(Duration::from_millis(u64::MAX)), day),
    ] {
        let mut client = Client::open();
        client.data(line);
        assert_eq!(client.poll(), idle());
        client.source.handle_end();
        if let Some(asked) = asked {
            assert_eq!(client.poll(), Output::Change(Change::DelayCapped { asked, used }), "{line:?}");
        }
        assert_eq!(client.reestablishing().1, used, "{line:?}");
    }
}

#[test]
fn a_ceiling_is_reported_once_for_each_value() {
    let backoff = Backoff::new().retry_ceiling(secs(10)).jitter(Duration::ZERO);
    let mut client = Client::open_with(config().backoff(backoff));
    client.data("retry: 20000\ndata: a\n\n");
    client.event();
    client.source.handle_end();
    assert_eq!(client.poll(), Output::Change(Change::DelayCapped { asked: secs(20), used: secs(10) }));
    assert_eq!(client.reestablishing().1, secs(10));
    client.reconnect();
    client.accept();
    client.data("data: a\n\n");
    client.event();
    assert_eq!(client.lose(), secs(10));
    client.reconnect();
    client.accept();
    client.data("retry: 30000\n");
    assert_eq!(client.poll(), idle());
    client.source.handle_end();
    assert_eq!(client.poll(), Output::Change(Change::DelayCapped { asked: secs(30), used: secs(10) }));
}

/// The caller's own time is not the server's.
#[test]
fn the_configured_time_has_no_ceiling() {
    let week = secs(7 * 24 * 60 * 60);
    let mut client = Client::open_with(config().reconnection_time(week));
    assert_eq!(client.lose(), week);
}

/// D-08: a `Retry-After` takes the place of the configured time, be it longer or shorter, and not that of the server's `retry` line.
#[test]
fn retry_after_is_what_is_asked_for() {
    let date = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
    for (headers, asked) in [
        (&[("Retry-After", "120")][..], secs(120)),
        (&[("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT"), date], secs(120)),
        (&[("Retry-After", "1")], secs(1)),
        (&[("Retry-After", "0")], Duration::from_millis(100)),
        // Without a clock a date says nothing.
        (&[("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT")], secs(3)),
        (&[("Retry-After", "-5")], secs(3)),
        (&[], secs(3)),
    ] {
        let constant = Backoff::new().factor(1).jitter(Duration::ZERO);
        let mut client = Client::with(config().backoff(constant).resilient());
        client.request();
        for _ in 0..3 {
            client.answer_with(503, headers);
            client.source.handle_end();
            assert_eq!(client.reestablishing().1, asked, "{headers:?}");
            client.reconnect();
        }
        // It was for that wait only.
        client.source.handle_error(NetworkError::Transient);
        assert_eq!(client.reestablishing().1, secs(3), "{headers:?}");
    }
}

#[test]
fn the_servers_retry_bounds_a_wait_after_a_refusal_from_below() {
    for (retry_after, wait) in [("60", secs(60)), ("1", secs(10))] {
        let constant = Backoff::new().factor(1).jitter(Duration::ZERO);
        let mut client = Client::open_with(config().backoff(constant).resilient());
        client.data("retry: 10000\ndata: a\n\n");
        client.event();
        assert_eq!(client.lose(), secs(10));
        client.reconnect();
        client.answer_with(503, &[("Retry-After", retry_after)]);
        client.source.handle_end();
        assert_eq!(client.reestablishing().1, wait);
    }
}

/// The wait of one second grows by its own length after the first failure, and by 3, 7 and 15 after those that follow.
#[test]
fn failures_stretch_the_random_part_after_retry_after() {
    for seed in 0..100 {
        let mut client = Client::with(random().resilient().jitter_seed(seed));
        client.request();
        for longest in [2, 4, 8, 16].map(secs) {
            client.answer_with(503, &[("Retry-After", "1")]);
            client.source.handle_end();
            let wait = client.reestablishing().1;
            assert!((secs(1)..=longest).contains(&wait), "{wait:?} of {longest:?}");
            client.reconnect();
        }
    }
}

#[test]
fn retry_after_has_the_same_ceiling() {
    let mut client = Client::with(config().resilient());
    client.request();
    client.answer_with(429, &[("Retry-After", "99999999999999999999")]);
    client.source.handle_end();
    let (asked, used) = (secs(365 * 24 * 60 * 60), secs(24 * 60 * 60));
    assert_eq!(client.poll(), Output::Change(Change::DelayCapped { asked, used }));
    assert_eq!(client.reestablishing().1, used);
}

/// a strategy of the caller may wait longer than the server asks for, and not shorter.
#[test]
fn the_policy_has_the_last_word_on_waits() {
    struct Linear;

    impl Policy for Linear {
        fn delay(&self, cause: Loss, attempt: u32, delay: Duration) -> Option<Duration> {
            assert!(cause == Loss::Unreachable && delay >= secs(2));
            (attempt < 5).then(|| secs(1) * attempt)
        }
    }

    let mut client = Client::with(config().reconnection_time(secs(2)).policy(Linear));
    client.request();
    for wait in [2, 2, 3, 4].map(secs) {
        assert_eq!(client.break_off(), wait);
        client.reconnect();
    }
    client.source.handle_error(NetworkError::Transient);
    assert_eq!(client.failure(), FailReason::GaveUp { cause: Loss::Unreachable, attempts: 4 });
}
