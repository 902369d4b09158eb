//! What objects are called: each name can stand for one object of a kind.

use super::object::Object;
use super::value::{label, service_name, subdomain};
use netc_lang::{Diagnostic, Span, code};
use rustc_hash::FxHashMap;

/// The names that have been met, and where.
#[derive(Default)]
pub(super) struct Names {
    seen: FxHashMap<String, Span>,
}

impl Names {
    /// Finds name and namespace; whether it is the first object of this name.
    pub(super) fn identify(&mut self, object: &mut Object<'_, '_>) -> bool {
        let root = object.root;
        let Some(metadata) = object.map(root, "metadata") else {
            object.missing(root, "metadata.name", "write its name");
            return false;
        };
        let Some((node, name)) = object.text(metadata, "name") else {
            object.missing(metadata, "name", "write its name");
            return false;
        };
        let check = if object.kind == "Service" { service_name } else { subdomain };
        let named = object.value(node, check).is_some();
        object.name = name;
        if !matches!(object.kind, "Node" | "IngressClass") {
            let namespace = object.text(metadata, "namespace");
            let namespace = namespace.filter(|(node, _)| object.value(node, label).is_some());
            object.namespace = Some(namespace.map_or("default", |(_, namespace)| namespace));
        }
        named && self.is_first(object)
    }

    /// Whether there is no other of this name; a second one is reported.
    fn is_first(&mut self, object: &mut Object<'_, '_>) -> bool {
        let (what, at) = (object.describe(), object.named_at());
        match self.seen.get(&what) {
            None => {
                self.seen.insert(what, at);
                true
            }
            Some(earlier) => {
                let message = format!("{what} stands twice");
                let here = Some(object.place.to_string()).filter(|place| !place.is_empty());
                object.faults.push(
                    Diagnostic::at(code::DUPLICATE_OBJECT, at, message)
                        .here(here.map_or("again here".into(), |place| format!("again: {place}")))
                        .label(*earlier, "first here")
                        .help("remove one of them"),
                );
                false
            }
        }
    }
}
