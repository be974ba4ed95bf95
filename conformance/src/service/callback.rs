//! What a harness is told.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use sse_driver::{
    Change, EventSource,
    transport::{Connect, Timer},
};
use sse_proto::client::Loss;
use tokio::sync::mpsc;

use crate::server::client::Client;

/// So much may wait to be told before the client itself waits.
pub(super) const QUEUE: usize = 64;

/// Takes the messages to a harness.
pub(crate) type Calls = mpsc::Sender<Callback>;

/// A message to the harness.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub(crate) enum Callback {
    Comment { comment: String },
    Error { error: String },
    Event { event: ToldEvent },
}

#[derive(Debug, Serialize)]
pub(crate) struct ToldEvent {
    #[serde(rename = "type")]
    event_type: String,
    data: String,
    id: String,
}

impl Callback {
    /// What a change is to the harness, if it is anything. An orderly end and a restart that the harness asked for are no
    /// errors to it.
    fn of<E: core::fmt::Display>(change: Change<E>) -> Option<Self> {
        Some(match change {
            Change::Comment(comment) => Self::Comment { comment: comment.as_str().into() },
            Change::Event(event) => {
                let event = event.as_ref();
                let (event_type, data) = (event.event_type().into(), event.data().into());
                Self::Event { event: ToldEvent { event_type, data, id: event.last_event_id().into() } }
            }
            Change::Failed(failure) => Self::Error { error: failure.to_string() },
            Change::Reestablishing { cause: Loss::End { .. } | Loss::Restarted, .. } => return None,
            Change::Reestablishing { cause, error, .. } => {
                let error = error.map(|error| format!(": {error}")).unwrap_or_default();
                Self::Error { error: format!("{cause}{error}") }
            }
            _ => return None,
        })
    }
}

/// Reads a source to its end and hands on what it brings.
pub(super) async fn read<C: Connect, T: Timer>(mut source: EventSource<C, T>, calls: Calls)
where
    C::Error: core::fmt::Display,
{
    while let Some(change) = source.next_change().await {
        if let Some(callback) = Callback::of(change)
            && calls.send(callback).await.is_err()
        {
            return;
        }
    }
}

/// Tells the harness, one after the other, so that they come in order.
pub(super) async fn tell(url: String, mut calls: mpsc::Receiver<Callback>) {
    let client = Client::default();
    let mut number: u64 = 0;
    while let Some(callback) = calls.recv().await {
        number += 1;
        let url = format!("{}/{number}", url.trim_end_matches('/'));
        let body = match serde_json::to_vec(&callback) {
            Ok(body) => Bytes::from(body),
            Err(error) => {
                eprintln!("callback {url}: {error}");
                continue;
            }
        };
        match client.ask(Method::POST, &url, &[("content-type", b"application/json")], body).await {
            Ok(answer) if answer.status < 300 => {}
            Ok(answer) => eprintln!("callback {url}: status {}", answer.status),
            Err(error) => eprintln!("callback {url}: {error}"),
        }
    }
}
