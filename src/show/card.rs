//! What is shown of a thing: a head, and named lines in their order.

use serde_json::{Map, Value, json};

/// What is shown of a thing.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// What it is and where: `pod default/web on node node0`.
    head: String,
    rows: Vec<(&'static str, String)>,
    /// The same for machines.
    json: Map<String, Value>,
}

impl Card {
    /// A card with a head; `kind` and `name` are what machines know the thing by.
    pub(super) fn new(head: String, kind: &str, name: &str) -> Card {
        let mut json = Map::new();
        json.insert("version".into(), json!(1));
        json.insert(kind.into(), json!(name));
        Card { head, rows: Vec::new(), json }
    }

    /// A line for people.
    pub(super) fn row(&mut self, label: &'static str, text: impl Into<String>) {
        self.rows.push((label, text.into()));
    }

    /// A field for machines.
    pub(super) fn field(&mut self, name: &str, value: Value) {
        self.json.insert(name.into(), value);
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let width = self.rows.iter().map(|(label, _)| label.len()).max().unwrap_or_default();
        let mut out = format!("{}\n", self.head);
        let mut before = "";
        for (label, text) in &self.rows {
            // What is of one kind is named once.
            let shown = if *label == before { "" } else { *label };
            out.push_str(&format!("  {shown:width$}  {text}\n"));
            before = label;
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
