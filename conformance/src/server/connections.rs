//! Many connections, and connections that do nothing: S-015, S-022 to S-024.

use core::time::Duration;
use std::time::Instant;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    CheckResult, Target, Verdict,
    client::{Answer, Client, PATIENCE},
};
use crate::Event;

pub(super) async fn check(client: &Client, target: &Target, results: &mut Vec<CheckResult>) {
    let counted = match &target.counter {
        None => Verdict::skipped("needs a counter of open streams"),
        Some(counter) => disconnect(client, target, counter).await.into(),
    };
    results.push(CheckResult::new("S-015", counted));
    results.push(CheckResult::new("S-022", http2(target).await));
    let stalled = match &target.memory {
        None => Verdict::skipped("needs the size of the server's memory"),
        Some(memory) => stalled(client, target, memory).await.into(),
    };
    results.push(CheckResult::new("S-023", stalled));
    let parallel = match target.parallel {
        0 | 1 => Verdict::skipped("one client is none too many"),
        _ if !target.shared => {
            Verdict::skipped("the stream is not said to be common to all clients, as `--shared` does")
        }
        _ => parallel(client, target).await.into(),
    };
    results.push(CheckResult::new("S-024", parallel));
}

async fn disconnect(client: &Client, target: &Target, counter: &str) -> Result<(), String> {
    const CLIENTS: u64 = 3;
    // What earlier checks have left open may be noticed only now.
    let idle = settled(client, counter, |_| false).await?;
    let mut open = Vec::new();
    for _ in 0..CLIENTS {
        let mut answer = client.events(&target.url, &[]).await?;
        answer.read(target.watch, |answer| !answer.bytes().is_empty()).await;
        open.push(answer);
    }
    let with = settled(client, counter, |count| count == idle + CLIENTS).await?;
    if with != idle + CLIENTS {
        return Err(format!("{CLIENTS} more clients, and the counter went from {idle} to {with}"));
    }
    drop(open);
    match settled(client, counter, |count| count == idle).await? {
        left if left == idle => Ok(()),
        left => Err(format!("the clients are gone, and the counter stays at {left} instead of {idle}")),
    }
}

/// The counter when it is as wished, or else when it has not changed for a while, or has changed for too long.
async fn settled(client: &Client, counter: &str, done: impl Fn(u64) -> bool) -> Result<u64, String> {
    const QUIET: u32 = 20;
    let started = Instant::now();
    let (mut count, mut same) = (client.number(counter).await?, 0);
    while !done(count) && same < QUIET && started.elapsed() < PATIENCE {
        sleep(Duration::from_millis(25)).await;
        let next = client.number(counter).await?;
        same = if next == count { same + 1 } else { 0 };
        count = next;
    }
    Ok(count)
}

/// Whether the port speaks HTTP/2 without being asked to change over, as far as it can be seen without TLS.
async fn http2(target: &Target) -> Verdict {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    const SETTINGS: u8 = 4;
    let Some(host) = target.url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?']).next()) else {
        return Verdict::skipped("over TLS, HTTP/2 is not tried");
    };
    let address = if host.rsplit_once(':').is_some() { host.to_owned() } else { format!("{host}:80") };
    let asked = timeout(Duration::from_secs(2), async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(PREFACE).await?;
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).await?;
        std::io::Result::Ok(frame[3] == SETTINGS)
    });
    let spoken = matches!(asked.await, Ok(Ok(true)));
    Verdict::Noted(String::from(if spoken { "without TLS, if begun with it" } else { "not without TLS" }))
}

/// How much memory readers that do not read may cost.
const MOST: u64 = 16 * 1024 * 1024;

async fn stalled(client: &Client, target: &Target, memory: &str) -> Result<(), String> {
    const CLIENTS: usize = 8;
    let before = client.number(memory).await?;
    let mut open: Vec<Answer> = Vec::new();
    for _ in 0..CLIENTS {
        open.push(client.events(&target.url, &[]).await?);
    }
    let started = Instant::now();
    let mut most = before;
    while started.elapsed() < target.watch {
        sleep(target.watch / 10).await;
        most = most.max(client.number(memory).await?);
    }
    match most.saturating_sub(before) {
        grown if grown <= MOST => Ok(()),
        grown => Err(format!("{CLIENTS} clients that did not read cost {grown} bytes")),
    }
}

/// How many events each of them has to see.
const EVENTS: usize = 5;

async fn parallel(client: &Client, target: &Target) -> Result<(), String> {
    // The first one reads what the others are compared with, so it listens longest.
    let mut reference = client.events(&target.url, &[]).await?;
    reference.is_events()?;
    let mut open = Vec::new();
    for number in 2..=target.parallel {
        let answer = client.events(&target.url, &[]).await.map_err(|error| format!("client {number}: {error}"))?;
        answer.is_events().map_err(|error| format!("client {number}: {error}"))?;
        open.push(answer);
    }
    let mut seen = Vec::new();
    for answer in &mut open {
        seen.push(answer.read_events(EVENTS, target.watch * 10).await);
        answer.is_bounded()?;
    }
    let all = reference.read_events(usize::MAX, target.watch).await;
    reference.is_bounded()?;
    if all.len() < EVENTS {
        return Err(format!("only {} events came", all.len()));
    }
    for (index, events) in seen.iter().enumerate() {
        compare(&all, events).map_err(|error| format!("client {}: {error}", index + 2))?;
    }
    Ok(())
}

/// Whether `events` are a piece of `all`, which may go on behind its end.
fn compare(all: &[Event], events: &[Event]) -> Result<(), String> {
    if events.is_empty() {
        return Err(String::from("no event came"));
    }
    let fits = |start: usize| all[start..].iter().zip(events).all(|(one, other)| one == other);
    match (0..all.len()).any(fits) {
        true => Ok(()),
        false => Err(format!("it got other events, or in another order: {:?} first", events[0])),
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use crate::Event;

    fn events(text: &str) -> Vec<Event> {
        text.chars().map(|data| Event { data: data.into(), ..Event::default() }).collect()
    }

    #[test]
    fn a_piece_of_the_stream_is_told_from_any_other() {
        let all = events("abcdef");
        for piece in ["abc", "cd", "f", "efgh"] {
            assert_eq!(compare(&all, &events(piece)), Ok(()), "{piece}");
        }
        for other in ["", "acd", "ba", "xyz", "cde_"] {
            assert!(compare(&all, &events(other)).is_err(), "{other}");
        }
    }
}
