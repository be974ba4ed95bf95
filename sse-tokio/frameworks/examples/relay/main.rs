//! A proxy that rewrites events: comments, reconnection times and IDs without an event go through, and no ID is sent before
//! its event. Where the upstream is cut off, the proxy's response is cut off.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example relay
//! ```
//!
//! `proxy.rs` is what a program has to write. The upstream and a client are in the same program.

mod proxy;

use std::error::Error;

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use sse_tokio::ClientConfig;
use tokio::net::TcpListener;

/// What the upstream sends to a new client, and what the proxy makes of it.
const SENT: &str = "retry: 3000\n\n: hello\n\nid: 1\ndata: a\n\nid: 2\nevent: debug\ndata: x\n\ndata: b\n\nid: 3\n\n\
                    event: add\nid\ndata: c\n\ndata: cut";
const PASSED_ON: &str = "retry: 3000\n: hello\ndata: A\nid: 1\n\nid: 2\n\ndata: B\n\nid: 3\n\n\
                         event: add\ndata: C\nid: \n\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run().await
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let upstream = serve(Router::new().route("/", get(upstream))).await?;
    let proxy = serve(proxy::app(ClientConfig::get(upstream)?)).await? + "events";

    let client = reqwest::Client::builder().no_proxy().build()?;
    let (mut response, mut passed_on) = (client.get(&proxy).send().await?, String::new());
    let end = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => passed_on += str::from_utf8(&chunk)?,
            end => break end,
        }
    };
    println!("{passed_on}");
    println!("the upstream was cut off, and so is the response of the proxy: {}", end.is_err());
    if end.is_ok() {
        return Err("the response ended as if it were whole".into());
    }
    // The first line is the session's, which sends something at once.
    if passed_on.strip_prefix(":\n") != Some(PASSED_ON) {
        return Err(format!("expected {PASSED_ON:?}, got {passed_on:?}").into());
    }
    let status = client.get(&proxy).header("Last-Event-ID", "3").send().await?.status();
    println!("a client that comes back after the last event gets {status}");
    if status != StatusCode::NO_CONTENT { Err("the ID did not arrive".into()) } else { Ok(()) }
}

async fn upstream(headers: HeaderMap) -> Response {
    match headers.get("last-event-id") {
        None => ([("content-type", "text/event-stream")], SENT).into_response(),
        Some(id) if id == "3" => StatusCode::NO_CONTENT.into_response(),
        Some(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn serve(app: Router) -> Result<String, std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}
