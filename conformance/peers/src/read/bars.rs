//! What ours must reach, in times of the best peer.

use super::Row;
use crate::{chunks::Chunking, corpora::Corpus, peers, sampling::median, table::Table};

struct Bar {
    corpus: Corpus,
    ours: usize,
    chunking: Chunking,
    least: f64,
}

/// The bars of a corpus: lent at 16 KiB, lent at 64 B, owned at 16 KiB.
const BARS: [(Corpus, [f64; 3]); 7] = [
    (Corpus::Openai, [2.5, 1.6, 1.4]),
    (Corpus::Anthropic, [4.0, 2.0, 2.5]),
    (Corpus::Tiny, [5.0, 3.5, 2.0]),
    (Corpus::Big, [1.2, 1.7, 1.0]),
    (Corpus::Multiline, [2.5, 1.7, 1.5]),
    (Corpus::Full, [4.0, 2.0, 2.8]),
    (Corpus::Utf8, [5.0, 3.8, 3.7]),
];

fn bars() -> impl Iterator<Item = Bar> {
    let columns = [(peers::LENT, Chunking::BLOCK), (peers::LENT, Chunking::SMALL), (peers::OWNED, Chunking::BLOCK)];
    let big = Bar { corpus: Corpus::Big, ours: peers::LENT, chunking: Chunking::WHOLE, least: 1.5 };
    let rows = BARS.into_iter().flat_map(move |(corpus, least)| {
        columns.into_iter().zip(least).map(move |((ours, chunking), least)| Bar { corpus, ours, chunking, least })
    });
    // However short the chunks are, no peer is faster.
    let short = Corpus::ALL.into_iter().flat_map(|corpus| {
        [(peers::OWNED, Chunking::SMALL), (peers::LENT, Chunking::BYTE)].map(|(ours, chunking)| Bar {
            corpus,
            ours,
            chunking,
            least: 1.0,
        })
    });
    rows.chain([big]).chain(short)
}

/// Prints which bars were reached, of those that were measured; says whether all were.
pub(super) fn print(rows: &[Row]) -> bool {
    let mut all = true;
    let mut table = Table::new(["corpus", "ours", "chunks", "best peer", "reached", "bar", "ok"]);
    for Bar { corpus, ours, chunking, least } in bars() {
        let Some(row) = find(rows, corpus, chunking) else { continue };
        let reached = row.ratio(ours);
        let ok = reached >= least;
        all &= ok;
        let best = row.best_peer().map_or("-", |(name, _)| name);
        table.row([
            corpus.name().to_owned(),
            peers::ALL[ours].name.to_owned(),
            chunking.name(),
            best.to_owned(),
            format!("{reached:.2}"),
            format!("{least:.2}"),
            mark(ok),
        ]);
    }
    if !table.is_empty() {
        println!("## Reading: times the best peer of the same corpus and chunking\n");
        table.print();
    }
    linear(rows) && all
}

/// Whether ours is linear in the input, however it comes.
fn linear(rows: &[Row]) -> bool {
    let mut all = true;
    let mut table = Table::new(["lent events", "reached", "bar", "ok"]);
    let mut check = |what: String, reached: f64, least: f64| {
        all &= reached >= least;
        table.row([what, format!("{reached:.2}"), format!("{least:.2}"), mark(reached >= least)]);
    };
    let rate =
        |corpus, chunking| find(rows, corpus, chunking).and_then(|row| row.cells[peers::LENT].rates()).map(median);
    if let (Some(big), Some(openai)) = (rate(Corpus::Big, Chunking::BYTE), rate(Corpus::Openai, Chunking::BYTE)) {
        check("big at 1 byte, in times of openai at 1 byte".to_owned(), big / openai, 0.8);
        check("openai at 1 byte, in 200 MB/s".to_owned(), openai / 200.0, 1.0);
    }
    for corpus in Corpus::ALL {
        if let (Some(whole), Some(blocks)) = (rate(corpus, Chunking::WHOLE), rate(corpus, Chunking::BLOCK)) {
            // Below this is no tie any more.
            check(format!("{} whole, in times of 16 KiB chunks", corpus.name()), whole / blocks, 1.0 / 1.15);
        }
    }
    if !table.is_empty() {
        println!("## Reading: linear in the input\n");
        table.print();
    }
    all
}

fn find(rows: &[Row], corpus: Corpus, chunking: Chunking) -> Option<&Row> {
    rows.iter().find(|row| row.corpus == corpus && row.chunking == chunking)
}

fn mark(ok: bool) -> String {
    if ok { "yes" } else { "NO" }.to_owned()
}
