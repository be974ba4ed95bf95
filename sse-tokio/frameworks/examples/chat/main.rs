//! A client of a language model: text as it comes, calls of tools, and each way in which it can fail as an error of its own.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example chat
//! ```
//!
//! `client.rs` is what a program has to write. The server is in the same program: each prompt is another way in which a
//! completion can go.

mod client;
mod server;

use std::{cell::RefCell, error::Error, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Notify, time::timeout};

use self::client::{Call, complete};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run().await
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/completions", listener.local_addr()?);
    let cancelled = Arc::new(Notify::new());
    let server = tokio::spawn(axum::serve(listener, server::app(Arc::clone(&cancelled))).into_future());

    let expected = [
        ("hello", "I am a model", "calls weather {\"city\":\"Riga\"}"),
        ("overload", "I am a model", "the server reports: refused: overloaded"),
        ("unplug", "I am a model", "cut off"),
        ("too often", "", "too many requests, again in 7 s"),
        ("too much", "", "the quota is spent"),
    ];
    for (prompt, text, end) in expected {
        let found = ask(&url, prompt).await;
        println!("{prompt}: {} - {}", found.0, found.1);
        if found != (text.into(), end.into()) {
            return Err(format!("expected {text:?} and {end:?}").into());
        }
    }

    // Dropped at the first word; the server's handler is dropped, too.
    let shown = Notify::new();
    tokio::select! {
        ended = complete(&url, "key", "for ever", |_| shown.notify_one()) => return Err(format!("{ended:?}").into()),
        () = shown.notified() => {}
    }
    timeout(Duration::from_secs(10), cancelled.notified()).await?;
    println!("for ever: cancelled, and the server knows");
    server.abort();
    Ok(())
}

/// The text, and how it ended.
async fn ask(url: &str, prompt: &str) -> (String, String) {
    let text = RefCell::new(String::new());
    let ended = complete(url, "key", prompt, |word| text.borrow_mut().push_str(word)).await;
    let end = match ended {
        Ok(calls) => calls.iter().map(|Call { name, arguments, .. }| format!("calls {name} {arguments}")).collect(),
        Err(error) => error.to_string(),
    };
    (text.into_inner(), end)
}
