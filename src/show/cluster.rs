//! A cluster: its networks, how packets get about, its nodes, services and ingresses.

use super::table::Table;
use super::{Card, ingress};
use crate::model::{Announce, Cluster, LoadBalancers, Node, NodeId, OverlayKind, Service};
use ipnet::IpNet;
use netc_lang::Sources;
use serde_json::json;

/// What is shown of a cluster.
#[must_use]
pub fn cluster(cluster: &Cluster, sources: &Sources) -> Card {
    let mut card = Card::new(format!("cluster {}", cluster.name), "cluster", &cluster.name);
    let at = sources.locate(cluster.span);
    card.row("stated", at.as_str());
    card.field("stated", json!(at));
    networks(cluster, &mut card);
    let overlay = overlay(&cluster.overlay.kind);
    card.row("overlay", overlay.as_str());
    card.field("overlay", json!(cluster.overlay.kind.word()));
    let proxy = cluster.proxy.as_ref().map(|proxy| proxy.mode.word());
    card.row("proxy", proxy.unwrap_or("none"));
    card.field("proxy", json!(proxy));
    ingress::controller(cluster, &mut card);
    mtu(cluster, &mut card);
    balancers(cluster, &mut card);
    card.table("nodes", "nodes", nodes(cluster));
    card.table("services", "services", services(cluster));
    ingress::all(cluster, &mut card);
    card
}

fn networks(cluster: &Cluster, card: &mut Card) {
    for own in cluster.pod_networks.values() {
        card.row("pods", format!("{}, a /{} for each node", own.network, own.per_node));
    }
    let pods = cluster.pod_networks.values().map(|own| own.network.to_string());
    card.field("pod-networks", pods.collect());
    let services: Vec<String> = cluster.service_networks.values().map(IpNet::to_string).collect();
    services.iter().for_each(|net| card.row("services", net.as_str()));
    card.field("service-networks", json!(services));
    let (first, last) = (cluster.node_ports.start(), cluster.node_ports.end());
    card.row("node ports", format!("{first}-{last}"));
    card.field("node-ports", json!([first, last]));
}

/// Addresses for load balancers, who has each, and which routers are told.
fn balancers(cluster: &Cluster, card: &mut Card) {
    if let Some(own) = &cluster.load_balancers {
        let ranges = own.ranges.iter().map(|range| match (range.start(), range.end()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        });
        let ranges: Vec<String> = ranges.collect();
        ranges.iter().for_each(|range| card.row("balancers", range.as_str()));
        card.row("announced", announce(&own.announce));
        card.field("load-balancers", json!(ranges));
        card.field("announce", json!(own.announce.word()));
        card.table("load-balancer-addresses", "load-balancer addresses", held(cluster, own));
    }
    if let Some(bgp) = &cluster.bgp {
        let peers = bgp.peers.iter().map(|peer| format!("{} (AS {})", peer.address, peer.number));
        let peers: Vec<String> = peers.collect();
        card.row("BGP", format!("AS {}, to {}", bgp.number, peers.join(", ")));
        card.field("bgp", json!({ "as": bgp.number, "peers": peers }));
    }
}

fn announce(way: &Announce) -> String {
    match way {
        Announce::Arp { device: Some(device) } => format!("by ARP on {device}, one node each"),
        Announce::Arp { device: None } => "by ARP, one node each".to_owned(),
        Announce::Bgp => "by BGP".to_owned(),
        Announce::None => "by something else".to_owned(),
    }
}

fn held(cluster: &Cluster, own: &LoadBalancers) -> Table {
    let name = |id: &NodeId| cluster.nodes.get(id.0 as usize).map(|node| node.name.clone());
    let mut table = Table::new(&["address", "services", "held by", "served by"]);
    for held in &own.addresses {
        let services = held.services.iter().filter_map(|place| cluster.services.get(*place));
        table.row([
            held.address.to_string().into(),
            services.map(|service| service.name.to_string()).collect::<Vec<_>>().into(),
            held.holder.as_ref().and_then(name).into(),
            held.nodes.iter().filter_map(name).collect::<Vec<_>>().into(),
        ]);
    }
    table
}

