//! Clients that lose the same server at the same moment, in virtual time.

use core::time::Duration;

use sse_proto::client::Output;

use crate::{Client, random, secs};

const CLIENTS: usize = 10_000;
const WAITS: usize = 5;
const WINDOW: Duration = Duration::from_millis(100);

/// Loses `CLIENTS` clients by `first`, and `WAITS` times in all by `then`. Both return the wait that is announced. No
/// window holds more than one in twenty of the clients, counted by their waits and by the moments of their requests.
fn judge(least: Duration, first: fn(&mut Client) -> Duration, then: fn(&mut Client) -> Duration) {
    let mut waits = [const { Vec::new() }; WAITS];
    let mut moments = [const { Vec::new() }; WAITS];
    for seed in 0..CLIENTS {
        let mut client = Client::with(random().resilient().jitter_seed(seed as u64));
        client.request();
        let mut wait = first(&mut client);
        for (waits, moments) in waits.iter_mut().zip(&mut moments) {
            assert!(wait >= least, "{wait:?}");
            client.reconnect();
            waits.push(wait);
            moments.push(client.now.since_epoch());
            wait = then(&mut client);
        }
    }
    for (number, times) in waits.into_iter().chain(moments).enumerate() {
        let most = fullest(times);
        assert!(most <= CLIENTS / 20, "{most} of {CLIENTS} within {WINDOW:?} at wait {}", number % WAITS + 1);
    }
}

/// How many of the times lie in the fullest window.
fn fullest(mut times: Vec<Duration>) -> usize {
    times.sort_unstable();
    let mut first = 0;
    let counts = times.iter().enumerate().map(|(last, time)| {
        while *time - times[first] >= WINDOW {
            first += 1;
        }
        last - first + 1
    });
    counts.max().unwrap_or_default()
}

/// Opens a stream with this beginning, and cuts it after a minute.
fn cut(client: &mut Client, data: &'static str) -> Duration {
    client.accept();
    client.data(data);
    while client.poll() == Output::Event {}
    client.pass(secs(60));
    client.break_off()
}

fn refuse(client: &mut Client, status: u16, headers: &[(&str, &str)]) -> Duration {
    client.answer_with(status, headers);
    client.source.handle_end();
    client.reestablishing().1
}

#[test]
fn after_healthy_streams() {
    judge(secs(3), |client| cut(client, "data: a\n\n"), Client::break_off);
}

#[test]
fn after_a_retry_of_five_seconds() {
    judge(secs(5), |client| cut(client, "retry: 5000\ndata: a\n\n"), Client::break_off);
}

#[test]
fn after_a_retry_as_long_as_the_ceiling() {
    judge(secs(30), |client| cut(client, "retry: 30000\ndata: a\n\n"), Client::break_off);
}

#[test]
fn after_a_retry_of_an_hour() {
    judge(secs(3600), |client| cut(client, "retry: 3600000\ndata: a\n\n"), Client::break_off);
}

#[test]
fn after_refused_connections() {
    judge(secs(3), Client::break_off, Client::break_off);
}

#[test]
fn after_retry_after_of_a_minute() {
    let busy = |client: &mut Client| refuse(client, 503, &[("Retry-After", "60")]);
    judge(secs(60), busy, busy);
}

#[test]
fn after_retry_after_of_ten_seconds() {
    let busy = |client: &mut Client| refuse(client, 503, &[("Retry-After", "10")]);
    judge(secs(10), busy, busy);
}

#[test]
fn after_retry_after_with_a_date() {
    let busy = |client: &mut Client| {
        let date = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        refuse(client, 429, &[date, ("Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT")])
    };
    judge(secs(20), busy, busy);
}
