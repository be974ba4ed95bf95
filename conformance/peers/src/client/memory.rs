//! `EventReader` over bytes in memory, beside the bare decoder: what the reader's loop costs.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

use bytes::Bytes;
use sse_tokio::EventReader;

use crate::{
    chunks::Chunking,
    corpora::Corpus,
    peers,
    sampling::{Effort, Task, interleave, median, ratio},
    table::Table,
    tally::{Tally, Visit},
};

type Count = fn(&Bytes) -> Result<Tally, String>;

/// In pairs: the reader and the decoder that it is compared with.
const COUNTS: [(&str, Count); 4] = [
    ("reader lent", lent),
    ("decoder lent", |bytes| (peers::ALL[peers::LENT].count)(bytes, Chunking::RECEIVED)),
    ("reader owned", owned),
    ("decoder owned", |bytes| (peers::ALL[peers::OWNED].count)(bytes, Chunking::RECEIVED)),
];

fn lent(bytes: &Bytes) -> Result<Tally, String> {
    ready(async {
        let mut reader = EventReader::new(&**bytes);
        let mut tally = Tally::default();
        while let Some(event) = reader.next_ref().await {
            let event = event.map_err(|error| error.to_string())?;
            tally.event(event.event_type(), event.data(), Some(event.last_event_id()));
        }
        Ok(tally)
    })
}

fn owned(bytes: &Bytes) -> Result<Tally, String> {
    ready(async {
        let mut reader = EventReader::new(&**bytes);
        let mut tally = Tally::default();
        while let Some(event) = reader.next().await {
            let event = event.map_err(|error| error.to_string())?;
            tally.event(event.event_type(), event.data(), Some(event.last_event_id()));
        }
        Ok(tally)
    })
}

/// Runs what never has to wait, and yields now and then.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result;
        }
    }
}

/// Measures and prints.
pub(super) fn run(effort: Effort) -> Result<(), String> {
    println!("## EventReader over bytes in memory (MB/s, median of {} rounds)\n", effort.rounds);
    let head = ["corpus"].into_iter().chain(COUNTS.iter().map(|(name, _)| *name));
    let mut table = Table::new(head.chain(["lent reader/decoder", "owned reader/decoder"]));
    for corpus in [Corpus::Openai, Corpus::Tiny] {
        let stream = corpus.stream(effort.corpus_len);
        for (name, count) in COUNTS {
            let tally = count(&stream.bytes)?;
            if tally != stream.expected {
                return Err(format!("{name} found {tally} in {}", corpus.name()));
            }
        }
        let pass = |count: Count| {
            let bytes = &stream.bytes;
            move || {
                let start = Instant::now();
                assert!(count(bytes).is_ok(), "failed in a pass after the first");
                start.elapsed()
            }
        };
        let task = |(_, count)| Task { amount: stream.bytes.len() as f64 / 1e6, pass: Box::new(pass(count)) };
        let mut tasks: Vec<_> = COUNTS.into_iter().map(task).collect();
        let rates = interleave(&mut tasks, effort);
        let mut cells = vec![corpus.name().to_owned()];
        cells.extend(rates.iter().map(|rates| format!("{:.0}", median(rates))));
        cells.extend(rates.chunks(2).map(|pair| format!("{:.2}", ratio(&pair[0], &pair[1]))));
        table.row(cells);
    }
    table.print();
    Ok(())
}
