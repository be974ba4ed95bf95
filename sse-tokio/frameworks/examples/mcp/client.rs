//! The client: a call is a `POST`, whose response is JSON or a stream; a stream that is cut is resumed by `GET`.

use std::{error::Error, future::ready, time::Duration};

use serde_json::{Value, json};
use sse_tokio::{ClientConfig, EventSource, client::Request};

/// Calls a method, and reports what the server sends before the result.
pub(crate) async fn call(url: &str, method: &str, mut notify: impl FnMut(&Value)) -> Result<Value, Box<dyn Error>> {
    let config = ClientConfig::post(url)?
        .header("Accept", "application/json")?
        .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method }))?
        .refusal_body(4 * 1024 * 1024)
        .give_up_after(Duration::from_secs(60));
    let mut source = EventSource::open(config)?.prepare(|mut request: Request| {
        if request.headers.value("Last-Event-ID").is_some() {
            request.turn_to_get();
        }
        ready(Ok(request))
    });
    while let Some(event) = source.next().await {
        let message = match event {
            Ok(event) if event.data().is_empty() => continue, // it gives an ID to resume after
            Ok(event) => event.json()?,
            // JSON in place of a stream.
            Err(failure) => match &failure.refusal {
                Some(refusal) if refusal.status() == 200 => refusal.json()?,
                _ => return Err(failure.into()),
            },
        };
        match message {
            Value::Object(mut message) if message.contains_key("id") => {
                return message.remove("result").ok_or_else(|| "the call failed".into());
            }
            notification => notify(&notification),
        }
    }
    Err("closed".into())
}
