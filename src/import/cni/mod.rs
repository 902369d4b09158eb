//! CNI configurations, in the words of the language (netspec 2.1).
//!
//! ```text
//! text ──json──> the first configuration ──plugin, address, port_map──> network ──print──> .netc
//! ```

mod address;
mod network;
mod plugin;
mod port_map;
mod print;

use super::config;
use super::object::{Object, Place};
use super::tree::{Kind, Node};
use netc_lang::{Diagnostic, FileId, Sources, Span, code, has_errors, sort};

/// The first configuration of these files as a statement `cluster NAME { … }`; empty if there are
/// errors. Container runtimes go by the first one of a folder too.
#[must_use]
pub fn from_cni(sources: &Sources, files: &[FileId]) -> (String, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let mut chosen: Option<(&str, String)> = None;
    let mut passed_over = Vec::new();
    for file in files {
        let path = sources.get(*file).map_or("", |source| source.path.as_str());
        if let Some((first, _)) = &chosen {
            let message = format!("`{path}` is not used: `{first}` comes first");
            let fault = Diagnostic::new(code::UNUSED_OBJECTS, message);
            faults.push(fault.help("name it alone to import it"));
            continue;
        }
        let mut own = Vec::new();
        let documents = config::documents(sources.text(*file), *file, &mut own);
        match documents.first().filter(|one| own.is_empty() && is_configuration(one)) {
            Some(document) => chosen = Some((path, read(document, &mut faults))),
            None => passed_over.push((path, own)),
        }
    }
    for (path, own) in passed_over {
        let message = format!("`{path}` holds no CNI configuration of pods");
        let fault = match &chosen {
            Some((first, _)) => Diagnostic::new(code::UNUSED_OBJECTS, message)
                .help(format!("it is passed over, and `{first}` taken")),
            None => Diagnostic::new(code::UNREADABLE_OBJECTS, message)
                .help("name a .conf or .conflist file, or a folder of them"),
        };
        faults.push(fault);
        faults.extend(own.into_iter().filter(|_| chosen.is_none()));
    }
    sort(&mut faults);
    let text = chosen.map(|(_, text)| text).filter(|_| !has_errors(&faults));
    (text.unwrap_or_default(), faults)
}

/// Whether a document is one that a runtime would take for pods: a list of plugins, or a single one.
/// Every namespace has its loopback device anyway.
fn is_configuration(document: &Node<'_>) -> bool {
    let first = document.get("plugins").and_then(|plugins| plugins.elements().first());
    let kind = first.unwrap_or(document).get("type").and_then(Node::text);
    kind.is_some_and(|kind| kind != "loopback")
}

fn read(document: &Node<'_>, faults: &mut Vec<Diagnostic>) -> String {
    let name = document.get("name").and_then(Node::text).unwrap_or_default();
    let others = faults.len();
    let (kind, place) = ("configuration", Place::default());
    let mut object = Object { root: document, kind, namespace: None, name, place, faults, others };
    let network = network::read(&mut object);
    network.map(|network| print::print(&network)).unwrap_or_default()
}

/// Reports keys of an object that say nothing.
fn unknown(object: &mut Object<'_, '_>, node: &Node<'_>, what: &str, known: &[&str]) {
    for entry in node.entries() {
        // Whatever the runtime puts in is not part of the configuration.
        let own = known.contains(&&*entry.key) || entry.key.starts_with("cni.dev/");
        let empty = matches!(entry.value.kind, Kind::Null);
        if !own && !empty {
            let message = format!("{what} knows no `{}`", entry.key);
            object.faults.push(left_out(entry.key_span, message, "remove it"));
        }
    }
}

/// Something that has no place in the language.
fn left_out(at: Span, what: impl std::fmt::Display, help: impl Into<String>) -> Diagnostic {
    Diagnostic::at(code::UNUSED_OBJECTS, at, format!("{what}: left out")).help(help)
}
