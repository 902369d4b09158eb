//! Objects that need each other, shown as a loop.

use crate::object::{Id, Object};
use netc_lang::{Diagnostic, Span, code};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeSet;

/// One diagnostic for each knot of objects, with one loop through it.
pub(super) fn report(graph: &DiGraph<(), ()>, objects: &[(Id, Object)]) -> Vec<Diagnostic> {
    let mut knots = tarjan_scc(graph);
    knots
        .retain(|knot| knot.len() > 1 || knot.iter().any(|node| graph.contains_edge(*node, *node)));
    knots.iter_mut().for_each(|knot| knot.sort_unstable());
    knots.sort_unstable();
    knots.iter().map(|knot| diagnostic(&walk(graph, knot), objects)).collect()
}

/// Follows needs within a knot from its least object until one comes twice.
fn walk(graph: &DiGraph<(), ()>, knot: &[NodeIndex]) -> Vec<NodeIndex> {
    let members: BTreeSet<NodeIndex> = knot.iter().copied().collect();
    let mut path: Vec<NodeIndex> = Vec::new();
    let mut next = knot.first().copied();
    while let Some(node) = next {
        if let Some(start) = path.iter().position(|seen| *seen == node) {
            return path.split_off(start);
        }
        path.push(node);
        let needed = graph.neighbors_directed(node, petgraph::Direction::Incoming);
        next = needed.filter(|node| members.contains(node)).min();
    }
    path
}

fn diagnostic(cycle: &[NodeIndex], objects: &[(Id, Object)]) -> Diagnostic {
    let members = cycle.iter().filter_map(|node| objects.get(node.index()));
    let members: Vec<(&Id, Span)> = members.map(|(id, object)| (id, object.origin)).collect();
    let names: Vec<String> = members.iter().map(|(id, _)| id.to_string()).collect();
    let message = format!("objects need each other: {}", names.join(", which needs "));
    let mut diagnostic = Diagnostic::new(code::DEPENDENCY_CYCLE, message);
    for (index, (id, span)) in members.iter().enumerate() {
        let next = members.get((index + 1) % members.len()).map(|(id, _)| id.to_string());
        let text = format!("{id} needs {}", next.unwrap_or_default());
        diagnostic = diagnostic.label(*span, text);
    }
    diagnostic.help("take one of these needs away")
}
