//! What happens, and what the browser has to have seen of it.

use std::{
    error::Error,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use sse_tokio::{EventId, EventLog, EventType, Message, Retry};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    browser::Browser,
    server::{Seen, Server, State},
};

/// The reconnection time at first. A browser that had not got it would wait for some seconds.
const SHORT: Retry = Retry::from_millis(300);

/// The reconnection time at the end: longer than that of any browser without a word from the server (3 s to 5 s).
const LONG: Retry = Retry::from_millis(6000);

/// How long the browser has for each step.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn play(program: &PathBuf) -> Result<(), Box<dyn Error>> {
    let state = Arc::new(State {
        log: EventLog::default(),
        retry: SHORT,
        seen: watch::Sender::default(),
        asked: Mutex::default(),
    });
    let mut told = state.seen.subscribe();
    let mut expected = Vec::new();
    let mut publish = |event_type: Option<&str>, data: &str| -> Result<(), Box<dyn Error>> {
        let mut message = Message::new().data(data);
        if let Some(event_type) = event_type {
            message = message.event(EventType::new(event_type)?);
        }
        let id = state.log.publish(message)?.ok_or("an event has an ID")?;
        let (what, event_type) = ("event".into(), event_type.unwrap_or("message").into());
        let data = data.replace("\r\n", "\n").replace('\r', "\n");
        expected.push(Seen { what, event_type, data, id: id.as_str().into() });
        Ok(())
    };

    // Before and while the page is there.
    publish(None, "one")?;
    publish(Some("add"), "two lines,\nthe second of them with \"quotes\"")?;
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), Arc::clone(&state)).await?;
    let address = server.address;
    let _browser = Browser::open(program, &format!("http://{address}/"), &[])?;
    step(&mut told, "opens the page and gets what was there before", |seen| events(seen).len() == 2).await?;
    publish(Some("größer: 2"), " with a leading space")?;
    publish(Some("add"), "")?;
    publish(None, "CR\rCRLF\r\nLF\n and a last line break\n")?;
    step(&mut told, "gets what is published", |seen| events(seen).len() == 5).await?;

    // The server is gone, and events are published all the same.
    server.lose().await;
    publish(None, "nobody listens")?;
    publish(Some("add"), "\u{4e2d}\u{1f600}")?;
    sleep(Duration::from_secs(1)).await;
    let server = Server::start(address, Arc::clone(&state)).await?;
    step(&mut told, "loses the server and gets what it missed", |seen| events(seen).len() == 7).await?;
    publish(None, &"long ".repeat(20_000))?;
    step(&mut told, "gets what is published then", |seen| events(seen).len() == 8).await?;

    // The response ends, and the browser is to leave some time before it asks again: there is no more then.
    state.log.publish(Message::new().retry(LONG))?;
    let before = state.asked().len();
    let ended = Instant::now();
    state.log.close();
    step(&mut told, "is told that there is no more", |seen| seen.last().is_some_and(|last| last.what == "error 2"))
        .await?;
    let asked = state.asked();
    server.lose().await;

    let seen = told.borrow().clone();
    if events(&seen) != expected.iter().collect::<Vec<_>>() {
        return Err(format!("published\n  {expected:?}\nand the browser saw\n  {:?}", events(&seen)).into());
    }
    let count = |what: &str| seen.iter().filter(|seen| seen.what == what).count();
    if count("open") < 2 || count("error 0") < 2 || count("error 2") != 1 {
        return Err(format!("the browser saw {seen:?}").into());
    }
    let resumed = asked.iter().filter_map(|asked| asked.last_event_id.as_ref());
    let resumed: Vec<&str> = resumed.map(EventId::as_str).collect();
    if resumed.first() != Some(&&*expected[4].id) || resumed.last() != Some(&&*expected[7].id) {
        return Err(format!("the browser came back with the IDs {resumed:?}").into());
    }
    let last = asked.get(before).ok_or("the browser did not come back")?.at;
    let waited = last.saturating_duration_since(ended);
    if waited < LONG.as_duration() {
        return Err(format!("the browser came back after {waited:?}, and was told {:?}", LONG.as_duration()).into());
    }
    println!(
        "received {} of {} events as they were sent, 0 lost, 0 repeated; came back after {} ms when told {}",
        events(&seen).len(),
        expected.len(),
        waited.as_millis(),
        LONG.as_millis()
    );
    Ok(())
}

fn events(seen: &[Seen]) -> Vec<&Seen> {
    seen.iter().filter(|seen| seen.what == "event").collect()
}

/// Waits until the page has told enough.
async fn step(
    told: &mut watch::Receiver<Vec<Seen>>,
    what: &str,
    enough: impl Fn(&[Seen]) -> bool,
) -> Result<(), Box<dyn Error>> {
    let done = timeout(PATIENCE, told.wait_for(|seen| enough(seen))).await.map(|done| done.map(drop));
    if done.is_err() {
        let seen = told.borrow().clone();
        return Err(format!("the browser {what}: not within {PATIENCE:?}; it saw {seen:?}").into());
    }
    println!("the browser {what}");
    Ok(())
}
