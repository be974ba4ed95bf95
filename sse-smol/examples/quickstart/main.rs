//! Events over real HTTP, the connection cut, resumed with nothing lost.
//!
//! ```sh
//! cargo run -p sse-smol --example quickstart                  # the demonstration
//! cargo run -p sse-smol --example quickstart -- serve [ADDR]  # a server to open in a browser
//! cargo run -p sse-smol --example quickstart -- listen URL    # prints the events of any URL
//! ```

#[path = "../../../sse-tokio/examples/quickstart/cli.rs"]
mod cli;
#[path = "../../../sse-tokio/examples/quickstart/cut.rs"]
mod cut;
#[path = "../../../sse-tokio/examples/quickstart/demo.rs"]
mod demo;
#[path = "../../../sse-tokio/examples/quickstart/listen.rs"]
mod listen;
mod runtime;
#[path = "../../../sse-tokio/examples/quickstart/server.rs"]
mod server;

fn main() -> std::process::ExitCode {
    runtime::block_on(cli::run())
}
