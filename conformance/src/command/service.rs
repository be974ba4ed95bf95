//! `sse-conformance service`

use core::net::SocketAddr;
use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::ValueEnum;
use sse_conformance::service::{Engine, Service};

use super::Failure;

/// Serve a test harness: have clients follow streams as it says, and report what they get.
///
/// The protocol is that of LaunchDarkly's `sse-contract-tests`. The address is written to standard output as soon as it is
/// listened to. The service runs until it is told to quit.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The clients.
    #[arg(long, value_enum, default_value_t)]
    subject: Subject,
    /// The address to listen to; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Another name that requests may have as their `Host`: that of the container, for example. May be given more than
    /// once. The address itself and `localhost` are always allowed.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Subject {
    /// sse-tokio.
    #[default]
    Tokio,
    /// sse-smol.
    #[cfg(feature = "smol")]
    Smol,
    /// sse-asyncstd.
    #[cfg(feature = "async-std")]
    AsyncStd,
}

impl Subject {
    fn engine(self) -> Engine {
        match self {
            Self::Tokio => Engine::Tokio,
            #[cfg(feature = "smol")]
            Self::Smol => Engine::Smol,
            #[cfg(feature = "async-std")]
            Self::AsyncStd => Engine::AsyncStd,
        }
    }
}

pub(crate) fn service(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::task)?;
    runtime.block_on(async {
        let service = Service::bind(arguments.listen, arguments.subject.engine())
            .await
            .map_err(|error| Failure::misuse(format!("{}: {error}", arguments.listen)))?
            .allow_hosts(&arguments.hosts);
        let address = service.address().map_err(Failure::task)?;
        let mut output = io::stdout().lock();
        writeln!(output, "http://{address}").and_then(|()| output.flush()).map_err(Failure::output)?;
        service.run().await.map_err(Failure::task)?;
        Ok(ExitCode::SUCCESS)
    })
}
