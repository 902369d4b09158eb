//! What is shown of a thing: a head, named lines in their order, and tables.

use super::table::Table;
use serde_json::{Map, Value, json};

/// What is shown of a thing.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// What it is and where: `pod default/web on node node0`.
    head: String,
    parts: Vec<Part>,
    /// The same for machines.
    json: Map<String, Value>,
}

/// What stands in a card.
#[derive(Clone, PartialEq, Debug)]
enum Part {
    /// A line with a label.
    Row(&'static str, String),
    /// A table under its title.
    Table(String, Table),
}

impl Card {
    /// A card with a head; `kind` and `name` are what machines know the thing by.
    pub(super) fn new(head: String, kind: &str, name: &str) -> Card {
        let mut json = Map::new();
        json.insert("version".into(), json!(1));
        json.insert(kind.into(), json!(name));
        Card { head, parts: Vec::new(), json }
    }

    /// A line for people.
    pub(super) fn row(&mut self, label: &'static str, text: impl Into<String>) {
        self.parts.push(Part::Row(label, text.into()));
    }

    /// A field for machines.
    pub(super) fn field(&mut self, name: &str, value: Value) {
        self.json.insert(name.into(), value);
    }

    /// A table under its title; nothing for people, if it has no rows.
    pub(super) fn table(&mut self, name: &str, title: impl Into<String>, table: Table) {
        self.field(name, table.json());
        self.titled(title, table);
    }

    /// A table for people alone.
    pub(super) fn titled(&mut self, title: impl Into<String>, table: Table) {
        if !table.is_empty() {
            self.parts.push(Part::Table(title.into(), table));
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let labels = self.parts.iter().filter_map(|part| match part {
            Part::Row(label, _) => Some(label.len()),
            Part::Table(..) => None,
        });
        let width = labels.max().unwrap_or_default();
        let mut out = format!("{}\n", self.head);
        let mut before = "";
        for part in &self.parts {
            match part {
                Part::Row(label, text) => {
                    // What is of one kind is named once.
                    let shown = if *label == before { "" } else { *label };
                    out.push_str(&format!("  {shown:width$}  {text}\n"));
                    before = label;
                }
                Part::Table(title, table) => {
                    out.push_str(&format!("\n{title}\n"));
                    table.push("  ", &mut out);
                    before = "";
                }
            }
        }
        out
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        Value::Object(self.json.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_one_kind_is_named_once() {
        let mut card = Card::new("pod a on node b".into(), "pod", "a");
        card.row("route", "x");
        card.row("route", "y");
        card.row("to", "z");
        assert_eq!(card.text(), "pod a on node b\n  route  x\n         y\n  to     z\n");
        assert_eq!(card.json(), json!({ "version": 1, "pod": "a" }));
    }
}
