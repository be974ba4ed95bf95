//! A first pass of a contender: is it right, and can it read the whole corpus in a time that one can wait for?

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use crate::{
    chunks::Chunking,
    corpora::{Corpus, Stream},
    peers::{Contender, Role},
};

/// Seconds that one pass may take.
const CAP: f64 = 0.8;

pub(super) enum Probed {
    Fit {
        stream: Stream,
        /// It is a shorter stream than the one that was asked for.
        capped: bool,
    },
    Wrong(String),
}

/// Reads longer and longer prefixes, up to `len` bytes, as long as the next one will probably not pass the cap.
pub(super) fn probe(contender: &Contender, corpus: Corpus, chunking: Chunking, len: usize) -> Probed {
    let mut fit: Option<(Stream, f64)> = None;
    for parts in [64, 16, 4, 1] {
        let stream = corpus.stream(len / parts);
        if let Some((shorter, seconds)) = &fit {
            let growth = stream.bytes.len() as f64 / shorter.bytes.len() as f64;
            // As bad as quadratic.
            if seconds * growth * growth > CAP && seconds * 16.0 > CAP {
                let (stream, _) = fit.expect("is there");
                return Probed::Fit { stream, capped: true };
            }
        }
        let start = Instant::now();
        match tally(contender, &stream, chunking) {
            Ok(()) => fit = Some((stream, start.elapsed().as_secs_f64())),
            Err(what) => return Probed::Wrong(what),
        }
    }
    let (stream, _) = fit.expect("at least one prefix was read");
    Probed::Fit { stream, capped: false }
}

fn tally(contender: &Contender, stream: &Stream, chunking: Chunking) -> Result<(), String> {
    let counted = catch_unwind(AssertUnwindSafe(|| (contender.count)(&stream.bytes, chunking)));
    match counted {
        Err(_) => Err("panicked".to_owned()),
        Ok(Err(error)) => Err(format!("failed: {error}")),
        Ok(Ok(tally)) if tally != stream.expected && contender.role != Role::Limit => {
            Err(format!("found {tally} in place of {}", stream.expected))
        }
        Ok(Ok(_)) => Ok(()),
    }
}
