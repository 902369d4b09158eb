//! Nodes: what `.netc` and Kubernetes say of one node is joined.

use super::report_duplicates;
use crate::model::stated::{Form, NodeDecl};
use crate::model::{NodeAddress, NodeId, fault, natural};
use netc_lang::{Diagnostic, Spanned};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The nodes, in natural order of their names.
pub(crate) struct Nodes {
    pub(crate) all: Vec<NodeDecl>,
    by_name: BTreeMap<String, NodeId>,
}

impl Nodes {
    /// Joins what is said of each node. One form says everything at once.
    pub(super) fn join(stated: Vec<NodeDecl>, faults: &mut Vec<Diagnostic>) -> Nodes {
        let (mut all, facts): (Vec<NodeDecl>, Vec<NodeDecl>) =
            stated.into_iter().partition(|node| node.form == Form::Netc);
        let names = all.iter().map(|node| (&node.name, node.span));
        report_duplicates("node", names, faults);
        let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
        for (place, node) in all.iter().enumerate() {
            wanted.entry(node.name.clone()).or_insert(place);
        }
        for fact in facts {
            match wanted.get(&fact.name).and_then(|place| all.get_mut(*place)) {
                Some(node) => add(node, fact, faults),
                None => all.push(fact),
            }
        }
        all.sort_by(|a, b| natural::compare(&a.name, &b.name));
        let by_name = all.iter().zip(0..).map(|(node, id)| (node.name.clone(), NodeId(id)));
        Nodes { by_name: by_name.collect(), all }
    }

    /// The ids of all nodes, in order.
    pub(crate) fn ids(&self) -> Vec<NodeId> {
        (0..).map(NodeId).take(self.all.len()).collect()
    }

    /// The node with this id.
    pub(crate) fn get(&self, id: NodeId) -> Option<&NodeDecl> {
        self.all.get(id.0 as usize)
    }

    /// The node with this name. An unknown one in a `.netc` source is reported; a cluster may
    /// well have nodes of which nothing was said.
    pub(crate) fn find<N: AsRef<str>>(
        &self,
        name: &Spanned<N>,
        form: Form,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<NodeId> {
        let found = self.by_name.get(name.value.as_ref()).copied();
        if found.is_none() && form == Form::Netc {
            let known = self.all.iter().map(|node| node.name.as_str());
            faults.push(fault::unknown_node(name.value.as_ref(), name.span, known));
        }
        found
    }
}

/// Adds what a Kubernetes object says to what `.netc` says of the same node.
fn add(node: &mut NodeDecl, fact: NodeDecl, faults: &mut Vec<Diagnostic>) {
    let known =
        |address: &NodeAddress| node.addresses.iter().any(|own| own.address == address.address);
    let new: Vec<NodeAddress> =
        fact.addresses.into_iter().filter(|address| !known(address)).collect();
    node.addresses.extend(new);
    agree(&node.name, "zone", &mut node.zone, fact.zone, faults);
    agree(&node.name, "operating system", &mut node.os, fact.os, faults);
    agree(&node.name, "number of cores", &mut node.cores, fact.cores, faults);
    for (family, block) in fact.blocks.iter() {
        let mut own = node.blocks.get(family).copied();
        agree(&node.name, "pod block", &mut own, Some(*block), faults);
        if let Some(own) = own {
            node.blocks.insert(family, own);
        }
    }
}

/// Fills in what is not said yet; two different things are reported.
fn agree<T: PartialEq + Display>(
    node: &str,
    what: &str,
    own: &mut Option<Spanned<T>>,
    fact: Option<Spanned<T>>,
    faults: &mut Vec<Diagnostic>,
) {
    match (own.as_ref(), fact) {
        (Some(own), Some(fact)) if own.value != fact.value => {
            faults.push(fault::sources_disagree(node, what, own, &fact));
        }
        (None, Some(fact)) => *own = Some(fact),
        _ => {}
    }
}
