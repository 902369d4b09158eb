//! Configuration files: JSON with one document or several, taken as a whole.

use super::document::Sink;
use super::json;
use super::tree::{Kind, Node};
use netc_lang::{Diagnostic, FileId};

/// What a file of JSON holds: its documents; for a bare list, its elements.
pub(super) fn documents<'t>(
    text: &'t str,
    file: FileId,
    faults: &mut Vec<Diagnostic>,
) -> Vec<Node<'t>> {
    let mut all = All { nodes: Vec::new(), faults };
    json::read(text, file, &mut all);
    all.nodes
}

struct All<'t, 'f> {
    nodes: Vec<Node<'t>>,
    faults: &'f mut Vec<Diagnostic>,
}

impl<'t> Sink<'t> for All<'t, '_> {
    fn item(&mut self, item: Node<'t>) {
        self.nodes.push(item);
    }

    fn document(&mut self, document: Node<'t>) {
        // The elements of a bare list have been handed over.
        if !matches!(document.kind, Kind::List(_)) {
            self.nodes.push(document);
        }
    }

    fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault.help("write it anew, or mend it"));
    }
}
