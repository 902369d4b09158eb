//! What is stated of one thing and what is allocated to it, put together.

use crate::model::allocate::NodePorts;
use crate::model::bind::{BoundDocker, BoundPod, FIRST_NETWORK};
use crate::model::declare::{self, ClusterDecl, DockerDecl};
use crate::model::stated::{NodeDecl, ServiceDecl};
use crate::model::{
    Attachment, Container, Docker, DockerNetwork, Endpoint, Node, NodeId, Os, PerFamily, Pod,
    Primitives, Service, ServicePort, System, check,
};
use ipnet::IpNet;
use netc_lang::Mac;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// What is allocated to a node.
pub(super) struct Own {
    pub(super) blocks: PerFamily<IpNet>,
    pub(super) gateways: PerFamily<IpAddr>,
    pub(super) vteps: PerFamily<Mac>,
}

/// A node; `shared` is what its pods are joined by unless it says otherwise, with the MTU of the cluster.
pub(super) fn node(
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

/// A pod with its addresses.
pub(super) fn pod((stated, addresses): (BoundPod, PerFamily<IpAddr>)) -> Pod {
    let BoundPod { name, span, node, template, state, sandbox, .. } = stated;
    let sandbox = sandbox.unwrap_or_else(|| format!("{}.{}", name.namespace, name.name));
    Pod { name, span, node, template, state, addresses, sandbox }
}

/// A service with its addresses, and the endpoints of each of its ports.
pub(super) fn service(
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

/// Gives nodes what runs on them beside pods, and what no system looks after.
pub(super) fn furnish(
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
