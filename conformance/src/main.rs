//! The command `sse-conformance`.

#![forbid(unsafe_code)]

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::Failure;

/// Judges readers, writers and servers of Server-Sent Events.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Decode(command::decode::Arguments),
    Run(command::run::Arguments),
    #[cfg(feature = "tokio")]
    Server(command::server::Arguments),
    #[cfg(feature = "tokio")]
    Service(command::service::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Decode(arguments) => command::decode::decode(&arguments),
        Task::Run(arguments) => command::run::run(&arguments),
        #[cfg(feature = "tokio")]
        Task::Server(arguments) => command::server::server(&arguments),
        #[cfg(feature = "tokio")]
        Task::Service(arguments) => command::service::service(&arguments),
    };
    result.unwrap_or_else(Failure::report)
}
