//! The writing benchmark.

mod encoders;

use self::encoders::{Item, Prepared};
use crate::{
    corpora::Corpus,
    sampling::{Effort, interleave, median, ratio},
    table::Table,
};

/// How many events and bytes of data are written over and over: they stay in the second-level cache.
const EVENTS: usize = 1024;
const BYTES: usize = 256 * 1024;

/// What ours must reach, in times of russe: with events that are there, and with events that are made from strings.
const fn bar(corpus: Corpus) -> f64 {
    match corpus {
        Corpus::Full | Corpus::Multiline => 1.3,
        _ => 1.05,
    }
}

/// What ours must reach as a body, made each time, in times of axum's: on small events.
const fn built_bar(corpus: Corpus) -> f64 {
    match corpus {
        Corpus::Multiline => 0.0,
        _ => 3.0,
    }
}

/// Measures and prints; says whether all bars were reached.
pub(crate) fn run(corpora: &[Corpus], effort: Effort) -> bool {
    let mut all = true;
    let names = encoders::ALL.iter().map(|encoder| encoder.name);
    let columns = ["ours/russe", "owned/russe", "bar", "ok", "ours/axum", "built/axum", "bar", "ok"];
    let head = ["corpus"].into_iter().chain(names).chain(columns);
    let mut table = Table::new(head);
    let mut notes = Vec::new();
    for &corpus in corpora {
        let items = items(corpus);
        let prepared: Vec<_> = encoders::ALL.iter().map(|encoder| (encoder.prepare)(&items)).collect();
        for (encoder, prepared) in encoders::ALL.iter().zip(&prepared) {
            if let Err(what) = encoders::check(&items, &prepared.written) {
                notes.push(format!("≠ {} on {}: {what}", encoder.name, corpus.name()));
                all = false;
            }
        }
        let mut tasks: Vec<_> = prepared.into_iter().map(|Prepared { task, .. }| task).collect();
        let rates = interleave(&mut tasks, effort);
        let [ours, owned, built, russe, russe_owned, axum] = &*rates else {
            unreachable!("as many as there are encoders")
        };
        let reached = [ratio(ours, russe), ratio(owned, russe_owned)];
        let built_reached = ratio(built, axum);
        let ok = reached.iter().all(|reached| *reached >= bar(corpus));
        let built_ok = built_reached >= built_bar(corpus);
        all &= ok && built_ok;
        let mut cells = vec![corpus.name().to_owned()];
        cells.extend(rates.iter().map(|rates| format!("{:.2}", median(rates))));
        cells.extend(reached.map(|reached| format!("{reached:.2}")));
        cells.extend([
            format!("{:.2}", bar(corpus)),
            if ok { "yes" } else { "NO" }.to_owned(),
            format!("{:.2}", ratio(ours, axum)),
            format!("{built_reached:.2}"),
            format!("{:.2}", built_bar(corpus)),
            if built_ok { "yes" } else { "NO" }.to_owned(),
        ]);
        table.row(cells);
    }
    println!("## Writing (M events/s, median of {} rounds)\n", effort.rounds);
    table.print();
    for note in notes {
        println!("{note}");
    }
    all
}

/// The first events of the corpus, for the rest of the program's life, so that no encoder pays for shared ownership.
fn items(corpus: Corpus) -> Vec<Item> {
    let mut len = 0;
    let within = corpus.items().take(EVENTS).take_while(|item| {
        len += item.data.len();
        len <= BYTES
    });
    within
        .map(|item| Item {
            event: item.event,
            id: item.id.map(|id| &*id.leak()),
            retry: item.retry,
            data: item.data.leak(),
        })
        .collect()
}
