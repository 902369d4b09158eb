//! What the sources state, before anything is allocated: items read into types, names bound.

mod cluster;
mod node;
mod pod;
mod service;

pub(super) use cluster::ClusterDecl;
pub(super) use node::{NodeDecl, Nodes};
pub(super) use pod::PodDecl;
pub(super) use service::{PortDecl, ServiceDecl, Target};

use super::{Family, PerFamily, fault};
use netc_lang::{Diagnostic, Item, QualifiedName, Span, Spanned};
use std::collections::BTreeMap;

/// Everything that the sources state.
pub(super) struct Declarations {
    pub(super) cluster: ClusterDecl,
    pub(super) nodes: Nodes,
    /// By namespace and in natural order of their names.
    pub(super) pods: Vec<PodDecl>,
    /// By namespace and name.
    pub(super) services: Vec<ServiceDecl>,
}

/// Reads the items; `None` if there is no cluster to speak of.
pub(super) fn read(items: &[Item], faults: &mut Vec<Diagnostic>) -> Option<Declarations> {
    let keyword = |word| items.iter().filter(move |item| item.keyword == word);
    let cluster = keyword("cluster").next().and_then(|item| cluster::read(item, faults));
    if cluster.is_none() {
        faults.push(fault::no_cluster());
    }
    let nodes = Nodes::read(keyword("node"), faults);
    let mut pods: Vec<PodDecl> = Vec::new();
    for item in items.iter().filter(|item| matches!(item.keyword, "pod" | "pods")) {
        pod::read(item, &nodes, &mut pods, faults);
    }
    pods.sort_by(|a, b| by_name(&a.name, &b.name));
    report_duplicates("pod", pods.iter().map(|pod| (&pod.name, pod.span)), faults);
    let mut services: Vec<ServiceDecl> =
        keyword("service").filter_map(|item| service::read(item, &nodes, faults)).collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    report_duplicates("service", services.iter().map(|one| (&one.name, one.span)), faults);
    Some(Declarations { cluster: cluster?, nodes, pods, services })
}

fn by_name(a: &QualifiedName, b: &QualifiedName) -> std::cmp::Ordering {
    a.namespace.cmp(&b.namespace).then_with(|| super::natural::compare(&a.name, &b.name))
}

/// Reports names that stand for two things of one kind.
fn report_duplicates<'a, N: Ord + std::fmt::Display + 'a>(
    kind: &str,
    names: impl Iterator<Item = (&'a N, Span)>,
    faults: &mut Vec<Diagnostic>,
) {
    let mut first: BTreeMap<&N, Span> = BTreeMap::new();
    for (name, span) in names {
        if let Some(earlier) = first.insert(name, span) {
            faults.push(fault::duplicate_name(kind, name, span, earlier));
        }
    }
}

/// At most one value for each family; more are reported.
fn per_family<T: Copy>(
    values: impl Iterator<Item = Spanned<T>>,
    family: fn(T) -> Family,
    what: &str,
    faults: &mut Vec<Diagnostic>,
) -> PerFamily<Spanned<T>> {
    let mut all = PerFamily::default();
    for value in values {
        let family = family(value.value);
        if let Some(earlier) = all.insert(family, value) {
            faults.push(fault::two_of_a_family(what, family, value.span, earlier.span));
        }
    }
    all
}
