//! Changes for machines, as `lang/changes.schema.json` describes them.

use super::{Fate, NodeChanges};
use crate::form;
use crate::hns::HnsChange;
use crate::plan::{self, Origin};
use netc_lang::Sources;
use serde_json::{Value, json};

/// The version of the schema.
const VERSION: u32 = 1;

/// The changes of all nodes.
#[must_use]
pub fn json(all: &[NodeChanges], sources: &Sources) -> Value {
    let node = |one: &NodeChanges| {
        let fate = match one.fate {
            Fate::Stays => "stays",
            Fate::Comes => "comes",
            Fate::Goes => "goes",
        };
        let changes: Vec<Value> =
            one.changes.iter().map(|change| self::change(change, sources)).collect();
        let mut all = json!({ "node": one.node, "fate": fate, "changes": changes });
        if let (false, Value::Object(fields)) = (one.hns.is_empty(), &mut all) {
            fields.insert("hns".to_owned(), one.hns.iter().map(document).collect());
        }
        all
    };
    json!({ "version": VERSION, "nodes": all.iter().map(node).collect::<Vec<_>>() })
}

/// A change.
#[must_use]
pub fn change(change: &plan::Change, sources: &Sources) -> Value {
    json!({
        "object": change.key.to_string(),
        "key": form::key(&change.key),
        "action": change.kind.word(),
        "was": change.was,
        "with": change.with.as_ref().map(form::key),
        "cuts-traffic": change.cuts_traffic(),
        "commands": plan::commands(change),
        "origin": origin(&change.origin, sources),
        "from": change.from.as_ref().map(form::thing),
        "to": change.to.as_ref().map(form::thing),
    })
}

/// A change of what the network service of a Windows node is to hold.
fn document(change: &HnsChange) -> Value {
    let action = match (&change.from, &change.to) {
        (None, _) => "make",
        (_, None) => "remove",
        _ => "update",
    };
    json!({
        "what": change.what, "name": change.name, "action": action,
        "from": change.from, "to": change.to,
    })
}

fn origin(origin: &Origin, sources: &Sources) -> Value {
    match origin {
        Origin::Source(span) => {
            let position = sources.position(*span);
            let file = sources.get(span.file).map(|source| &source.name);
            json!({ "file": file, "line": position.line, "column": position.column })
        }
        // Saved as `file:line`.
        Origin::Saved(text) => match text.rsplit_once(':') {
            Some((file, line)) => json!({ "file": file, "line": line.parse::<usize>().ok() }),
            None => json!({ "file": **text }),
        },
        Origin::Nowhere => Value::Null,
    }
}
