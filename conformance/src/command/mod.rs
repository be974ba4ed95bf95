//! The tasks of the command, and how they end.

pub(crate) mod decode;
pub(crate) mod run;
#[cfg(feature = "tokio")]
pub(crate) mod server;
#[cfg(feature = "tokio")]
pub(crate) mod service;
mod subject;
mod suites;

use core::fmt::Display;
use std::{io, process::ExitCode};

/// Why a task could not be done.
pub(crate) enum Failure {
    /// The reader of the output has gone away, as `head` does; nothing to complain about.
    OutputClosed,
    /// The command was called wrongly: exit code 2, as for wrong arguments.
    Misuse(String),
    /// The task went wrong on the way: exit code 1.
    Task(String),
}

impl Failure {
    fn misuse(error: impl Display) -> Self {
        Self::Misuse(error.to_string())
    }

    fn task(error: impl Display) -> Self {
        Self::Task(error.to_string())
    }

    fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Task(format!("the output cannot be written: {error}")),
        }
    }

    /// Tells the user, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (message, code) = match self {
            Self::OutputClosed => return ExitCode::SUCCESS,
            Self::Misuse(message) => (message, 2),
            Self::Task(message) => (message, 1),
        };
        eprintln!("error: {message}");
        ExitCode::from(code)
    }
}
