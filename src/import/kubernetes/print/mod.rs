//! What is stated, in the words of the language.

mod ingress;
mod node;
mod pod;
mod service;

use crate::import::output::{Output, formatted, joined};
use crate::model::shared_portals;
use crate::model::stated::Stated;
use netc_lang::QualifiedName;
use std::collections::BTreeSet;

/// The statements, formatted.
pub(super) fn print(stated: &Stated) -> String {
    let mut out = Output::default();
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
    if !stated.classes.is_empty() {
        out.line("");
    }
    for class in &stated.classes {
        ingress::class(&mut out, class);
    }
    for own in &stated.ingresses {
        ingress::print(&mut out, own);
    }
    formatted(out)
}

/// A name as it is usually written: without the namespace `default`.
fn name(name: &QualifiedName) -> String {
    match name.namespace.as_str() {
        "default" => name.name.clone(),
        _ => name.to_string(),
    }
}
