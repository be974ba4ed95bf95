//! Events over real HTTP, the connection cut, resumed with nothing lost.
//!
//! ```sh
//! cargo run -p sse-tokio --example quickstart                  # the demonstration
//! cargo run -p sse-tokio --example quickstart -- serve [ADDR]  # a server to open in a browser
//! cargo run -p sse-tokio --example quickstart -- listen URL    # prints the events of any URL
//! ```

mod cli;
mod cut;
mod demo;
mod listen;
mod runtime;
mod server;

fn main() -> std::process::ExitCode {
    runtime::block_on(cli::run())
}
