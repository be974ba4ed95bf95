//! `sse-conformance service`

use core::net::SocketAddr;
use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sse_conformance::{runtimes, service::Service};

use super::{Failure, subject};

/// Serve a test harness: have clients follow streams as it says, and report what they get.
///
/// The protocol is that of LaunchDarkly's `sse-contract-tests`. The address is written to standard output as soon as it is
/// listened to. The service runs until it is told to quit.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The clients.
    #[arg(long, value_parser = runtime(), default_value = "tokio")]
    subject: runtimes::Entry,
    /// The address to listen to; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Another name that requests may have as their `Host`: that of the container, for example. May be given more than
    /// once. The address itself and `localhost` are always allowed.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
}

/// Parses the name of a runtime.
fn runtime() -> impl TypedValueParser<Value = runtimes::Entry> {
    let all = runtimes::all();
    let values = PossibleValuesParser::new(all.iter().map(subject::value));
    values.try_map(move |name| all.iter().copied().find(|runtime| runtime.name == name).ok_or("no such runtime"))
}

pub(crate) fn service(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::task)?;
    runtime.block_on(async {
        let service = Service::bind(arguments.listen, arguments.subject)
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
