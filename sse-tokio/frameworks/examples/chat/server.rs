//! The server of the example: each prompt is a way in which a completion can go.

use std::{error::Error, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use sse_tokio::{Sender, Session, SessionConfig};
use tokio::{sync::Notify, time::sleep};

/// The cancelled completions are reported to `cancelled`.
pub(crate) fn app(cancelled: Arc<Notify>) -> Router {
    Router::new().route("/completions", post(complete)).with_state(cancelled)
}

async fn complete(State(cancelled): State<Arc<Notify>>, headers: HeaderMap, body: String) -> Response {
    if headers.get("authorization").is_none_or(|key| key != "Bearer key") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(request) = serde_json::from_str::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let prompt = request["prompt"].as_str().unwrap_or_default().to_owned();
    let refuse = |code| (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], problem(code).to_string());
    match &*prompt {
        "too often" => refuse("rate_limit").into_response(),
        "too much" => refuse("insufficient_quota").into_response(),
        _ => Session::run(SessionConfig::new(), |sender| async move {
            if let Err(error) = speak(&sender, &prompt, cancelled).await {
                eprintln!("not sent: {error}");
            }
        })
        .into_response(),
    }
}

/// Reports when the handler that has it is dropped.
struct Guard(Arc<Notify>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn speak(sender: &Sender, prompt: &str, cancelled: Arc<Notify>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let _guard = (prompt == "for ever").then(|| Guard(cancelled));
    for word in ["I", " am", " a", " model"] {
        sender.send_json(&json!({ "text": word })).await?;
        sleep(Duration::from_millis(5)).await;
    }
    match prompt {
        "overload" => sender.send_json(&problem("overloaded")).await?,
        "unplug" => {}
        "for ever" => loop {
            sender.send_json(&json!({ "text": "," })).await?;
            sleep(Duration::from_millis(5)).await;
        },
        _ => {
            let part = |name, arguments| json!({ "calls": [{ "index": 0, "name": name, "arguments": arguments }] });
            sender.send_json(&part("weather", r#"{"city""#)).await?;
            sender.send_json(&part("", r#":"Riga"}"#)).await?;
            sender.send("[DONE]").await?;
        }
    }
    Ok(())
}

fn problem(code: &str) -> Value {
    json!({ "error": { "code": code, "message": format!("refused: {code}") } })
}
