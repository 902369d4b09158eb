//! Keys as Go's reader of JSON takes them: in any case of letters, and those that it does not know
//! passed over (encoding/json, `Unmarshal`).

use crate::import::tree::{Entry, Kind, Node};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, Span, code};
use std::borrow::Cow;

/// An object with its known keys as they are written in flannel's documentation; those that are not known are
/// reported and gone.
pub(super) fn known<'t>(
    node: &Node<'t>,
    what: &str,
    known: &[&'static str],
    faults: &mut Vec<Diagnostic>,
) -> Node<'t> {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let mut all: Vec<Entry<'t>> = Vec::new();
    for entry in entries {
        let name = known.iter().find(|name| name.eq_ignore_ascii_case(&entry.key));
        let Some(name) = name else {
            faults.push(unknown(&entry.key, entry.key_span, what, known));
            continue;
        };
        let entry = Entry { key: Cow::Borrowed(name), ..entry.clone() };
        // The last one counts.
        all.retain(|earlier| earlier.key != entry.key);
        all.push(entry);
    }
    Node { span: node.span, kind: Kind::Map(all) }
}

fn unknown(key: &str, at: Span, what: &str, known: &[&'static str]) -> Diagnostic {
    let help = did_you_mean(key, known.iter().copied())
        .unwrap_or_else(|| "flannel passes it over too: remove it".to_owned());
    let message = format!("{what} has no `{key}`: left out");
    Diagnostic::at(code::UNUSED_OBJECTS, at, message).help(help)
}
