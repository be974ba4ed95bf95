//! A language model's answer as it comes: a POST that is answered with events of JSON, and `[DONE]` at the end.
//!
//! ```text
//! cargo run -p sse-tokio-frameworks --example completion
//! ```
//!
//! The server is in the same program. It answers three prompts: one in full, one with an error in the middle of the
//! stream, and one that is cut off; the client tells them apart.

use std::{
    error::Error,
    io::{self, Write},
    time::Duration,
};

use axum::{Router, routing::post};
use serde::{Deserialize, Serialize};
use sse_tokio::{
    ClientConfig, EventSource, Sender, Session, SessionConfig,
    typed::{Convention, TypedError},
};
use tokio::{net::TcpListener, time::sleep};

#[derive(Deserialize, Serialize)]
struct Request<'a> {
    prompt: &'a str,
    stream: bool,
}

#[derive(Deserialize, Serialize)]
struct Chunk {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Deserialize, Serialize)]
struct Usage {
    total_tokens: u64,
}

/// What the server sends in place of a chunk: `{"error":{…}}`.
#[derive(Debug, Deserialize, Serialize)]
struct Problem {
    error: Fault,
}

#[derive(Debug, Deserialize, Serialize)]
struct Fault {
    message: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/completions", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/completions", post(answer))).await });

    for prompt in ["hello", "too much", "unplug"] {
        print!("{prompt}:");
        complete(&url, prompt).await?;
    }
    Ok(())
}

/// Prints the text as it comes, and how it ended.
async fn complete(url: &str, prompt: &str) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig::post(url)?
        .json(&Request { prompt, stream: true })?
        // A request that never reached its server may be sent again, and would be for as long as the server is down.
        .max_reconnections(0);
    let mut chunks = EventSource::open(config)?.json::<Chunk>().with_convention(Convention::completion());
    let mut usage = None;
    while let Some(item) = chunks.next().await {
        match item {
            Ok(chunk) => {
                print!("{}", chunk.value.text);
                io::stdout().flush()?;
                usage = chunk.value.usage.or(usage);
            }
            Err(TypedError::Reported(event)) => {
                let Problem { error } = event.json()?;
                println!(" - the server reports: {}", error.message);
            }
            // There is one attempt, so what is missing stays missing.
            Err(error) if error.is_cut_off() => println!(" - cut off"),
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(Usage { total_tokens }) = usage {
        println!(" - {total_tokens} tokens");
    }
    Ok(())
}

async fn answer(body: String) -> axum::http::Response<Session> {
    let session = Session::run(SessionConfig::new(), |sender| async move {
        let spoken = match serde_json::from_str(&body) {
            Ok(Request { prompt, .. }) => speak(&sender, prompt).await,
            Err(error) => send(&sender, &problem(&error.to_string())).await,
        };
        if let Err(error) = spoken {
            eprintln!("nobody listens any more: {error}");
        }
    });
    session.into_http_response()
}

async fn speak(sender: &Sender, prompt: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    for word in [" I", " am", " a", " model"] {
        send(sender, &Chunk { text: word.into(), usage: None }).await?;
        sleep(Duration::from_millis(20)).await;
    }
    match prompt {
        "too much" => send(sender, &problem("overloaded")).await,
        "unplug" => Ok(()),
        _ => {
            send(sender, &Chunk { text: ".".into(), usage: Some(Usage { total_tokens: 7 }) }).await?;
            Ok(sender.send("[DONE]").await?)
        }
    }
}

async fn send(sender: &Sender, data: &impl Serialize) -> Result<(), Box<dyn Error + Send + Sync>> {
    Ok(sender.send_json(data).await?)
}

fn problem(message: &str) -> Problem {
    Problem { error: Fault { message: message.into() } }
}
