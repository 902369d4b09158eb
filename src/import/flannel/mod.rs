//! Flannel's configuration and the leases of its nodes, in the words of the language (netspec 1.1 to
//! 1.3).
//!
//! ```text
//! net-conf.json ──config, backend──> networks, overlay ─┐
//! leases        ──leases───────────> nodes ─────────────┴─print──> .netc
//! ```

mod backend;
mod config;
mod keys;
mod leases;
mod print;

use super::config::documents;
use super::object::{Object, Place};
use super::tree::{Entry, Kind, Node};
use netc_lang::{Diagnostic, FileId, Sources, Span, code, has_errors, sort};
use std::borrow::Cow;
use std::fmt::Display;

/// Flannel's configuration, and what it has given to nodes, as statements `cluster` and `node`;
/// empty if there are errors. `device` is the one that has the nodes' addresses: leases do not tell.
#[must_use]
pub fn from_flannel(
    sources: &Sources,
    configuration: FileId,
    leases: &[FileId],
    device: &str,
) -> (String, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let all = documents(sources.text(configuration), configuration, &mut faults);
    let read = match all.as_slice() {
        [] if faults.is_empty() => {
            let message = "there is no configuration in this file";
            let fault = Diagnostic::new(code::UNREADABLE_OBJECTS, message);
            faults.push(fault.help(
                "name the file net-conf.json of flannel, or what `etcdctl get PREFIX/config --print-value-only` prints",
            ));
            None
        }
        [] => None,
        [first, others @ ..] => {
            faults.extend(others.iter().map(|other| {
                left_out(other.span, "a second configuration", "name its file alone to import it")
            }));
            configured(first, &mut faults)
        }
    };
    let mut nodes = Vec::new();
    for file in leases {
        nodes.extend(leases::read(sources.text(*file), *file, &mut faults));
    }
    if let Some(read) = &read {
        leases::check(&nodes, read, &mut faults);
    }
    sort(&mut faults);
    let text =
        read.filter(|_| !has_errors(&faults)).map(|config| print::print(&config, &nodes, device));
    (text.unwrap_or_default(), faults)
}

/// A configuration, or the ConfigMap that holds it (netspec 1.13).
fn configured(document: &Node<'_>, faults: &mut Vec<Diagnostic>) -> Option<config::Config> {
    let data = document.get("data").and_then(|data| data.get("net-conf.json"));
    let mut read = None;
    match data {
        Some(data) => inner(data, |conf| read = config::read(conf, faults)),
        None => read = config::read(document, faults),
    }
    read
}

/// An object of flannel's.
fn object<'a, 't>(
    root: &'a Node<'t>,
    kind: &'a str,
    faults: &'a mut Vec<Diagnostic>,
) -> Object<'a, 't> {
    let (place, others) = (Place::default(), faults.len());
    Object { root, kind, namespace: None, name: "", place, faults, others }
}

/// Something that has no place in the language, or not there.
fn left_out(at: Span, what: impl Display, help: impl Into<String>) -> Diagnostic {
    Diagnostic::at(code::UNUSED_OBJECTS, at, format!("{what}: left out")).help(help)
}

/// A value, which may be JSON in a string; that has the place of the string.
fn inner(value: &Node<'_>, mut use_it: impl FnMut(&Node<'_>)) {
    let Some(text) = value.text() else { return use_it(value) };
    let mut faults = Vec::new();
    match documents(text, value.span.file, &mut faults).first().filter(|_| faults.is_empty()) {
        Some(first) => use_it(&placed(first, value.span)),
        None => use_it(value),
    }
}

/// The same tree, all of it at one place.
fn placed<'t>(node: &Node<'t>, span: Span) -> Node<'t> {
    let kind = match &node.kind {
        Kind::List(all) => Kind::List(all.iter().map(|one| placed(one, span)).collect()),
        Kind::Map(all) => Kind::Map(
            all.iter()
                .map(|entry| Entry {
                    key: Cow::clone(&entry.key),
                    key_span: span,
                    value: placed(&entry.value, span),
                })
                .collect(),
        ),
        kind => kind.clone(),
    };
    Node { span, kind }
}
