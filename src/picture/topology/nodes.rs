//! The nodes, the networks that they are in, and what they share.

use super::members::{Groups, Place};
use super::{Group, NodeBox, Overlay, Segment, Zone};
use crate::model::{
    AttachmentKind, Cluster, Docker, Node, NodeAddress, NodeId, OverlayKind, Primitives,
};
use netc_lang::Sources;

/// What all nodes share.
pub(super) fn facts(cluster: &Cluster) -> Vec<(&'static str, String)> {
    let pods: Vec<String> =
        cluster.pod_networks.values().map(|pods| pods.network.to_string()).collect();
    let services: Vec<String> =
        cluster.service_networks.values().map(ToString::to_string).collect();
    let proxy = cluster.proxy.as_ref().map(|proxy| proxy.mode.word().to_owned());
    let ingress = cluster.ingress_controller.as_ref().map(|own| own.engine.word().to_owned());
    let all = [
        ("pods", pods.join(" ")),
        ("services", services.join(" ")),
        ("proxy", proxy.unwrap_or_default()),
        ("ingress", ingress.unwrap_or_default()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// How packets get from node to node.
pub(super) fn overlay(cluster: &Cluster, sources: &Sources) -> Overlay {
    let (kind, mtu) = (&cluster.overlay.kind, cluster.mtu);
    let text = match kind {
        OverlayKind::Vxlan(vxlan) => {
            format!("vxlan, VNI {}, UDP port {}, MTU {mtu}", vxlan.vni, vxlan.port)
        }
        OverlayKind::Ipip { .. } => format!("ipip, MTU {mtu}"),
        OverlayKind::Wireguard(wireguard) => {
            format!("wireguard, UDP port {}, MTU {mtu}", wireguard.port)
        }
        OverlayKind::Udp { port } => format!("udp, port {port}, MTU {mtu}"),
        OverlayKind::HostGw => "host-gw: routes by the nodes' addresses".to_owned(),
        OverlayKind::Static => "static: routes by the nodes' addresses".to_owned(),
        OverlayKind::None => "none".to_owned(),
    };
    let encapsulates =
        !matches!(kind, OverlayKind::HostGw | OverlayKind::Static | OverlayKind::None);
    let tunnels = (encapsulates && cluster.nodes.len() > 1).then(|| match kind.routes_directly() {
        true => "a tunnel between every two nodes of different networks".to_owned(),
        false => "a tunnel between every two nodes".to_owned(),
    });
    Overlay { text, tunnels, origin: sources.locate(cluster.overlay.span) }
}

/// The nodes by their networks and zones, both in the order of their first nodes.
pub(super) fn segments(cluster: &Cluster, chips: &mut Groups, sources: &Sources) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
        let name = match node.addresses.first().map(NodeAddress::network) {
            Some(Some(network)) => network.to_string(),
            Some(None) => "a network of unknown length".to_owned(),
            None => "no address stated".to_owned(),
        };
        let own = node_box(node, id, chips, sources);
        let place = match segments.iter().position(|segment| segment.name == name) {
            Some(place) => place,
            None => {
                let joined = !node.addresses.is_empty();
                segments.push(Segment { name, joined, zones: Vec::new() });
                segments.len() - 1
            }
        };
        let Some(segment) = segments.get_mut(place) else { continue };
        match segment.zones.iter_mut().find(|zone| zone.name == node.zone) {
            Some(zone) => zone.nodes.push(own),
            None => segment.zones.push(Zone { name: node.zone.clone(), nodes: vec![own] }),
        }
    }
    segments
}

fn node_box(node: &Node, id: NodeId, chips: &mut Groups, sources: &Sources) -> NodeBox {
    let addresses = node.addresses.iter().map(|own| {
        let prefix = own.prefix.map(|prefix| format!("/{prefix}")).unwrap_or_default();
        let device = own.device.as_ref().map(|device| format!("{device} ")).unwrap_or_default();
        format!("{device}{}{prefix}", own.address)
    });
    let blocks = node.blocks.values().chain(node.foreign_blocks.values());
    let blocks = blocks.map(|block| format!("pods {block}"));
    let system = node.is_windows().then(|| "Windows".to_owned());
    let mut groups = Vec::new();
    let mut take = |place| chips.remove(&(id, place)).unwrap_or_default();
    groups.extend(pods(node, take(Place::Pods), sources));
    let host = take(Place::Host);
    if !host.is_empty() {
        groups.push(plain("host network", host, sources.locate(node.span)));
    }
    if let Some(docker) = &node.docker {
        groups.extend(networks(docker, &mut take, sources));
    }
    if let Some(own) = &node.primitives {
        groups.extend(bridges(own, &mut take, sources));
    }
    NodeBox {
        name: node.name.clone(),
        lines: addresses.chain(blocks).chain(system).collect(),
        groups,
        origin: sources.locate(node.span),
    }
}

fn plain(name: &str, chips: Vec<super::Chip>, origin: String) -> Group {
    Group { name: name.into(), detail: String::new(), chips, origin }
}

/// The pods of a node, on their bridge if there is one.
fn pods(node: &Node, chips: Vec<super::Chip>, sources: &Sources) -> Option<Group> {
    let Some(attachment) = &node.attachment else {
        return (!chips.is_empty()).then(|| plain("pods", chips, sources.locate(node.span)));
    };
    let gateways: Vec<String> = node.gateways.values().map(ToString::to_string).collect();
    let (name, detail) = match &attachment.kind {
        AttachmentKind::Bridge(bridge) if bridge.gateway => {
            (bridge.name.clone(), gateways.join(" "))
        }
        AttachmentKind::Bridge(bridge) => (bridge.name.clone(), "no address".to_owned()),
        AttachmentKind::PointToPoint => ("ptp".to_owned(), "a veth pair for each pod".to_owned()),
    };
    let detail = if detail.is_empty() { format!("mtu {}", attachment.mtu) } else { detail };
    Some(Group { name, detail, chips, origin: sources.locate(attachment.span) })
}

/// The networks of Docker with their containers.
fn networks(
    docker: &Docker,
    take: &mut impl FnMut(Place) -> Vec<super::Chip>,
    sources: &Sources,
) -> Vec<Group> {
    let networks = docker.networks.iter().enumerate().map(|(place, network)| {
        let gateways = network.gateways.values().map(ToString::to_string);
        let internal = network.internal.then(|| "internal".to_owned());
        let name = match network.name.as_str() {
            "bridge" => network.device.clone(),
            name => format!("{} {name}", network.device),
        };
        Group {
            name,
            detail: gateways.chain(internal).collect::<Vec<_>>().join(" "),
            chips: take(Place::Docker(place)),
            origin: sources.locate(network.span),
        }
    });
    let mut groups: Vec<Group> = networks.collect();
    let isolated = take(Place::Isolated);
    if !isolated.is_empty() {
        groups.push(plain("no network", isolated, sources.locate(docker.span)));
    }
    groups
}

/// The bridges of the primitives with the namespaces on them, and the other namespaces.
fn bridges(
    own: &Primitives,
    take: &mut impl FnMut(Place) -> Vec<super::Chip>,
    sources: &Sources,
) -> Vec<Group> {
    let outer =
        own.bridges.iter().enumerate().filter(|(_, bridge)| bridge.at.value.netns.is_none());
    let bridges = outer.map(|(place, bridge)| {
        let addresses = own.addresses.iter().filter(|one| one.on.value == bridge.at.value);
        let addresses: Vec<String> = addresses.map(|one| one.address.to_string()).collect();
        Group {
            name: bridge.at.value.name.clone(),
            detail: addresses.join(" "),
            chips: take(Place::Bridge(place)),
            origin: sources.locate(bridge.span),
        }
    });
    let mut groups: Vec<Group> = bridges.collect();
    let others = take(Place::Namespaces);
    if !others.is_empty() {
        groups.push(plain("namespaces", others, sources.locate(own.span)));
    }
    groups
}