/// The overlay in the words of the language, with what tells it from others of its kind.
fn overlay(kind: &OverlayKind) -> String {
    let word = kind.word();
    let direct = if kind.routes_directly() { ", direct within one network" } else { "" };
    match kind {
        OverlayKind::Vxlan(vxlan) => {
            format!("{word}, VNI {}, port {}/udp{direct}", vxlan.vni, vxlan.port)
        }
        OverlayKind::Wireguard(own) => format!("{word} {}, port {}/udp", own.mode, own.port),
        OverlayKind::Udp { port } => format!("{word}, port {port}/udp"),
        _ => format!("{word}{direct}"),
    }
}

/// Whether packets of pods fit through the nodes' devices.
fn mtu(cluster: &Cluster, card: &mut Card) {
    let overhead = match cluster.overlay.kind {
        OverlayKind::None => 0,
        _ => {
            let families = cluster.pod_networks.families();
            families.map(|family| cluster.overlay.overhead(family)).max().unwrap_or_default()
        }
    };
    card.field("mtu", json!(cluster.mtu));
    card.field("overhead", json!(overhead));
    let added = match overhead {
        0 => "nothing is added on the way".to_owned(),
        bytes => format!("{} adds {bytes} bytes", cluster.overlay.kind.word()),
    };
    let smallest = cluster.nodes.iter().min_by_key(|node| node.mtu);
    let fits = smallest.map_or_else(String::new, |node| {
        let needs = cluster.mtu + overhead;
        match node.mtu.checked_sub(needs) {
            Some(0) => format!("; that fills {}'s {}", node.name, node.mtu),
            Some(left) => format!("; of {}'s {} that leaves {left}", node.name, node.mtu),
            None => format!("; {}'s {} is too small for that", node.name, node.mtu),
        }
    });
    card.row("MTU", format!("{} of pods, {added}{fits}", cluster.mtu));
    let fits = smallest.is_none_or(|node| node.mtu >= cluster.mtu + overhead);
    card.field("mtu-fits", json!(fits));
}

fn nodes(cluster: &Cluster) -> Table {
    let mut table = Table::new(&[
        "node",
        "addresses",
        "device",
        "pod blocks",
        "zone",
        "mtu",
        "pods",
        "containers",
    ]);
    for (id, node) in (0..).map(NodeId).zip(&cluster.nodes) {
        let pods = cluster.pods.iter().filter(|pod| pod.node == Some(id)).count();
        let containers = node.docker.as_ref().map(|docker| docker.containers.len());
        table.row([
            (&node.name).into(),
            node.addresses.iter().map(|own| own.address.to_string()).collect::<Vec<_>>().into(),
            device(node).into(),
            node.blocks.values().map(ToString::to_string).collect::<Vec<_>>().into(),
            node.zone.as_ref().into(),
            node.mtu.into(),
            pods.into(),
            containers.into(),
        ]);
    }
    table
}

/// The devices of a node's own addresses.
fn device(node: &Node) -> Vec<String> {
    let mut all: Vec<String> = node.addresses.iter().filter_map(|own| own.device.clone()).collect();
    all.dedup();
    all
}

fn services(cluster: &Cluster) -> Table {
    let mut table =
        Table::new(&["service", "type", "addresses", "outside", "ports", "ready endpoints"]);
    for service in &cluster.services {
        let outside = service.load_balancer_ips.iter().chain(&service.external_ips);
        table.row([
            service.name.to_string().into(),
            service.kind.word().into(),
            service.addresses.values().map(ToString::to_string).collect::<Vec<_>>().into(),
            outside.map(ToString::to_string).collect::<Vec<_>>().into(),
            ports(service).into(),
            endpoints(service).into(),
        ]);
    }
    table
}

/// Ports as `kubectl get services` has them: `80:30080/tcp` with a node port.
fn ports(service: &Service) -> Vec<String> {
    let all = service.ports.iter().map(|port| match port.node_port {
        Some(number) => {
            format!("{}:{number}/{}", port.port.number, port.port.protocol)
        }
        None => port.port.to_string(),
    });
    all.collect()
}

/// How many endpoints of how many take connections, of all ports.
fn endpoints(service: &Service) -> String {
    let all = || service.ports.iter().flat_map(|port| &port.endpoints);
    let ready = all().filter(|one| one.conditions.ready).count();
    match all().count() {
        all if all == ready => ready.to_string(),
        all => format!("{ready} of {all}"),
    }
}
