//! A pair in the manner of the Model Context Protocol: a call is a `POST`, whose response is JSON or a stream. The server
//! cuts streams as it likes, and the client resumes them by `GET`.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example mcp
//! ```

mod client;
mod server;

use std::error::Error;

use axum::{
    extract::Request,
    middleware::{self, Next},
};
use serde_json::json;
use tokio::{net::TcpListener, sync::mpsc};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run().await
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let (requests, mut received) = mpsc::unbounded_channel();
    let app = server::app().layer(middleware::from_fn(move |request: Request, next: Next| {
        let _ = requests.send(request.method().to_string());
        next.run(request)
    }));
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    let pong = client::call(&url, "ping", |_| {}).await?;
    println!("a response of JSON: {pong}");
    let mut steps = Vec::new();
    let result = client::call(&url, "work", |progress| {
        println!("progress: {}", progress["params"]);
        steps.push(progress["params"].clone());
    })
    .await?;
    println!("the result: {result}");
    server.abort();

    let mut methods = Vec::new();
    while let Ok(method) = received.try_recv() {
        methods.push(method);
    }
    println!("requests: {methods:?}");
    let resumed = methods.len() > 2 && methods[..2] == ["POST", "POST"] && methods[2..].iter().all(|get| get == "GET");
    match pong == "pong" && result == "done" && steps == [json!(1), json!(2), json!(3)] && resumed {
        true => Ok(()),
        false => Err("something else was expected".into()),
    }
}
