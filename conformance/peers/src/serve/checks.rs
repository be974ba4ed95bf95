//! What was reached, beside what must be.

use crate::table::Table;

/// The bars of one part.
pub(super) struct Checks {
    table: Table,
    all: bool,
}

impl Checks {
    pub(super) fn new() -> Self {
        Self { table: Table::new(["measure", "reached", "bar", "ok"]), all: true }
    }

    pub(super) fn at_most(&mut self, what: impl Into<String>, reached: f64, bar: f64) {
        self.add(what.into(), reached, "≤", bar, reached <= bar);
    }

    pub(super) fn at_least(&mut self, what: impl Into<String>, reached: f64, bar: f64) {
        self.add(what.into(), reached, "≥", bar, reached >= bar);
    }

    /// Prints which bars were reached; says whether all were.
    pub(super) fn print(self) -> bool {
        if !self.table.is_empty() {
            self.table.print();
        }
        self.all
    }

    fn add(&mut self, what: String, reached: f64, sign: &str, bar: f64, ok: bool) {
        self.all &= ok;
        let ok = if ok { "yes" } else { "NO" };
        self.table.row([what, format!("{reached:.3}"), format!("{sign} {bar}"), ok.to_owned()]);
    }
}
