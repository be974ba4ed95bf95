//! What our client must reach.

use super::{
    Place, Row, best_peer,
    contenders::{ALL, LENT, OWNED, RAW},
    find,
};
use crate::{sampling::ratio, table::Table};

/// The bars hold for writes of this size.
pub(super) const WRITE: usize = 64 * 1024;

/// In this order, lent and owned.
const BEST_PEER: [f64; 2] = [0.25, 0.35];
const RAW_READ: [f64; 2] = [2.5, f64::INFINITY];
/// What comes once for a block or a connection is no allocation per event.
const ALLOCATIONS: [f64; 2] = [0.01, 1.01];
const MAIN: f64 = 1.5;
const OTHER_RUNTIMES: f64 = 1.3;

/// Prints which bars were reached, of those that were measured; says whether all were.
pub(super) fn print(rows: &[Row]) -> bool {
    let mut all = true;
    let mut table = Table::new(["ours", "place", "measure", "reached", "bar", "ok"]);
    for (number, ours) in [LENT, OWNED].into_iter().enumerate() {
        for place in Place::ALL {
            let Some(row) = find(rows, ours, place) else { continue };
            let mut check = |what: String, reached: f64, most: f64| {
                if most.is_finite() {
                    let ok = reached <= most;
                    all &= ok;
                    let ok = if ok { "yes" } else { "NO" };
                    let cells =
                        [ALL[ours].name, place.name(), &what, &format!("{reached:.2}"), &format!("{most:.2}"), ok];
                    table.row(cells);
                }
            };
            if let Some(best) = best_peer(rows, place) {
                let what = format!("CPU, times the best peer's ({})", best.contender.name);
                check(what, ratio(&row.cpu, &best.cpu), BEST_PEER[number]);
            }
            if let Some(raw) = find(rows, RAW, place) {
                check("CPU, times a raw read's".to_owned(), ratio(&row.cpu, &raw.cpu), RAW_READ[number]);
            }
            check("allocations per event".to_owned(), row.allocations, ALLOCATIONS[number]);
            let most = match place {
                Place::AsyncStd | Place::Smol => OTHER_RUNTIMES,
                Place::Main => MAIN,
                Place::CurrentThread | Place::Spawned => continue,
            };
            if let Some(own) = find(rows, ours, Place::CurrentThread) {
                let what = "CPU, times its own on tokio's current-thread runtime".to_owned();
                check(what, ratio(&row.cpu, &own.cpu), most);
            }
        }
    }
    table.print();
    all
}
