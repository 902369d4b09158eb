//! Tables: columns with a head each, as wide as what stands in them.

use serde_json::{Map, Value};

/// How much room there is between two columns.
const GAP: &str = "  ";

/// So many things of a list are shown to people.
const SHOWN: usize = 6;

/// A table.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// What stands in one place of a table.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Cell {
    /// Nothing: a dash.
    Nothing,
    /// A word or some.
    Text(String),
    /// A number.
    Number(u64),
    /// Whether it is so.
    Yes(bool),
    /// Several things.
    List(Vec<String>),
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: &[&'static str]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: a cell for each column.
    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    /// The same, where not every table of a kind has all columns.
    pub(crate) fn push_row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// For people. A column in which nothing stands anywhere is left out.
    pub(crate) fn push(&self, indent: &str, out: &mut String) {
        let columns = self.columns.iter().enumerate();
        let used = columns.filter(|(place, _)| {
            self.rows.iter().any(|row| row.get(*place).is_some_and(|cell| !cell.is_nothing()))
        });
        let used: Vec<(usize, &str)> = used.map(|(place, name)| (place, *name)).collect();
        let heads = used.iter().map(|(_, name)| name.to_uppercase()).collect();
        let rows = self.rows.iter().map(|row| {
            let cells = used.iter().map(|(place, _)| row.get(*place));
            cells.map(|cell| cell.map_or_else(String::new, Cell::text)).collect()
        });
        // A lone column may go without a name.
        let heads =
            Some(heads).filter(|heads: &Vec<String>| heads.iter().any(|head| !head.is_empty()));
        let lines: Vec<Vec<String>> = heads.into_iter().chain(rows).collect();
        let width = |place: usize| {
            let cells = lines.iter().filter_map(|line| line.get(place));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..used.len()).map(width).collect();
        for line in &lines {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            let cells: Vec<String> = cells.collect();
            out.push_str(indent);
            out.push_str(cells.join(GAP).trim_end());
            out.push('\n');
        }
    }

    /// For machines: an object for each row.
    pub(crate) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let fields = self.columns.iter().zip(row);
            let fields = fields.map(|(name, cell)| (name.replace(' ', "-"), cell.json()));
            Value::Object(fields.collect::<Map<String, Value>>())
        });
        rows.collect()
    }
}

impl Cell {
    fn is_nothing(&self) -> bool {
        match self {
            Cell::Nothing => true,
            Cell::List(all) => all.is_empty(),
            _ => false,
        }
    }

    fn text(&self) -> String {
        match self {
            _ if self.is_nothing() => "-".to_owned(),
            Cell::Nothing => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Yes(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Cell::List(all) => {
                // One more takes no more room than to say so.
                let shown = if all.len() > SHOWN + 1 { SHOWN } else { all.len() };
                let named: Vec<&str> = all.iter().take(shown).map(String::as_str).collect();
                match all.len() - shown {
                    0 => named.join(", "),
                    more => format!("{} and {more} more", named.join(", ")),
                }
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Cell::Nothing => Value::Null,
            Cell::Text(text) => text.as_str().into(),
            Cell::Number(number) => (*number).into(),
            Cell::Yes(yes) => (*yes).into(),
            Cell::List(all) => all.as_slice().into(),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Cell {
        Cell::Text(text.clone())
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Cell {
        Cell::Number(number.into())
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Cell {
        Cell::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<bool> for Cell {
    fn from(yes: bool) -> Cell {
        Cell::Yes(yes)
    }
}

impl From<Vec<String>> for Cell {
    fn from(all: Vec<String>) -> Cell {
        Cell::List(all)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(some: Option<T>) -> Cell {
        some.map_or(Cell::Nothing, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_as_wide_as_their_cells_and_empty_ones_are_left_out() {
        let mut table = Table::new(&["name", "master", "mtu", "for whom"]);
        table.row(["cni0".into(), Cell::Nothing, 1500u32.into(), vec!["a".to_owned()].into()]);
        table.row(["veth12345678".into(), Cell::Nothing, 1450u32.into(), vec![].into()]);
        let mut out = String::new();
        table.push("  ", &mut out);
        let expected =
            "  NAME          MTU   FOR WHOM\n  cni0          1500  a\n  veth12345678  1450  -\n";
        assert_eq!(out, expected);
        let first = json!({ "name": "cni0", "master": null, "mtu": 1500, "for-whom": ["a"] });
        assert_eq!(table.json().get(0), Some(&first));
    }
}
