//! A client that prints whatever a URL sends.

use std::error::Error;

use crate::{
    cli::with_causes,
    runtime::sse::{Change, ClientConfig, EventSource, report::Report},
};

pub(crate) async fn run(url: &str) -> Result<bool, Box<dyn Error>> {
    let config = ClientConfig::get(url)?.report(Report::new().comments(true).retries(true));
    let mut source = EventSource::open(config)?;
    println!("connecting to {url}");
    while let Some(change) = source.next_change().await {
        match change {
            Change::Open(_) => println!("open"),
            Change::Event(event) => {
                println!("{} {:?} {}", event.event_type(), event.last_event_id(), event.data());
            }
            Change::Comment(comment) => println!("comment {comment:?}"),
            Change::Retry(retry) => println!("reconnection time {} ms", retry.as_millis()),
            Change::Reestablishing { cause, error, delay, attempt } => {
                let error = error.map(|error| format!(": {}", with_causes(&error))).unwrap_or_default();
                println!("lost ({cause}{error}), attempt {attempt} in {} ms", delay.as_millis());
            }
            Change::Failed(failure) => {
                println!("failed: {}", with_causes(&failure));
                return Ok(false);
            }
            other => println!("{other:?}"),
        }
    }
    Ok(true)
}
