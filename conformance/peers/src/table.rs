//! Tables for the terminal that are Markdown as well.

/// A table under construction; the first column is aligned to the left.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self { rows: vec![head.into_iter().map(Into::into).collect()] }
    }

    pub(crate) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    pub(crate) fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            print_row(row, &widths);
            if number == 0 {
                let line: Vec<_> = widths.iter().map(|width| format!("{:->width$}", ":")).collect();
                print_row(&first_left(line), &widths);
            }
        }
        println!();
    }
}

/// The rule below the head: all columns to the right but the first.
fn first_left(mut rule: Vec<String>) -> Vec<String> {
    if let Some(first) = rule.first_mut() {
        *first = first.replace(':', "-");
    }
    rule
}

fn print_row(row: &[String], widths: &[usize]) {
    let mut line = String::from("|");
    for (column, width) in widths.iter().enumerate() {
        let cell = row.get(column).map_or("", String::as_str);
        let padding = " ".repeat(width - cell.chars().count());
        let (before, after) = if column == 0 { ("", &*padding) } else { (&*padding, "") };
        line.push_str(&format!(" {before}{cell}{after} |"));
    }
    println!("{line}");
}
