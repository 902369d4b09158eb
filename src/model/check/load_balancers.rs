//! Addresses for load balancers: those of nodes and routers are not among them, and somebody can
//! announce them.

use crate::model::bind::Nodes;
use crate::model::declare::{BgpDecl, ClusterDecl, LoadBalancersDecl};
use crate::model::load_balancers::held;
use crate::model::stated::{Form, ServiceDecl};
use crate::model::{
    Advertised, Announce, Bgp, BgpPeer, Cluster, Family, LoadBalancers, NodeId, ServiceKind,
    Uplink, fault,
};
use ipnet::IpNet;
use netc_lang::{Diagnostic, QualifiedName, Span, Spanned};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Reports addresses of the pool that somebody else has, and such of services that are in none.
pub(crate) fn check(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    services: &[ServiceDecl],
    faults: &mut Vec<Diagnostic>,
) {
    let Some(own) = &cluster.load_balancers else { return };
    for (address, owner, span) in taken(nodes) {
        let mut all = own.ranges.iter().filter(|range| range.value.contains(&address));
        faults
            .extend(all.next().map(|range| fault::pool_with_address(range, address, &owner, span)));
    }
    let balanced = services.iter().filter(|one| one.kind == ServiceKind::LoadBalancer);
    let stated = balanced.filter(|one| one.form == Form::Netc && one.load_balancer_class.is_none());
    for one in stated.flat_map(|service| &service.load_balancer_ips).filter(|one| !one.proxy) {
        if !own.ranges.iter().any(|range| range.value.contains(&one.address.value)) {
            faults.push(fault::load_balancer_outside(&one.address, own.span));
        }
    }
    let advertises =
        |bgp: &BgpDecl| bgp.advertise.iter().any(|one| one.value == Advertised::LoadBalancers);
    match (&own.announce, &cluster.bgp) {
        (Announce::Bgp, None) if !cluster.bgp_stated => {
            faults.push(fault::announce_without_bgp(own.announced));
        }
        (Announce::Bgp, Some(bgp)) if !advertises(bgp) => {
            faults.push(fault::announce_unadvertised(&own.announce, own.announced, bgp.span));
        }
        _ => {}
    }
}

/// The addresses of nodes and of their routers, each once.
fn taken(nodes: &Nodes) -> Vec<(IpAddr, String, Span)> {
    let mut all: BTreeMap<IpAddr, (String, Span)> = BTreeMap::new();
    for node in &nodes.all {
        for own in &node.addresses {
            all.entry(own.address).or_insert((format!("node {}", node.name), own.span));
        }
        if let Uplink::Via(gateways) = &node.uplink {
            for gateway in gateways.values() {
                let owner = format!("the gateway of node {}", node.name);
                all.entry(gateway.value).or_insert((owner, gateway.span));
            }
        }
    }
    all.into_iter().map(|(address, (owner, span))| (address, owner, span)).collect()
}

/// The networks that hold all addresses of the pool and no other ones.
pub(super) fn networks(own: &LoadBalancersDecl) -> Vec<(IpNet, usize, Span)> {
    let mut all = Vec::new();
    for (place, range) in own.ranges.iter().enumerate() {
        let networks: Vec<IpNet> = match (range.value.start(), range.value.end()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                ipnet::Ipv4Subnets::new(*first, *last, 0).map(IpNet::V4).collect()
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                ipnet::Ipv6Subnets::new(*first, *last, 0).map(IpNet::V6).collect()
            }
            _ => Vec::new(),
        };
        all.extend(networks.into_iter().map(|net| (net, place, range.span)));
    }
    all
}

/// The pool with names bound.
pub(crate) fn bind(
    own: &LoadBalancersDecl,
    nodes: &Nodes,
    faults: &mut Vec<Diagnostic>,
) -> LoadBalancers {
    LoadBalancers {
        ranges: own.ranges.iter().map(|range| range.value.clone()).collect(),
        announce: own.announce.clone(),
        nodes: named(&own.nodes, nodes, faults),
        addresses: Vec::new(),
        span: own.span,
    }
}

