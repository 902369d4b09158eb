//! What is stated, in the words of the language.

mod node;
mod pod;
mod service;

use crate::model::shared_portals;
use crate::model::stated::Stated;
use netc_lang::{QualifiedName, Sources, format, has_errors, parse};
use std::collections::BTreeSet;
use std::fmt::{Display, Write};

/// The statements, formatted.
pub(super) fn print(stated: &Stated) -> String {
    let mut out = Output { text: String::new() };
    let nodes: BTreeSet<&str> = stated.nodes.iter().map(|node| node.name.as_str()).collect();
    for node in &stated.nodes {
        node::print(&mut out, node);
    }
    for pod in &stated.pods {
        pod::print(&mut out, pod, &nodes);
    }
    let shared = shared_portals(&stated.services);
    for service in &stated.services {
        service::print(&mut out, service, &nodes, shared.contains(&service.name));
    }
    formatted(out.text)
}

/// As `netc fmt` has it.
fn formatted(text: String) -> String {
    let mut sources = Sources::default();
    let file = sources.add("objects.netc".into(), "objects.netc".into(), text);
    let (tree, faults) = parse(&sources, file);
    if has_errors(&faults) { sources.text(file).to_owned() } else { format(&sources, &tree) }
}

/// Statements as they are written, one on a line.
struct Output {
    text: String,
}

impl Output {
    /// One line.
    fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// A statement, with a block if there is more to say, a blank line apart from what stands
    /// before it.
    fn block(&mut self, head: impl Display, fill: impl FnOnce(&mut Output)) {
        let mut inner = Output { text: String::new() };
        fill(&mut inner);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if inner.text.is_empty() {
            self.line(head);
        } else {
            self.line(format_args!("{head} {{\n{}}}", inner.text));
        }
    }

    /// `keyword A, B`, unless there is nothing to list.
    fn list<T: Display>(&mut self, keyword: &str, values: impl Iterator<Item = T>) {
        let values = joined(values, ", ");
        if !values.is_empty() {
            self.line(format_args!("{keyword} {values}"));
        }
    }
}

fn joined<T: Display>(values: impl Iterator<Item = T>, separator: &str) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(separator)
}

/// A name as it is usually written: without the namespace `default`.
fn name(name: &QualifiedName) -> String {
    match name.namespace.as_str() {
        "default" => name.name.clone(),
        _ => name.to_string(),
    }
}
