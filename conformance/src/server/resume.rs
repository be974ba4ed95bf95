//! The last event ID in requests, and the end of a stream for good: S-012 to S-014 and S-021.

use super::{CheckResult, Target, Verdict, client::Client};
use crate::Event;

pub(super) async fn check(client: &Client, target: &Target, results: &mut Vec<CheckResult>) {
    let resumed = if target.resume {
        resumes(client, target).await.into()
    } else {
        Verdict::skipped("the stream is not said to resume, as `--resume` does")
    };
    results.push(CheckResult::new("S-012", resumed));
    results.push(CheckResult::new("S-013", unknown(client, target).await));
    results.push(CheckResult::new("S-014", strange(client, target).await));
    let over = match &target.finished {
        None => Verdict::skipped("needs a stream that is over"),
        Some(url) => finished(client, url).await.into(),
    };
    results.push(CheckResult::new("S-021", over));
}

/// How many events are read before the reconnection, and again after it.
const EVENTS: usize = 4;

async fn resumes(client: &Client, target: &Target) -> Result<(), String> {
    let mut answer = client.events(&target.url, &[]).await?;
    let first = answer.read_events(EVENTS, target.watch).await;
    drop(answer);
    let [before, after @ ..] = &*first else { return Err(String::from("no event came")) };
    if before.last_event_id.is_empty() || after.is_empty() {
        return Err(format!("{} events came, the first with the ID {:?}", first.len(), before.last_event_id));
    }
    let mut answer = client.events(&target.url, &[("last-event-id", before.last_event_id.as_bytes())]).await?;
    answer.is_events()?;
    let again = answer.read_events(after.len(), target.watch).await;
    if again.iter().zip(after).all(|(again, before)| again == before) && again.len() >= after.len() {
        return Ok(());
    }
    let ids = |events: &[Event]| events.iter().map(|event| event.last_event_id.clone()).collect::<Vec<_>>();
    Err(format!("after {:?} came {:?}, and should have {:?}", before.last_event_id, ids(&again), ids(after)))
}

async fn unknown(client: &Client, target: &Target) -> Result<(), String> {
    let answer = client.events(&target.url, &[("last-event-id", b"no-such-event-4711")]).await?;
    answer.is_events()
}

async fn strange(client: &Client, target: &Target) -> Result<(), String> {
    let long = [b'x'; 4096];
    let ids: [(&str, &[u8]); 6] = [
        ("UTF-8", "\u{4e2d}\u{2026}".as_bytes()),
        ("4 KiB", &long),
        ("spaces", b"a  b \t c"),
        ("bytes that are no UTF-8", b"a\xff"),
        ("CR and LF in percent signs", b"1%0d%0aX-Injected: 1"),
        ("an empty one", b""),
    ];
    for (what, id) in ids {
        let answer = client.events(&target.url, &[("last-event-id", id)]).await?;
        if answer.status >= 500 {
            return Err(format!("{what}: status {}", answer.status));
        }
        if answer.headers.contains_key("x-injected") {
            return Err(format!("{what}: a part of it came back as a header field"));
        }
    }
    Ok(())
}

async fn finished(client: &Client, url: &str) -> Result<(), String> {
    match client.events(url, &[]).await?.status {
        204 => Ok(()),
        status => Err(format!("status {status}")),
    }
}
