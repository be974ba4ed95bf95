//! `sse-conformance decode`

use core::num::NonZeroUsize;
use std::{
    io::{self, Read, Write},
    process::ExitCode,
};

use serde::Serialize;
use sse_conformance::Event;
use sse_proto::{Chunk, Decoder, EventRef};

use super::Failure;

/// Read a stream from standard input and write one JSON line per event.
///
/// The last line is `{"end":{"retry":…,"lastEventId":…}}`. A stream that passes a limit of the decoder ends with exit
/// code 1.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The most bytes to give the decoder at a time.
    #[arg(long, value_name = "BYTES", default_value = "16384")]
    chunk: NonZeroUsize,
}

pub(crate) fn decode(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut buffer = vec![0; arguments.chunk.get().min(MOST_AT_ONCE)];
    let mut decoder = Decoder::new();
    loop {
        let mut chunk = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => Chunk::new(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::task(format!("the input cannot be read: {error}"))),
        };
        while let Some(event) = decoder.decode(&mut chunk).map_err(Failure::task)? {
            write_line(&mut output, &written(event))?;
        }
    }
    decoder.finish();
    let end =
        End { retry: decoder.retry().map(sse_proto::Retry::as_millis), last_event_id: decoder.last_event_id().into() };
    write_line(&mut output, &LastLine { end })?;
    Ok(ExitCode::SUCCESS)
}

/// A pipe gives no more at once, and the buffer is allocated before anything is read.
const MOST_AT_ONCE: usize = 1024 * 1024;

#[derive(Serialize)]
struct LastLine {
    end: End,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct End {
    retry: Option<u64>,
    last_event_id: String,
}

fn written(event: EventRef<'_>) -> Event {
    Event {
        event_type: event.event_type().into(),
        data: event.data().into(),
        last_event_id: event.last_event_id().into(),
        own_id: None,
    }
}

/// Writes the line and flushes it: whoever reads it may be waiting for this event.
fn write_line(output: &mut impl Write, value: &impl Serialize) -> Result<(), Failure> {
    let mut line = serde_json::to_vec(value).map_err(Failure::task)?;
    line.push(b'\n');
    output.write_all(&line).and_then(|()| output.flush()).map_err(Failure::output)
}
