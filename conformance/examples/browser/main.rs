//! A real browser, headless, reads from a server of this project: it gets every event as it was sent, loses the server,
//! comes back by itself, and misses nothing.
//!
//! ```sh
//! cargo run -p sse-conformance --example browser
//! cargo run -p sse-conformance --example browser -- --browser /usr/bin/google-chrome
//! cargo run -p sse-conformance --example browser -- --install # gets Debian's chromium first
//! ```
//!
//! The exit code is 0 if all was as it has to be, 1 if not, and 2 if there is no browser.

mod browser;
mod scene;
mod server;

use std::{env, process::ExitCode};

use crate::browser::Missing;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let program = match arguments[..] {
        [] => browser::find(),
        ["--browser", program] => Ok(program.into()),
        ["--install"] => browser::install().and_then(|()| browser::find()),
        _ => {
            eprintln!("usage: browser [--browser PROGRAM | --install]");
            return ExitCode::from(2);
        }
    };
    let program = match program {
        Ok(program) => program,
        Err(Missing(why)) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    match scene::play(&program).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}
