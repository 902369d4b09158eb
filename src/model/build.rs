//! The steps from items to the cluster, in order.

use super::allocate::{self, Ledger};
use super::declare::{self, ClusterDecl, Declarations, NodeDecl, PodDecl, ServiceDecl};
use super::{
    Cluster, Endpoint, Lock, Node, PerFamily, Pod, Service, ServicePort, check, fault, select,
};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Item, Mac, sort};
use std::net::IpAddr;

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
    let declared = declare::read(items, &mut faults);
    let built = declared.map(|declared| resolve(declared, lock, &mut faults));
    sort(&mut faults);
    faults.dedup();
    (built, faults)
}

fn resolve(
    declared: Declarations,
    lock: Option<(&Lock, &str)>,
    faults: &mut Vec<Diagnostic>,
) -> Built {
    let Declarations { cluster, nodes, pods, services } = declared;
    let empty = Lock::new(&cluster.name);
    let old = match lock {
        Some((lock, path)) if lock.cluster() != cluster.name => {
            faults.push(fault::lock_of_another(path, lock.cluster(), &cluster.name));
            &empty
        }
        Some((lock, _)) => lock,
        None => &empty,
    };
    let mut ledger = Ledger { old, new: empty.clone(), faults: Vec::new() };
    let blocks = allocate::blocks(&cluster, &nodes.all, &mut ledger);
    let vteps = allocate::vteps(&cluster, &nodes.all, &mut ledger);
    let addresses = allocate::pods(&cluster, &nodes.all, &blocks, &pods, &mut ledger);
    let pods: Vec<Pod> = pods.into_iter().zip(addresses).map(pod).collect();
    let addresses = allocate::services(&cluster, &services, &mut ledger);
    let node_ports = allocate::node_ports(&cluster, &services, &mut ledger);
    faults.append(&mut ledger.faults);
    check::overlap(&cluster, &nodes, faults);
    check::underlay(&cluster, &nodes, faults);
    check::mtu(&cluster, &nodes, faults);
    check::node_ports(&cluster, faults);
    let index = select::Index::new(&pods);
    let services = services.into_iter().zip(addresses).zip(node_ports);
    let services = services.map(|((stated, addresses), node_ports)| {
        let endpoints = select::endpoints(&stated, &addresses, &index, faults);
        service(stated, addresses, node_ports, endpoints)
    });
    let services = services.collect();
    let mtu = check::choose_mtu(&cluster, &nodes);
    let nodes = nodes.all.into_iter().zip(blocks.into_iter().zip(vteps)).map(node).collect();
    Built { cluster: finish(cluster, mtu, nodes, pods, services), lock: ledger.new }
}

fn node((stated, (blocks, vteps)): (NodeDecl, (PerFamily<IpNet>, PerFamily<Mac>))) -> Node {
    Node {
        name: stated.name,
        span: stated.span,
        addresses: stated.addresses,
        device: stated.device,
        mtu: stated.mtu.value,
        zone: stated.zone,
        blocks,
        vteps,
    }
}

fn pod((stated, addresses): (PodDecl, PerFamily<IpAddr>)) -> Pod {
    let PodDecl { name, span, node, template, .. } = stated;
    Pod { name, span, node, template, addresses }
}

fn service(
    stated: ServiceDecl,
    addresses: PerFamily<IpAddr>,
    node_ports: Vec<Option<u16>>,
    endpoints: Vec<Vec<Endpoint>>,
) -> Service {
    let ports = stated.ports.into_iter().zip(node_ports.into_iter().zip(endpoints));
    let ports = ports.map(|(port, (node_port, endpoints))| ServicePort {
        name: port.name,
        port: port.port,
        node_port,
        span: port.span,
        endpoints,
    });
    Service {
        name: stated.name,
        span: stated.span,
        kind: stated.kind,
        addresses,
        ports: ports.collect(),
        affinity: stated.affinity,
        external_traffic: stated.external_traffic,
        internal_traffic: stated.internal_traffic,
    }
}

fn finish(
    stated: ClusterDecl,
    mtu: u32,
    nodes: Vec<Node>,
    pods: Vec<Pod>,
    services: Vec<Service>,
) -> Cluster {
    let networks = stated.service_networks.iter().map(|(family, network)| (family, network.value));
    Cluster {
        name: stated.name,
        span: stated.span,
        pod_networks: stated.pod_networks,
        service_networks: networks.collect(),
        node_ports: stated.node_ports.value,
        overlay: stated.overlay,
        bridge: stated.bridge,
        mtu,
        proxy: stated.proxy,
        nodes,
        pods,
        services,
    }
}
