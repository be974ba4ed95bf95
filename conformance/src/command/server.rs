//! `sse-conformance server`

use core::time::Duration;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use sse_conformance::server::{self, Target};
use sse_proto::client::ClientConfig;

use super::Failure;

/// Judge the server of a URL.
///
/// What a URL alone cannot show is asked for with the other options; without them these checks are skipped. The exit code
/// is 0 if all checks passed, 1 if one failed, and 2 if the command was called wrongly.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A stream of events, `http` or `https`. It should carry some while it is watched.
    url: String,
    /// Takes a message by POST as JSON, `{"data":…,"event":…,"id":…,"retry":…,"comment":…}` where each may be missing,
    /// and answers with a stream that has just this message, and ends; or with a status from 400 to 499 if it refuses it.
    #[arg(long, value_name = "URL")]
    echo: Option<String>,
    /// The stream continues after the event whose ID a client sends when it reconnects.
    #[arg(long)]
    resume: bool,
    /// The stream is common to all clients: they get the same events in the same order.
    #[arg(long)]
    shared: bool,
    /// A stream without events, to see whether it is kept alive. Takes up to 90 s.
    #[arg(long, value_name = "URL")]
    idle: Option<String>,
    /// A stream that is over for good, and answers 204.
    #[arg(long, value_name = "URL")]
    finished: Option<String>,
    /// Says in decimal digits how many streams are open.
    #[arg(long, value_name = "URL")]
    counter: Option<String>,
    /// Says in decimal digits how many bytes of memory the server takes.
    #[arg(long, value_name = "URL")]
    memory: Option<String>,
    /// How many clients listen at once to a stream that is common to all (`--shared`), up to 1000; 0 for none.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u16).range(..=1000))]
    parallel: u16,
    /// How long the stream is watched, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    watch: f64,
    /// Write a report in JSON to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Count failed checks of the level `should`, too.
    #[arg(long)]
    strict: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.1..=3600.0).contains(&seconds) { Ok(seconds) } else { Err("not from 0.1 to 3600".into()) }
}

pub(crate) fn server(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { url, echo, idle, finished, counter, memory, .. } = arguments;
    let others = [echo, idle, finished, counter, memory];
    for url in others.into_iter().flatten().chain([url]) {
        ClientConfig::get(url.as_str()).map_err(Failure::misuse)?;
        if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(Failure::misuse(format!("{url:?} is no URL of HTTP")));
        }
    }
    let json = arguments
        .json
        .as_ref()
        .map(|file| File::create(file).map_err(|error| Failure::misuse(format!("{}: {error}", file.display()))));
    let json = json.transpose()?;
    let report = server::run(&arguments.url, &arguments.target());
    if let Some(file) = json {
        let mut output = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut output, &report).map_err(Failure::task)?;
        output.flush().map_err(Failure::output)?;
    }
    let failed = report.failed(arguments.strict).count();
    let mut output = io::stdout().lock();
    let written = report.results.iter().try_for_each(|result| writeln!(output, "{result}"));
    let counts = |output: &mut dyn Write| {
        let (passed, skipped) = (report.passed(), report.skipped().count());
        let tolerated = report.tolerated(arguments.strict).count();
        writeln!(output, "{passed} passed, {failed} failed, {tolerated} tolerated, {skipped} skipped")
    };
    match written.and_then(|()| counts(&mut output)) {
        // Nobody reads on, and somebody may still look at the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.map_err(Failure::output)?,
    }
    Ok(ExitCode::from(u8::from(failed > 0)))
}

impl Arguments {
    fn target(&self) -> Target {
        Target {
            echo: self.echo.clone(),
            counter: self.counter.clone(),
            finished: self.finished.clone(),
            idle: self.idle.clone(),
            memory: self.memory.clone(),
            resume: self.resume,
            shared: self.shared,
            parallel: self.parallel.into(),
            watch: Duration::from_secs_f64(self.watch),
            ..Target::new(self.url.as_str())
        }
    }
}
