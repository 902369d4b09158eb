//! What the readers of JSON and YAML have in common.

use super::tree::Node;
use netc_lang::{Diagnostic, Span, code};

/// Takes what a file holds as soon as it has been read, so that a long list is never in memory
/// as a whole.
pub(super) trait Sink<'t> {
    /// An item of a list.
    fn item(&mut self, item: Node<'t>);
    /// A whole document; the items of a list have been handed over already.
    fn document(&mut self, document: Node<'t>);
    /// Something is wrong with the text.
    fn fault(&mut self, fault: Diagnostic);
}

/// A text that cannot be read on from here.
pub(super) fn unreadable(form: &str, why: &str, at: Span) -> Diagnostic {
    let message = format!("cannot read the {form}: {why}");
    Diagnostic::at(code::UNREADABLE_OBJECTS, at, message).help(
        "mend it, or write it anew: `kubectl get nodes,services,endpointslices,pods -A -o json`",
    )
}

/// A text that ends too early.
pub(super) fn truncated(form: &str, at: Span) -> Diagnostic {
    let message = format!("the {form} ends in the middle of an object");
    Diagnostic::at(code::UNREADABLE_OBJECTS, at, message)
        .here("nothing follows")
        .help("it was cut short: write it anew")
}

/// A key that stands twice in one object.
pub(super) fn repeated_key(key: &str, at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::at(code::REPEATED_KEY, at, format!("the key `{key}` stands twice in one object"))
        .here("again here")
        .label(earlier, "first here")
        .help("remove one of them")
}

/// A sink for tests: items, documents and faults, in their order.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Seen<'t> {
    pub(super) items: Vec<Node<'t>>,
    pub(super) documents: Vec<Node<'t>>,
    pub(super) faults: Vec<Diagnostic>,
}

#[cfg(test)]
impl<'t> Sink<'t> for Seen<'t> {
    fn item(&mut self, item: Node<'t>) {
        self.items.push(item);
    }

    fn document(&mut self, document: Node<'t>) {
        self.documents.push(document);
    }

    fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }
}
