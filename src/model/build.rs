//! The steps from what is stated to the cluster, in order.

mod parts;

use super::allocate::{Allocated, Ledger, allocate};
use super::bind::{Bound, bind};
use super::declare::{self, ClusterDecl};
use super::stated::{NodeDecl, Stated};
use super::{Bgp, Cluster, LoadBalancers, Lock, Node, Pod, check, fault, select};
use netc_lang::{Diagnostic, Item, QualifiedName, sort};
use parts::Own;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What comes of building: the cluster, and the lock that records its allocations.
#[derive(Debug)]
pub struct Built {
    /// The cluster; complete only if there are no errors.
    pub cluster: Cluster,
    /// All allocations that the sources do not state.
    pub lock: Lock,
}

/// Builds the cluster that the items describe. `lock` is what an earlier run recorded, and the
/// path of its file.
#[must_use]
pub fn build(items: &[Item], lock: Option<(&Lock, &str)>) -> (Option<Built>, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let stated = declare::read(items, &mut faults);
    let built = resolve(stated, lock, &mut faults);
    (built, faults)
}

/// Builds the cluster that is stated. The faults, those of reading it included, are then in the
/// order of the sources, each once.
pub(crate) fn resolve(
    stated: Stated,
    lock: Option<(&Lock, &str)>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Built> {
    let built = cluster(stated, lock, faults);
    sort(faults);
    faults.dedup();
    built
}

fn cluster(
    stated: Stated,
    lock: Option<(&Lock, &str)>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Built> {
    let mut bound = bind(stated, faults)?;
    let empty = Lock::new(&bound.cluster.name);
    let old = own_lock(lock, &bound.cluster.name, faults);
    let mut ledger = Ledger { old: old.unwrap_or(&empty), new: empty.clone(), faults: Vec::new() };
    let given = allocate(&mut bound, &mut ledger);
    check::pod_networks(&bound.cluster, &bound.nodes, &bound.pods, faults);
    faults.append(&mut ledger.faults);
    let outside = outside(&bound, faults);
    judge(&mut bound, &given, faults);
    let others = bound.services.iter().filter(|one| one.load_balancer_class.is_some());
    let others: BTreeSet<QualifiedName> = others.map(|one| one.name.clone()).collect();
    let mut cluster = join(bound, given, outside, faults);
    check::announce(&mut cluster, &others, faults);
    check::finished(&cluster, faults);
    Some(Built { cluster, lock: ledger.new })
}

/// Checks what is stated and what was given out, before it is put together.
fn judge(bound: &mut Bound, given: &Allocated, faults: &mut Vec<Diagnostic>) {
    let Bound { cluster, nodes, services, dockers, primitives, .. } = bound;
    check::side_by_side(cluster, nodes, dockers, faults);
    check::primitives(cluster, nodes, dockers, primitives, faults);
    let (blocks, gateways) = (&given.blocks, &given.gateways);
    check::windows(cluster, nodes, &check::Held { dockers, primitives, blocks, gateways }, faults);
    check::overlay(cluster, nodes, faults);
    check::node_ports(cluster, faults);
    check::portals(services, &given.services, faults);
}

/// What an earlier run recorded, if it is of this cluster.
fn own_lock<'l>(
    lock: Option<(&'l Lock, &str)>,
    cluster: &str,
    faults: &mut Vec<Diagnostic>,
) -> Option<&'l Lock> {
    let (lock, path) = lock?;
    if lock.cluster() != cluster {
        faults.push(fault::lock_of_another(path, lock.cluster(), cluster));
        return None;
    }
    Some(lock)
}

/// How the world outside finds services.
type Outside = (Option<LoadBalancers>, Option<Bgp>);

fn outside(bound: &Bound, faults: &mut Vec<Diagnostic>) -> Outside {
    let Bound { cluster, nodes, services, .. } = bound;
    check::pools(cluster, nodes, services, faults);
    let balancers = cluster.load_balancers.as_ref();
    let balancers = balancers.map(|own| check::load_balancers(own, nodes, faults));
    (balancers, cluster.bgp.as_ref().map(|own| check::bgp(own, cluster, nodes, faults)))
}

/// Puts everything together; the endpoints of services are selected on the way.
fn join(
    bound: Bound,
    given: Allocated,
    (load_balancers, bgp): Outside,
    faults: &mut Vec<Diagnostic>,
) -> Cluster {
    let Bound { cluster: stated, nodes: own_nodes, pods, services, dockers, primitives, .. } =
        bound;
    let Bound { ingresses, asserts, checks_off, .. } = bound;
    let pods: Vec<Pod> = pods.into_iter().zip(given.pods).map(parts::pod).collect();
    let index = select::Index::new(&pods, &own_nodes);
    let ports = given.services.into_iter().zip(given.node_ports);
    let services = services.into_iter().zip(ports).map(|(mut stated, (addresses, node_ports))| {
        let endpoints = select::endpoints(&mut stated, &addresses, &index, faults);
        parts::service(stated, addresses, node_ports, endpoints)
    });
    let services = services.collect();
    let mtu = check::choose_mtu(&stated, &own_nodes);
    let own = given.blocks.into_iter().zip(given.gateways).zip(given.vteps);
    let own = own.map(|((blocks, gateways), vteps)| Own { blocks, gateways, vteps });
    let mut nodes = nodes(&stated, mtu, own_nodes.all.into_iter().zip(own));
    parts::furnish(&mut nodes, &stated.name, dockers.into_iter().zip(given.containers), primitives);
    let networks = stated.service_networks.iter().map(|(family, network)| (family, network.value));
    Cluster {
        service_networks: networks.collect(),
        name: stated.name,
        span: stated.span,
        pod_networks: stated.pod_networks,
        node_ports: stated.node_ports.value,
        overlay: stated.overlay,
        mtu,
        proxy: stated.proxy,
        nodes,
        pods,
        services,
        load_balancers,
        bgp,
        ingress_controller: ingresses.controller,
        ingresses: ingresses.all,
        asserts,
        checks_off,
    }
}

fn nodes(
    cluster: &ClusterDecl,
    mtu: u32,
    stated: impl Iterator<Item = (NodeDecl, Own)>,
) -> Vec<Node> {
    let shared = cluster.attachment.resolve(cluster, mtu).map(Arc::new);
    stated.map(|(one, own)| parts::node(cluster, (shared.as_ref(), mtu), one, own)).collect()
}
