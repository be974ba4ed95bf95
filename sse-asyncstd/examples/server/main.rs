//! A server with hyper, and a log for all who listen.
//!
//! ```sh
//! cargo run -p sse-asyncstd --example server &
//! curl -N http://127.0.0.1:8081/
//! ```

#[path = "../quickstart/runtime.rs"]
mod runtime;
#[path = "../../../sse-tokio/examples/server/serve.rs"]
mod serve;

fn main() -> std::io::Result<()> {
    runtime::block_on(serve::run("127.0.0.1:8081"))
}
