//! The demonstration: 12 events, two cuts, nothing lost.

use std::{error::Error, process, time::Duration};

use crate::{
    cut::CutAt,
    runtime::{
        TcpListener, sleep, spawn,
        sse::{Change, EventId, EventLog, EventSource, Message},
    },
    server,
};

const EVENTS: usize = 12;

/// Far more than it takes, so that a fault ends in an error and not in a wait without end.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run() -> Result<bool, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/events", listener.local_addr()?);
    println!("server  listens on {url}");

    let log = EventLog::default();
    spawn(server::serve(listener, log.clone(), |response| match response {
        1 => Some(CutAt::InMidst(5)),
        2 => Some(CutAt::After(9)),
        _ => None,
    }));
    spawn(publish(log));

    spawn(give_up());
    let (received, reconnections) = receive(&url).await?;

    let lost = (1..=EVENTS).filter(|number| !received.contains(&text(*number))).count();
    let repeated = received.len() - (EVENTS - lost);
    let in_order = received.is_sorted_by_key(|data| (1..=EVENTS).position(|number| text(number) == *data));
    println!(
        "received {} of {EVENTS} events, {lost} lost, {repeated} repeated, {reconnections} reconnections",
        EVENTS - lost
    );
    Ok(lost == 0 && repeated == 0 && reconnections == 2 && in_order)
}

fn text(number: usize) -> String {
    format!("event {number} of {EVENTS}")
}

async fn give_up() {
    sleep(PATIENCE).await;
    eprintln!("no end after {} s", PATIENCE.as_secs());
    process::exit(1);
}

/// Publishes the events, whoever listens: the log keeps them for those who come back.
async fn publish(log: EventLog) {
    for number in 1..=EVENTS {
        sleep(Duration::from_millis(100)).await;
        if let Err(error) = log.publish(Message::new().id(EventId::from(number as u64)).data(text(number))) {
            println!("server  cannot publish: {error}");
        }
    }
    log.close();
}

/// Receives until the server ends the response behind its last event, so that one that came twice would be seen.
async fn receive(url: &str) -> Result<(Vec<String>, u32), Box<dyn Error>> {
    let mut source = EventSource::get(url)?;
    let (mut received, mut opened) = (Vec::new(), 0_u32);
    while let Some(change) = source.next_change().await {
        match change {
            Change::Open(_) if source.last_event_id().is_empty() => {
                opened += 1;
                println!("client  connected");
            }
            Change::Open(_) => {
                opened += 1;
                println!("client  connected again, resumes after event {}", source.last_event_id());
            }
            Change::Event(event) => {
                println!("client  received {:?} with id {:?}", event.data(), event.last_event_id());
                received.push(event.data().to_string());
            }
            // The server ends the response when the log is closed: after the last event.
            Change::Reestablishing { .. } if received.len() >= EVENTS => source.close(),
            Change::Reestablishing { cause, delay, .. } => {
                println!("client  lost the connection ({cause}), tries again in {} ms", delay.as_millis());
            }
            Change::Failed(failure) => return Err(failure.into()),
            _ => {}
        }
    }
    Ok((received, opened.saturating_sub(1)))
}
