//! Windows nodes: what they have not, and what their services are not.

use crate::model::bind::{BoundDocker, Nodes};
use crate::model::declare::{ClusterDecl, hns_kind};
use crate::model::stated::NodeDecl;
use crate::model::windows::System;
use crate::model::{
    Cluster, Endpoint, Family, HnsNetwork, NodeId, OverlayKind, PerFamily, Primitives, ProxyMode,
    Service, fault,
};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Protocol, Span};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What is on the nodes.
pub(crate) struct Held<'h> {
    pub(crate) dockers: &'h [BoundDocker],
    pub(crate) primitives: &'h BTreeMap<NodeId, Primitives>,
    pub(crate) blocks: &'h [PerFamily<IpNet>],
    pub(crate) gateways: &'h [PerFamily<IpAddr>],
}

/// Reports what does not fit what a node runs.
pub(crate) fn stated(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    held: &Held<'_>,
    faults: &mut Vec<Diagnostic>,
) {
    let proxy = cluster.proxy.as_ref().filter(|proxy| proxy.mode == ProxyMode::Kernelspace);
    for (place, node) in nodes.all.iter().enumerate() {
        let Some(os) = windows(node) else {
            faults.extend(
                proxy.map(|proxy| fault::kernelspace_on_linux(&node.name, node.span, proxy.span)),
            );
            let stated = node.kernelspace.iter();
            faults.extend(stated.map(|own| fault::kernelspace_says_nothing(&node.name, own.span)));
            continue;
        };
        missing(cluster, (place, node, os), held, faults);
        source_vip(cluster, (place, node, os), held, faults);
        let is_vxlan = matches!(cluster.overlay.kind, OverlayKind::Vxlan(_));
        if is_vxlan && node.vteps.is_empty() {
            faults.push(fault::vtep_of_windows(&node.name, node.span));
        }
    }
    let first = nodes.all.iter().find_map(windows);
    if let (OverlayKind::Vxlan(vxlan), Some(os)) = (&cluster.overlay.kind, first)
        && (vxlan.vni < 4096 || vxlan.port != 4789)
    {
        faults.push(fault::vxlan_of_windows(vxlan, cluster.overlay.span, os));
    }
}

/// Where it is said that a node runs Windows, if it does.
fn windows(node: &NodeDecl) -> Option<Span> {
    node.os.filter(|os| os.value == System::Windows).map(|os| os.span)
}

/// What only Linux has.
fn missing(
    cluster: &ClusterDecl,
    (place, node, os): (usize, &NodeDecl, Span),
    held: &Held<'_>,
    faults: &mut Vec<Diagnostic>,
) {
    let is_own = |id: NodeId| id.0 as usize == place;
    let docker = held.dockers.iter().find(|docker| is_own(docker.node));
    let primitives = held.primitives.iter().find(|(id, _)| is_own(**id));
    let overlay = &cluster.overlay;
    let lacks = matches!(
        overlay.kind,
        OverlayKind::Ipip { .. } | OverlayKind::Wireguard(_) | OverlayKind::Udp { .. }
    );
    let remove = "netc compiles only the services of such a node: remove it";
    let all = [
        docker.map(|docker| ("Docker of netc's", docker.stated.span, remove)),
        primitives.map(|(_, own)| ("primitives", own.span, remove)),
        node.attachment.as_ref().map(|own| ("`pod-network` of netc's", own.span, remove)),
        node.kernel.map(|own| ("kernel of Linux", own.span, "remove the statement")),
        lacks.then_some((
            "such overlay",
            overlay.span,
            "use `overlay vxlan { vni 4096; port 4789 }` or `overlay host-gw`",
        )),
    ];
    for (what, at, help) in all.into_iter().flatten() {
        faults.push(fault::not_on_windows(what, &node.name, at, os, help));
    }
}

/// The address by which connections to services leave the node: an overlay needs it.
fn source_vip(
    cluster: &ClusterDecl,
    (place, node, os): (usize, &NodeDecl, Span),
    held: &Held<'_>,
    faults: &mut Vec<Diagnostic>,
) {
    let own = node.kernelspace.as_ref();
    let Some(vip) = own.and_then(|own| own.source_vip) else {
        if hns_kind(own, &cluster.overlay.kind) == HnsNetwork::Overlay {
            faults.push(fault::without_source_vip(&node.name, own.map_or(os, |own| own.span)));
        }
        return;
    };
    let family = Family::of(vip.value);
    let block = held.blocks.get(place).and_then(|own| own.get(family));
    if let Some(block) = block.filter(|block| !block.contains(&vip.value)) {
        faults.push(fault::source_vip_outside(vip, &node.name, *block));
    }
    let gateway = held.gateways.get(place).and_then(|own| own.get(family));
    if gateway == Some(&vip.value) {
        faults.push(fault::source_vip_taken(vip));
    }
}

/// Warns of services that Windows nodes serve otherwise than is stated.
pub(crate) fn services(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let kinds = cluster.nodes.iter().filter_map(|node| node.kernelspace()).map(|own| own.kind);
    let kinds: Vec<HnsNetwork> = kinds.collect();
    if kinds.is_empty() || cluster.proxy.is_none() {
        return;
    }
    let overlay = kinds.contains(&HnsNetwork::Overlay);
    for service in cluster.services.iter().filter(|service| service.is_programmed()) {
        let what = differences(service, overlay);
        if !what.is_empty() {
            faults.push(fault::kernelspace_differs(&service.name, &what, service.span));
        }
    }
}

/// What the Host Networking Service has no word for (`pkg/proxy/winkernel/proxier.go`).
fn differences(service: &Service, overlay: bool) -> Vec<String> {
    let mut all = Vec::new();
    let mut say = |what: &str| all.push(what.to_owned());
    let is_sctp = |protocol| protocol == Protocol::Sctp;
    if service.ports.iter().any(|port| is_sctp(port.port.protocol)) {
        say("ports of SCTP are left out");
    }
    if !service.source_ranges.is_empty() {
        say("`source-ranges` does not keep anybody out");
    }
    if service.affinity.is_some_and(|seconds| seconds != 10800) {
        say("clients stay with their endpoint for as long as Windows likes");
    }
    let endpoints = || service.ports.iter().flat_map(|port| &port.endpoints);
    if endpoints().any(|one| one.hints.is_some()) {
        say("endpoints nearby are not preferred");
    }
    if endpoints().any(|one| one.weight.is_some_and(|weight| weight != 1)) {
        say("weights are not heeded");
    }
    if service.ports.iter().any(|port| several_targets(&port.endpoints)) {
        say("all endpoints are asked at the port of the first one");
    }
    if overlay && service.addresses.get(Family::V6).is_some() {
        say("its IPv6 address does not answer, for an overlay carries IPv4 alone");
    }
    if overlay && endpoints().any(|one| one.node.is_none()) {
        say("endpoints outside of the cluster get nothing, for an overlay leads to nodes alone");
    }
    all
}

/// Whether endpoints of one family have different ports.
fn several_targets(endpoints: &[Endpoint]) -> bool {
    Family::ALL.into_iter().any(|family| {
        let mut own = endpoints.iter().filter(|one| Family::of(one.address.ip()) == family);
        let first = own.next().map(|one| one.address.port());
        own.any(|one| Some(one.address.port()) != first)
    })
}
