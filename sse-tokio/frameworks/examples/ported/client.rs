//! The program on sse-tokio.

use sse_tokio::{Change, ClientConfig, EventSource, client::RequestError};

pub(crate) async fn listen(url: &str, token: &str, mut print: impl FnMut(String)) -> Result<(), RequestError> {
    let config = ClientConfig::get(url)?.query("room", "7").bearer(token)?;
    let mut source = EventSource::open(config)?;
    while let Some(change) = source.next_change().await {
        match change {
            Change::Open(_) => print("open".into()),
            Change::Event(event) if event.event_type() == "bye" => source.close(),
            Change::Event(event) => print(format!("{}: {}", event.event_type(), event.data())),
            Change::Reestablishing { cause, .. } => print(format!("{cause}")),
            Change::Failed(failure) => print(format!("{failure}")),
            _ => {}
        }
    }
    Ok(())
}
