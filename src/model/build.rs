//! The steps from what is stated to the cluster, in order.

use super::allocate::{self, Ledger, NodePorts, Places};
use super::bind::{Bound, BoundDocker, BoundPod, FIRST_NETWORK, Nodes, bind};
use super::declare::{self, ClusterDecl, DockerDecl};
use super::stated::{NodeDecl, ServiceDecl, Stated};
use super::{
    Attachment, Bgp, Cluster, Container, Docker, DockerNetwork, Endpoint, LoadBalancers, Lock,
    Node, NodeId, Os, PerFamily, Pod, Primitives, Service, ServicePort, System, check, fault,
    select,
};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Item, Mac, QualifiedName, sort};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
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
    let bound = bind(stated, faults)?;
    let Bound { cluster, nodes, pods, mut services, dockers, mut primitives, .. } = bound;
    let Bound { ingresses, asserts, checks_off, .. } = bound;
    let empty = Lock::new(&cluster.name);
    let old = own_lock(lock, &cluster.name, faults);
    let mut ledger = Ledger { old: old.unwrap_or(&empty), new: empty.clone(), faults: Vec::new() };
    let blocks = allocate::blocks(&cluster, &nodes.all, &mut ledger);
    let vteps = allocate::vteps(&cluster, &nodes.all, &mut ledger);
    let gateways = allocate::gateways(&cluster, &nodes.all, &blocks, &mut ledger);
    let places = Places { nodes: &nodes.all, blocks: &blocks, gateways: &gateways };
    let addresses = allocate::pods(&cluster, &places, &pods, &mut ledger);
    check::pod_networks(&cluster, &nodes, &pods, faults);
    let pods: Vec<Pod> = pods.into_iter().zip(addresses).map(pod).collect();
    let addresses = allocate::services(&cluster, &services, &mut ledger);
    allocate::load_balancers(&cluster, &nodes.all, &mut services, &addresses, &mut ledger);
    let node_ports = allocate::node_ports(&cluster, &services, &mut ledger);
    let containers = allocate::containers(&dockers, &mut ledger);
    faults.append(&mut ledger.faults);
    let outside = outside(&cluster, &nodes, &services, faults);
    check::side_by_side(&cluster, &nodes, &dockers, faults);
    check::primitives(&cluster, &nodes, &dockers, &mut primitives, faults);
    let held = check::Held {
        dockers: &dockers,
        primitives: &primitives,
        blocks: &blocks,
        gateways: &gateways,
    };
    check::windows(&cluster, &nodes, &held, faults);
    check::overlay(&cluster, &nodes, faults);
    check::node_ports(&cluster, faults);
    check::portals(&services, &addresses, faults);
    let index = select::Index::new(&pods, &nodes);
    let endpoints: Vec<Vec<Vec<Endpoint>>> = services
        .iter_mut()
        .zip(&addresses)
        .map(|(service, addresses)| select::endpoints(service, addresses, &index, faults))
        .collect();
    let services = services.into_iter().zip(addresses).zip(node_ports.into_iter().zip(endpoints));
    let services = services.map(|((stated, addresses), (node_ports, endpoints))| {
        service(stated, addresses, node_ports, endpoints)
    });
    let services = services.collect();
    let mtu = check::choose_mtu(&cluster, &nodes);
    let shared = cluster.attachment.resolve(&cluster, mtu).map(Arc::new);
    let own = blocks.into_iter().zip(gateways).zip(vteps);
    let own = own.map(|((blocks, gateways), vteps)| Own { blocks, gateways, vteps });
    let nodes = nodes.all.into_iter().zip(own);
    let mut nodes: Vec<Node> =
        nodes.map(|(stated, own)| node(&cluster, (shared.as_ref(), mtu), stated, own)).collect();
    furnish(&mut nodes, &cluster.name, dockers.into_iter().zip(containers), primitives);
    let mut cluster = finish(cluster, mtu, nodes, pods, services);
    let Outside { load_balancers, bgp, others } = outside;
    (cluster.load_balancers, cluster.bgp) = (load_balancers, bgp);
    (cluster.ingress_controller, cluster.ingresses) = (ingresses.controller, ingresses.all);
    (cluster.asserts, cluster.checks_off) = (asserts, checks_off);
    check::announce(&mut cluster, &others, faults);
    check::finished(&cluster, faults);
    Some(Built { cluster, lock: ledger.new })
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

/// Gives nodes what runs on them beside pods, and what no system looks after.
fn furnish(
    nodes: &mut [Node],
    cluster: &str,
    dockers: impl Iterator<Item = (BoundDocker, Vec<PerFamily<IpAddr>>)>,
    primitives: BTreeMap<NodeId, Primitives>,
) {
    for (stated, addresses) in dockers {
        if let Some(node) = nodes.get_mut(stated.node.0 as usize) {
            node.docker = Some(docker(cluster, stated, addresses));
        }
    }
    for (id, stated) in primitives {
        if let Some(node) = nodes.get_mut(id.0 as usize) {
            node.primitives = Some(stated);
        }
    }
}

/// How the world outside finds services.
struct Outside {
    load_balancers: Option<LoadBalancers>,
    bgp: Option<Bgp>,
    /// The services that somebody else looks after.
    others: BTreeSet<QualifiedName>,
}

fn outside(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) -> Outside {
    check::pools(cluster, nodes, services, faults);
    let balancers = cluster.load_balancers.as_ref();
    let load_balancers = balancers.map(|own| check::load_balancers(own, nodes, faults));
    let bgp = cluster.bgp.as_ref().map(|own| check::bgp(own, cluster, nodes, faults));
    let others = services.iter().filter(|one| one.load_balancer_class.is_some());
    Outside { load_balancers, bgp, others: others.map(|one| one.name.clone()).collect() }
}

