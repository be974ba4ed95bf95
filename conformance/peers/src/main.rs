//! Side-by-side benchmarks of `sse-proto` and the other Rust crates for Server-Sent Events.

mod allocs;
mod cases;
mod chunks;
mod client;
mod corpora;
mod cpu;
mod faults;
mod http;
mod peers;
mod read;
mod sampling;
mod serve;
mod table;
mod tally;
mod write;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};

use crate::{chunks::Chunking, corpora::Corpus, sampling::Effort};

#[global_allocator]
static ALLOCATOR: allocs::Counting = allocs::Counting;

/// Side-by-side benchmarks of sse-proto and the other Rust crates for Server-Sent Events.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decoders: MB/s.
    Read,
    /// Encoders: M events/s.
    Write,
    /// Decoders: allocations per event.
    Allocs,
    /// Decoders: which of the parser cases they pass, whole and cut into bytes.
    Cases {
        /// The files of cases.
        #[arg(default_values = cases::DEFAULT)]
        files: Vec<PathBuf>,
    },
    /// One decoder on one corpus, once: for a profiler.
    One {
        /// A column of the reading tables.
        #[arg(long)]
        contender: String,
    },
    /// Clients over loopback: CPU time and allocations per event.
    Client(client::Args),
    /// Servers: when they free the sessions of faulty clients.
    Faults(faults::Args),
    /// Clients: how many of the connection-level cases they pass.
    Http,
    /// Servers over loopback: CPU time, allocations and memory for each subscriber.
    Serve(serve::Args),
    /// The server that the clients read from, in a process of its own.
    #[command(hide = true)]
    Source,
    /// A server whose clients are faulty, in a process of its own.
    #[command(hide = true)]
    FaultyHost {
        /// Its name in the table.
        server: String,
        /// The write timeout of its sessions and sockets, in milliseconds.
        write_timeout: u64,
    },
    /// A server under test, in a process of its own.
    #[command(hide = true)]
    Host {
        /// Its name in the tables.
        contender: String,
    },
    /// Everything.
    All,
}

#[derive(Args, Debug)]
struct Options {
    /// Only these corpora.
    #[arg(long, global = true, value_delimiter = ',')]
    corpus: Vec<Corpus>,
    /// Only these chunks: `whole` or a number of bytes.
    #[arg(long, global = true, value_delimiter = ',', value_parser = Chunking::parse)]
    chunk: Vec<Chunking>,
    /// How many times every contender has its turn.
    #[arg(long, global = true, default_value_t = 7)]
    rounds: usize,
    /// Small corpora and one round: shows that it runs, not how fast.
    #[arg(long, global = true)]
    quick: bool,
    /// Exit with 1 where a ratio falls below its bar.
    #[arg(long, global = true)]
    check: bool,
}

impl Options {
    fn effort(&self) -> Effort {
        if self.quick { Effort::smoke() } else { Effort::full(self.rounds.max(1)) }
    }

    fn corpora<'a>(&'a self, all: &'a [Corpus]) -> Vec<Corpus> {
        all.iter().copied().filter(|corpus| self.corpus.is_empty() || self.corpus.contains(corpus)).collect()
    }

    fn chunkings(&self) -> &[Chunking] {
        if self.chunk.is_empty() { &Chunking::ALL } else { &self.chunk }
    }
}

fn main() -> ExitCode {
    let Cli { command, options } = Cli::parse();
    match run(&command, &options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(u8::from(options.check)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Says whether all bars of what was asked for were reached.
fn run(command: &Command, options: &Options) -> Result<bool, String> {
    let effort = options.effort();
    let read = || read::run(&options.corpora(&Corpus::ALL), options.chunkings(), effort);
    let write = || write::run(&options.corpora(&Corpus::WRITTEN), effort);
    let allocs = || allocs::run(&options.corpora(&Corpus::ALL), effort.corpus_len);
    Ok(match command {
        Command::Read => read(),
        Command::Write => write(),
        Command::Allocs => {
            allocs();
            true
        }
        Command::Cases { files } => cases::run(files)?,
        Command::Client(args) => client::run(args, effort)?,
        Command::Faults(args) => faults::run(args)?,
        Command::FaultyHost { server, write_timeout } => {
            faults::host(server, Duration::from_millis(*write_timeout))?;
            true
        }
        Command::Http => {
            http::run();
            true
        }
        Command::Serve(args) => serve::run(args, effort)?,
        Command::Source => {
            client::serve()?;
            true
        }
        Command::Host { contender } => {
            serve::host(contender)?;
            true
        }
        Command::All => {
            let client = || client::run(&client::Args::default(), effort);
            let reached = [read(), write(), client()?, serve::run(&serve::Args::default(), effort)?];
            allocs();
            cases::run(&cases::DEFAULT)? && reached == [true; 4]
        }
        Command::One { contender } => {
            let contender = peers::named(contender)?;
            for corpus in options.corpora(&Corpus::ALL) {
                let stream = corpus.stream(effort.corpus_len);
                for chunking in options.chunkings() {
                    let tally = (contender.count)(&stream.bytes, *chunking)?;
                    println!("{} {} {}: {tally}", contender.name, corpus.name(), chunking.name());
                }
            }
            true
        }
    })
}