/// The nodes of these names; all of them if there is none.
fn named(names: &[Spanned<String>], nodes: &Nodes, faults: &mut Vec<Diagnostic>) -> Vec<NodeId> {
    if names.is_empty() {
        let windows = |id: &NodeId| {
            let os = nodes.get(*id).and_then(|node| node.os);
            os.is_some_and(|os| os.value == crate::model::System::Windows)
        };
        return nodes.ids().into_iter().filter(|id| !windows(id)).collect();
    }
    let found = names.iter().filter_map(|name| nodes.find(name, Form::Netc, faults));
    found.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Finds who announces which address; reports those that nobody does. Some services are looked after
/// by others.
pub(crate) fn announce(
    cluster: &mut Cluster,
    others: &BTreeSet<QualifiedName>,
    faults: &mut Vec<Diagnostic>,
) {
    let Some(own) = &cluster.load_balancers else { return };
    let (addresses, lost) = held(cluster, own, others);
    let device = match &own.announce {
        Announce::Arp { device } => device.as_deref(),
        Announce::None => return set(cluster, addresses),
        Announce::Bgp => None,
    };
    for family in Family::ALL {
        let mut lost = lost.iter().filter(|address| Family::of(**address) == family);
        faults.extend(lost.next().map(|one| fault::cannot_announce(*one, device, own.span)));
    }
    for one in addresses.iter().filter(|one| one.nodes.is_empty() && !lost.contains(&one.address)) {
        let service = one.services.first().and_then(|place| cluster.services.get(*place));
        faults.extend(
            service
                .map(|service| fault::nobody_announces(one.address, &service.name, service.span)),
        );
    }
    set(cluster, addresses);
}

fn set(cluster: &mut Cluster, addresses: Vec<crate::model::HeldAddress>) {
    if let Some(own) = &mut cluster.load_balancers {
        own.addresses = addresses;
    }
}

/// What routers are told, with names bound; reports what nodes lack for it.
pub(crate) fn bgp(
    own: &BgpDecl,
    cluster: &ClusterDecl,
    nodes: &Nodes,
    faults: &mut Vec<Diagnostic>,
) -> Bgp {
    let missing = |what: &Advertised| match what {
        Advertised::LoadBalancers => cluster.load_balancers.is_none(),
        Advertised::Pods => cluster.pod_networks.is_empty(),
        Advertised::Services => cluster.service_networks.is_empty(),
    };
    let nothing = own.advertise.iter().filter(|one| missing(&one.value));
    faults.extend(nothing.map(fault::nothing_to_advertise));
    let mut peers = Vec::new();
    for stated in &own.peers {
        let named = named(&stated.nodes, nodes, faults);
        for id in &named {
            faults.extend(unreached(own, stated, *id, nodes));
        }
        faults.extend(twice(&peers, stated, &named, nodes));
        peers.push(BgpPeer {
            address: stated.address.value,
            number: stated.number,
            nodes: named,
            multihop: stated.multihop,
            span: stated.span,
        });
    }
    Bgp {
        number: own.number,
        engine: own.engine,
        router_id: own.router_id,
        peers,
        advertise: own.advertise.iter().map(|one| one.value).collect(),
        span: own.span,
    }
}

/// A router that a node talks to already.
fn twice(
    earlier: &[BgpPeer],
    stated: &crate::model::declare::PeerDecl,
    named: &[NodeId],
    nodes: &Nodes,
) -> Option<Diagnostic> {
    let mut same = earlier.iter().filter(|peer| peer.address == stated.address.value);
    let (first, id) = same.find_map(|peer| {
        let both = named.iter().find(|id| peer.nodes.contains(id));
        both.map(|id| (peer, *id))
    })?;
    Some(fault::peer_twice(&stated.address, &nodes.get(id)?.name, first.span))
}

/// Why a node cannot talk to a router.
fn unreached(
    own: &BgpDecl,
    peer: &crate::model::declare::PeerDecl,
    id: NodeId,
    nodes: &Nodes,
) -> Option<Diagnostic> {
    let node = nodes.get(id)?;
    let family = Family::of(peer.address.value);
    let name = &node.name;
    if let Some(own) = node.addresses.iter().find(|own| own.address == peer.address.value) {
        return Some(fault::peer_is_node(&peer.address, name, own.span));
    }
    let primary = own.router_id == crate::model::RouterId::Primary;
    if primary && node.address(Family::V4).is_none() {
        return Some(fault::node_without_router_id(name, node.span, own.span));
    }
    let Some(_) = node.address(family) else {
        return Some(fault::node_without_session(name, family, node.span, peer.span));
    };
    let mut all = node.addresses.iter().filter(|own| Family::of(own.address) == family);
    let near = all.any(|own| own.network().is_none_or(|net| net.contains(&peer.address.value)));
    let neighbour = near || peer.multihop.is_some();
    (!neighbour).then(|| fault::peer_out_of_reach(&peer.address, name, node.span))
}