/// What is allocated to a node.
struct Own {
    blocks: PerFamily<IpNet>,
    gateways: PerFamily<IpAddr>,
    vteps: PerFamily<Mac>,
}

fn node(
    cluster: &ClusterDecl,
    (shared, mtu): (Option<&Arc<Attachment>>, u32),
    stated: NodeDecl,
    Own { blocks, gateways, vteps }: Own,
) -> Node {
    let attachment = match &stated.attachment {
        Some(stated) => stated.resolve(cluster, mtu).map(Arc::new),
        None => shared.cloned(),
    };
    let windows = stated.os.filter(|os| os.value == System::Windows);
    let os = windows.map_or(Os::Linux, |os| {
        let own = stated.kernelspace.as_ref();
        Os::Windows(declare::kernelspace(own, &cluster.overlay.kind, os.span))
    });
    let (own, foreign): (Vec<_>, Vec<_>) = blocks
        .iter()
        .map(|(family, block)| (family, *block))
        .partition(|(family, _)| cluster.pod_networks.get(*family).is_some());
    Node {
        mtu: check::node_mtu(&stated).value,
        name: stated.name,
        span: stated.span,
        addresses: stated.addresses,
        zone: stated.zone.map(|zone| zone.value),
        cores: stated.cores.map(|cores| cores.value),
        kernel: stated.kernel.map(|kernel| kernel.value),
        uplink: stated.uplink,
        blocks: own.into_iter().collect(),
        gateways,
        // Without a pod network there is nothing to join pods to; to a Windows node something else does.
        attachment: attachment.filter(|_| !cluster.pod_networks.is_empty() && os == Os::Linux),
        foreign_blocks: foreign.into_iter().collect(),
        vteps,
        keys: stated.keys,
        docker: None,
        primitives: None,
        os,
    }
}

fn docker(cluster: &str, stated: BoundDocker, addresses: Vec<PerFamily<IpAddr>>) -> Docker {
    let BoundDocker { stated, places, .. } = stated;
    let DockerDecl { node, span, rules, userland_proxy, networks, containers } = stated;
    let networks = networks.into_iter().map(|network| DockerNetwork {
        device: match network.device {
            Some(device) => device.value,
            None if network.name.value == FIRST_NETWORK => "docker0".to_owned(),
            None => bridge_name(&[cluster, &node.value, &network.name.value]),
        },
        gateways: network.gateways.iter().map(|(family, own)| (family, own.value)).collect(),
        name: network.name.value,
        span: network.span,
        internal: network.internal,
        icc: network.icc,
        masquerade: network.masquerade,
        modes: network.modes.iter().map(|(family, mode)| (family, mode.value)).collect(),
        snat: network.snat.iter().map(|(family, own)| (family, own.value)).collect(),
        mtu: network.mtu.value,
    });
    let containers = containers.into_iter().zip(places).zip(addresses);
    let containers = containers.map(|((container, place), addresses)| Container {
        name: container.name.value,
        span: container.span,
        place,
        addresses,
        published: container.published,
    });
    let (networks, containers) = (networks.collect(), containers.collect());
    Docker { span, rules, userland_proxy, networks, containers }
}

/// `br-` and 12 hexadecimal digits, as Docker makes them of a network's random number; these follow
/// from the names.
fn bridge_name(names: &[&str]) -> String {
    let hash = Sha256::digest(names.join("/"));
    format!("br-{}", data_encoding::HEXLOWER.encode(hash.get(..6).unwrap_or(&hash)))
}

fn pod((stated, addresses): (BoundPod, PerFamily<IpAddr>)) -> Pod {
    let BoundPod { name, span, node, template, state, sandbox, .. } = stated;
    let sandbox = sandbox.unwrap_or_else(|| format!("{}.{}", name.namespace, name.name));
    Pod { name, span, node, template, state, addresses, sandbox }
}

fn service(
    stated: ServiceDecl,
    addresses: PerFamily<IpAddr>,
    node_ports: NodePorts,
    endpoints: Vec<Vec<Endpoint>>,
) -> Service {
    let own = node_ports.ports.into_iter().zip(node_ports.proxy).zip(endpoints);
    let ports = stated.ports.into_iter().zip(own);
    let ports = ports.map(|(port, ((node_port, proxy_port), endpoints))| ServicePort {
        name: port.name,
        port: port.port,
        node_port,
        proxy_port,
        span: port.span,
        endpoints,
    });
    let balancers = stated.load_balancer_ips.iter().filter(|one| !one.proxy);
    Service {
        name: stated.name,
        span: stated.span,
        kind: stated.kind,
        addresses,
        ports: ports.collect(),
        affinity: stated.affinity,
        external_traffic: stated.external_traffic,
        internal_traffic: stated.internal_traffic,
        load_balancer_ips: balancers.map(|one| one.address.value).collect(),
        source_ranges: stated.source_ranges.iter().map(|range| range.value).collect(),
        external_ips: stated.external_ips.iter().map(|address| address.value).collect(),
        health_check_node_port: node_ports.health_check,
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
        service_networks: networks.collect(),
        pod_networks: stated.pod_networks,
        node_ports: stated.node_ports.value,
        overlay: stated.overlay,
        mtu,
        proxy: stated.proxy,
        nodes,
        pods,
        services,
        load_balancers: None,
        bgp: None,
        ingress_controller: None,
        ingresses: Vec::new(),
        asserts: Vec::new(),
        checks_off: BTreeSet::new(),
    }
}
