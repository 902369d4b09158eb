//! What has passed on links: the columns that all tables of a lab end with.

use super::Lab;
use crate::lab::seen::Counters;
use crate::show::table::{Cell, Table};
use serde_json::{Value, json};

/// The columns: packets and bytes in and out, and what was lost.
const COLUMNS: [&str; 5] = ["in", "", "out", " ", "lost"];

/// A table of things that packets pass, and the same for machines.
pub(super) struct Passed<'p> {
    lab: &'p Lab<'p>,
    table: Table,
    all: Vec<Value>,
}

impl<'p> Passed<'p> {
    /// A table that begins with these columns.
    pub(super) fn new(lab: &'p Lab<'p>, own: &[&'static str]) -> Passed<'p> {
        let columns: Vec<&'static str> = own.iter().copied().chain(COLUMNS).collect();
        Passed { lab, table: Table::new(&columns), all: Vec::new() }
    }

    /// Adds a thing: the cells of its own columns, its fields for machines, and what has passed by now
    /// and by the time that was looked before.
    pub(super) fn row(
        &mut self,
        own: impl IntoIterator<Item = Cell>,
        mut fields: Value,
        (now, before): (Counters, Option<Counters>),
    ) {
        self.table.push_row(own.into_iter().chain(self.cells(now, before)).collect());
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("traffic".into(), numbers(now));
        }
        self.all.push(fields);
    }

    /// For people, and for machines.
    pub(super) fn done(self) -> (Table, Value) {
        (self.table, self.all.into())
    }

    /// In all, or in a second.
    fn cells(&self, now: Counters, before: Option<Counters>) -> [Cell; 5] {
        let (shown, each) = match (self.lab.before, before) {
            (Some((_, time)), Some(before)) => (now.per_second(before, time), "/s"),
            (Some(_), None) => (Counters::default(), "/s"),
            (None, _) => (now, ""),
        };
        let packets = |number: u64| Cell::from(format!("{number}{each}"));
        let size = |number: u64| Cell::from(format!("{}{each}", bytes(number)));
        let lost = Some(now.lost).filter(|lost| *lost > 0);
        [
            packets(shown.packets.0),
            size(shown.bytes.0),
            packets(shown.packets.1),
            size(shown.bytes.1),
            lost.map_or(Cell::Nothing, Cell::Number),
        ]
    }
}

/// Counters for machines.
fn numbers(counters: Counters) -> Value {
    let way = |packets: u64, bytes: u64| json!({ "packets": packets, "bytes": bytes });
    json!({
        "in": way(counters.packets.0, counters.bytes.0),
        "out": way(counters.packets.1, counters.bytes.1),
        "lost": counters.lost,
    })
}

/// A number of bytes, short.
fn bytes(number: u64) -> String {
    let units =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(size, _)| number >= *size) {
        Some((size, unit)) => {
            let tenths = number / (size / 10);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{number} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 999, 1_000, 98_250, 4_600_000, 7_000_000_000].map(bytes);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "98.2 kB", "4.6 MB", "7.0 GB"]);
    }
}
