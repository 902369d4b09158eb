//! Declarations to things with names bound: what several sources say of one thing is joined,
//! replicas become pods, slices go to their services.

mod docker;
mod ingress;
mod nodes;
mod pods;
mod primitives;
mod slices;

pub(super) use docker::{BoundDocker, FIRST as FIRST_NETWORK};
pub(super) use ingress::BoundIngresses;
pub(super) use nodes::Nodes;
pub(super) use pods::BoundPod;

use super::declare::ClusterDecl;
use super::stated::{ServiceDecl, Stated};
use super::{Assert, Check, NodeId, Primitives, fault, natural};
use netc_lang::{Diagnostic, QualifiedName, Span};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is stated, with names bound.
pub(super) struct Bound {
    pub(super) cluster: ClusterDecl,
    pub(super) nodes: Nodes,
    /// By namespace and in natural order of their names.
    pub(super) pods: Vec<BoundPod>,
    /// By namespace and name, the ports by name and protocol.
    pub(super) services: Vec<ServiceDecl>,
    /// By node.
    pub(super) dockers: Vec<BoundDocker>,
    pub(super) primitives: BTreeMap<NodeId, Primitives>,
    pub(super) ingresses: BoundIngresses,
    /// These name what they are about; it is looked up when they are asked.
    pub(super) asserts: Vec<Assert>,
    pub(super) checks_off: BTreeSet<Check>,
}

/// Binds names; `None` if there is no cluster to speak of.
pub(super) fn bind(mut stated: Stated, faults: &mut Vec<Diagnostic>) -> Option<Bound> {
    if stated.cluster.is_none() {
        faults.push(fault::no_cluster());
    }
    join_slices(&mut stated, faults);
    let nodes = Nodes::join(stated.nodes, faults);
    let mut pods = pods::place(stated.pods, &nodes, faults);
    pods.sort_by(|a, b| by_name(&a.name, &b.name));
    report_duplicates("pod", pods.iter().map(|pod| (&pod.name, pod.span)), faults);
    let mut services = stated.services;
    if let Some(cluster) = &stated.cluster {
        let tls = stated.ingresses.iter().any(|ingress| !ingress.tls.is_empty());
        services.extend(ingress::own_service(cluster, &nodes, tls));
    }
    services.sort_by(|a, b| a.name.cmp(&b.name));
    for service in &mut services {
        service.ports.sort_by(|a, b| (&a.name, a.port.protocol).cmp(&(&b.name, b.port.protocol)));
    }
    report_duplicates("service", services.iter().map(|one| (&one.name, one.span)), faults);
    let dockers = docker::bind(stated.dockers, &nodes, faults);
    let primitives = primitives::bind(stated.primitives, &nodes, faults);
    let Stated { cluster, asserts, checks_off, ingresses, secrets, classes, .. } = stated;
    let cluster = cluster?;
    let wanted =
        ingress::Wanted { controller: cluster.ingress.as_ref(), ingresses, secrets, classes };
    let ingresses = ingress::bind(wanted, &nodes, &services, faults);
    Some(Bound {
        cluster,
        nodes,
        pods,
        services,
        dockers,
        primitives,
        ingresses,
        asserts,
        checks_off,
    })
}

/// Moves the endpoints of slices to their services; those of services that are not there are
/// reported.
pub(crate) fn join_slices(stated: &mut Stated, faults: &mut Vec<Diagnostic>) {
    let strays = slices::join(stated);
    faults.extend(fault::slices_without_service(&strays));
}

fn by_name(a: &QualifiedName, b: &QualifiedName) -> Ordering {
    a.namespace.cmp(&b.namespace).then_with(|| natural::compare(&a.name, &b.name))
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
