//! The reading benchmark.

mod bars;
mod probe;

use std::time::Instant;

use self::probe::Probed;
use crate::{
    chunks::Chunking,
    corpora::Corpus,
    peers::{self, Role},
    sampling::{Effort, Task, interleave, median, ratio},
    table::Table,
};

/// What was measured on one corpus in one chunking: a cell per contender, in the order of [`peers::ALL`].
struct Row {
    corpus: Corpus,
    chunking: Chunking,
    cells: Vec<Cell>,
}

enum Cell {
    /// MB/s by round; `capped` where the whole corpus would have taken too long and a shorter one was read.
    Rates { rates: Vec<f64>, capped: Option<usize> },
    /// It found something else than what is in the corpus, or panicked: it does not count.
    Wrong(String),
}

impl Cell {
    fn rates(&self) -> Option<&[f64]> {
        match self {
            Self::Rates { rates, .. } => Some(rates),
            Self::Wrong(_) => None,
        }
    }
}

impl Row {
    fn measure(corpus: Corpus, chunking: Chunking, effort: Effort) -> Self {
        // One byte at a time is slow for everyone.
        let len = if chunking == Chunking::BYTE { effort.corpus_len / 8 } else { effort.corpus_len };
        let probed: Vec<_> =
            peers::ALL.iter().map(|contender| probe::probe(contender, corpus, chunking, len)).collect();
        let mut tasks: Vec<_> = probed
            .iter()
            .zip(peers::ALL)
            .filter_map(|(probed, contender)| {
                let Probed::Fit { stream, .. } = probed else { return None };
                let pass = move || {
                    let start = Instant::now();
                    let tally = (contender.count)(&stream.bytes, chunking);
                    let time = start.elapsed();
                    assert!(tally.is_ok(), "{} failed in a pass after the first", contender.name);
                    time
                };
                Some(Task { amount: stream.bytes.len() as f64 / 1e6, pass: Box::new(pass) })
            })
            .collect();
        let mut rates = interleave(&mut tasks, effort).into_iter();
        drop(tasks);
        let cells = probed.into_iter().map(|probed| match probed {
            Probed::Fit { capped, stream } => {
                Cell::Rates { rates: rates.next().unwrap_or_default(), capped: capped.then_some(stream.bytes.len()) }
            }
            Probed::Wrong(what) => Cell::Wrong(what),
        });
        Self { corpus, chunking, cells: cells.collect() }
    }

    /// The fastest peer that reads the corpus as it should.
    fn best_peer(&self) -> Option<(&'static str, &[f64])> {
        let peers = peers::ALL.iter().zip(&self.cells).filter(|(contender, _)| contender.role == Role::Peer);
        let rates = peers.filter_map(|(contender, cell)| Some((contender.name, cell.rates()?)));
        rates.max_by(|(_, left), (_, right)| median(left).total_cmp(&median(right)))
    }

    /// Ours, in times of the best peer.
    fn ratio(&self, ours: usize) -> f64 {
        match (self.cells[ours].rates(), self.best_peer()) {
            (Some(ours), Some((_, best))) => ratio(ours, best),
            _ => f64::NAN,
        }
    }
}

/// Measures and prints; says whether all bars were reached.
pub(crate) fn run(corpora: &[Corpus], chunkings: &[Chunking], effort: Effort) -> bool {
    let mut all = Vec::new();
    for &chunking in chunkings {
        println!("## Reading, {} chunks (MB/s, median of {} rounds)\n", chunking.name(), effort.rounds);
        let rows: Vec<_> = corpora.iter().map(|corpus| Row::measure(*corpus, chunking, effort)).collect();
        print(&rows);
        all.extend(rows);
    }
    bars::print(&all)
}

fn print(rows: &[Row]) {
    let names = peers::ALL.iter().map(|contender| contender.name);
    let mut table = Table::new(["corpus"].into_iter().chain(names).chain(["best peer", "lent/best", "owned/best"]));
    let mut notes = Vec::new();
    for row in rows {
        let corpus = row.corpus.name();
        let mut cells = vec![corpus.to_owned()];
        for (contender, cell) in peers::ALL.iter().zip(&row.cells) {
            cells.push(match cell {
                Cell::Rates { rates, capped: None } => format!("{:.0}", median(rates)),
                Cell::Rates { rates, capped: Some(len) } => {
                    notes.push(format!("~ {} on {corpus}: measured on {} KiB only", contender.name, len / 1024));
                    format!("~{:.0}", median(rates))
                }
                Cell::Wrong(what) => {
                    notes.push(format!("≠ {} on {corpus}: {what}", contender.name));
                    "≠".to_owned()
                }
            });
        }
        cells.push(row.best_peer().map_or("-", |(name, _)| name).to_owned());
        cells.extend([peers::LENT, peers::OWNED].map(|ours| format!("{:.2}", row.ratio(ours))));
        table.row(cells);
    }
    table.print();
    for note in notes {
        println!("{note}");
    }
    println!();
}
