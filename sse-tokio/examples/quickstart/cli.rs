//! What the command line asks for.

use std::{env, error::Error, process::ExitCode};

use crate::{demo, listen, server};

const USAGE: &str = "usage: quickstart              events over HTTP, cut twice and resumed
       quickstart serve [ADDR] a server with a page for the browser (default 127.0.0.1:8080)
       quickstart listen URL   print the events of a URL, resuming by itself";

pub(crate) async fn run() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => demo::run().await,
        ["serve"] => server::run("127.0.0.1:8080").await,
        ["serve", address] => server::run(address).await,
        ["listen", url] => listen::run(url).await,
        ["-h" | "--help" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

/// An error and what is behind it, in one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
