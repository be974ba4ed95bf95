//! The proxy: a connection to the upstream for each client, so that what a client has received is known to the client alone.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use sse_tokio::{
    Change, ClientConfig, Event, EventSource, Failure, LastEventId, Message, Sender, Session, SessionConfig,
    report::Report,
};

pub(crate) fn app(upstream: ClientConfig) -> Router {
    let report = Report::new().comments(true).last_event_ids(true).retries(true);
    let upstream = upstream.report(report).max_reconnections(0);
    Router::new().route("/events", get(events)).with_state(upstream)
}

async fn events(State(upstream): State<ClientConfig>, LastEventId(id): LastEventId) -> Result<Session, StatusCode> {
    let config = upstream.last_event_id(id);
    let mut source = EventSource::open(config).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    // A refusal of the upstream is one of the proxy: a client that gets 204 stops.
    match source.next_change().await {
        Some(Change::Open(_)) => {}
        Some(Change::Failed(failure)) => return Err(refusal(failure.status())),
        _ => return Err(StatusCode::BAD_GATEWAY),
    }
    Ok(Session::try_run(SessionConfig::new().heartbeat(None), |sender| pass_on(source, sender)))
}

/// A response of the upstream that was cut off breaks the response of the proxy off, too.
async fn pass_on(mut source: EventSource, sender: Sender) -> Result<(), Failure> {
    let mut sent = None;
    while let Some(change) = source.next_change().await {
        let message = match change {
            Change::Event(event) if event.event_type() == "debug" => continue,
            Change::Event(event) => {
                sent = event.id().map(str::to_owned);
                rewrite(event)
            }
            // After the event that has it, or without one: because there is none, or because it was left out.
            Change::LastEventId(id) if sent.take().as_deref() != Some(&id) => Message::new().id(id),
            Change::Comment(comment) => Message::new().comment(comment),
            Change::Retry(retry) => Message::new().retry(retry),
            Change::Failed(failure) if failure.is_cut_off() => return Err(failure),
            _ => continue,
        };
        if sender.send(message).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn rewrite(event: Event) -> Message {
    let data = event.data().to_uppercase();
    Message::from(event).data(data)
}

fn refusal(status: Option<u16>) -> StatusCode {
    status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::BAD_GATEWAY)
}
