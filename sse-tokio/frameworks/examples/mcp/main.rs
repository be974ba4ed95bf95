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
    // Two calls at a time, whose streams are in one log.
    let (mut steps, mut others) = (Vec::new(), Vec::new());
    let (result, other) = tokio::try_join!(
        client::call(&url, "work", |progress| {
            println!("progress: {}", progress["params"]);
            steps.push(progress["params"].clone());
        }),
        client::call(&url, "work", |progress| others.push(progress["params"].clone())),
    )?;
    println!("the results: {result}, {other}");
    server.abort();

    let mut methods = Vec::new();
    while let Ok(method) = received.try_recv() {
        methods.push(method);
    }
    println!("requests: {methods:?}");
    let resumed = methods.len() > 4 && methods[..3] == ["POST"; 3] && methods[3..].iter().all(|get| get == "GET");
    let each_has_its_own = [steps, others] == [[json!(1), json!(2), json!(3)], [json!(1), json!(2), json!(3)]];
    match pong == "pong" && result == "done" && other == "done" && each_has_its_own && resumed {
        true => Ok(()),
        false => Err("something else was expected".into()),
    }
}
