//! A program that was written for reqwest-eventsource, on sse-tokio (`client.rs`).
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example ported
//! ```
//!
//! This is how it was:
//!
//! ```ignore
//! use futures::StreamExt;
//! use reqwest::Client;
//! use reqwest_eventsource::{CannotCloneRequestError, Error, Event, RequestBuilderExt};
//!
//! async fn listen(url: &str, token: &str, mut print: impl FnMut(String)) -> Result<(), CannotCloneRequestError> {
//!     let request = Client::new().get(url).query(&[("room", "7")]).bearer_auth(token);
//!     let mut source = request.eventsource()?;
//!     while let Some(event) = source.next().await {
//!         match event {
//!             Ok(Event::Open) => print("open".into()),
//!             Ok(Event::Message(message)) if message.event == "bye" => source.close(),
//!             Ok(Event::Message(message)) => print(format!("{}: {}", message.event, message.data)),
//!             Err(Error::StreamEnded) => print("the stream ended".into()),
//!             Err(error) => print(format!("{error}")),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! What is different: `next_change` has what was a stream of `Event` and `Error`, a lost connection is no error, and
//! `Failed` is the end.

mod client;

use std::error::Error;

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use sse_tokio::{EventLog, EventType, LastEventId, Message, Retry, SessionConfig, server::StartAt};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run().await
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/events", listener.local_addr()?);
    let log = EventLog::default();
    log.publish("hello")?;
    log.publish(Message::new().event(EventType::from_static("add")).data("73857293"))?;
    let app = Router::new().route("/events", get(events)).with_state(log);
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    let mut printed = Vec::new();
    client::listen(&url, "73857293", |line| {
        println!("{line}");
        printed.push(line);
    })
    .await?;
    let expected = ["open", "message: hello", "add: 73857293", "the stream ended", "open"];
    if printed != expected {
        return Err(format!("expected {expected:?}").into());
    }

    printed.clear();
    client::listen(&url, "another", |line| printed.push(line)).await?;
    println!("{printed:?}");
    server.abort();
    if printed != ["the server responded with status 401 instead of 200"] { Err("no refusal".into()) } else { Ok(()) }
}

/// The first response ends after the events that there are, and the next one says that there are no more.
async fn events(
    State(log): State<EventLog>,
    LastEventId(id): LastEventId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if headers.get("authorization").is_none_or(|token| token != "Bearer 73857293") || query.as_deref() != Some("room=7")
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if id.is_some() {
        let _ = log.publish(Message::new().event(EventType::from_static("bye")));
    }
    let config = SessionConfig::new().retry(Retry::from_millis(10)).max_age(std::time::Duration::from_millis(50));
    log.session().start_at(StartAt::Oldest).after(id.as_ref()).config(config).open().into_response()
}
